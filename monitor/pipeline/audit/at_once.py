"""How many requests of a service come at once: a measure per compared environment and service."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from monitor.base.units import HOUR_MS
from monitor.fingerprints.overlap import Overlap
from monitor.flows.flow import WHOLE, Flow

MOST_SERVICES = 200
"""Services of one environment that are followed, the first ones."""

Of = tuple[str, str]
"""An environment, and the service that a flow is named after."""


class AtOnce:
    """The measures of one shard."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[Of, Overlap] = {}

    def observe(self, flow: Flow) -> None:
        """Count a flow of a compared environment, if it is all there and says when it began.

        Where a host's clock is wrong, it does not say it.
        """
        if flow.lead is None or abs(flow.lead) > HOUR_MS or flow.flaws is not WHOLE:
            return
        of = (flow.environment, flow.id.service)
        overlap = self.known.get(of)
        if overlap is None:
            if sum(environment == flow.environment for environment, _ in self.known) >= MOST_SERVICES:
                return
            overlap = self.known[of] = Overlap()
        overlap.observe(max(flow.began - flow.lead, 0), flow.duration, flow.weight)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [[*of, overlap.pack()] for of, overlap in self.known.items()]

    @classmethod
    def unpack(cls, plain: Iterable[Any]) -> Self:
        """The measures that `pack` packed."""
        at_once = cls()
        at_once.known = {(environment, service): Overlap.unpack(one) for environment, service, one in plain}
        return at_once


def together(parts: Iterable[AtOnce]) -> dict[Of, Overlap]:
    """The measures of several shards, by environment and service."""
    total: dict[Of, Overlap] = {}
    for part in parts:
        for of, overlap in part.known.items():
            total[of] = total[of].merge(overlap) if of in total else overlap
    return dict(sorted(total.items()))


def sides(
    known: Mapping[Of, Overlap], reference: str, candidate: str
) -> dict[str, tuple[list[Any], list[Any]]]:
    """Of each service what both sides of a comparison show, packed."""
    services = sorted({service for environment, service in known if environment in (reference, candidate)})
    nothing = Overlap()
    return {
        service: (
            known.get((reference, service), nothing).pack(),
            known.get((candidate, service), nothing).pack(),
        )
        for service in services
    }
