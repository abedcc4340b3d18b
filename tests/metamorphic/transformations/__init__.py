"""Every way to observe the same system otherwise, in one table."""

from tests.metamorphic.transformations import (
    agents,
    clients,
    consumers,
    conventions,
    exports,
    internals,
    losses,
    naming,
    proxies,
    runners,
    traffic,
)
from tests.metamorphic.transformations.transformation import Transformation

TRANSFORMATIONS: dict[str, Transformation] = {
    each.name: each
    for part in (
        conventions.ALL,
        internals.ALL,
        agents.ALL,
        clients.ALL,
        proxies.ALL,
        consumers.ALL,
        exports.ALL,
        naming.ALL,
        traffic.ALL,
        losses.ALL,
        runners.ALL,
    )
    for each in part
}
"""By name."""
