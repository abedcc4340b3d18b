"""What decides whether a span is a step of its flow."""

from typing import NamedTuple

from monitor.flows.asked import Asked, asked
from monitor.flows.carried import carried_within, job_within
from monitor.wire.span import Facts, Kind


class Hop(NamedTuple):
    """What a span says that decides whether it is a step.

    carries: what a request above it carries; job: only where that consumes a message.
    """

    service: str
    kind: Kind
    proxy: bool
    asked: Asked
    carries: str = ""
    job: bool = False


def hop(facts: Facts) -> Hop:
    """What the facts of a span say of that."""
    within, job = carried_within(facts), job_within(facts)
    return Hop(facts.service, facts.kind, facts.proxy, asked(facts), within or job, bool(job and not within))
