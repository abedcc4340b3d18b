"""Late spans by environment and service: lost for their flow, and known to be, unlike those that never come.

Observers count them, and say it in the tallies of their headers; all partitions receive the same. Counts are
halved every hour of log time, as those of `fingerprints.span_gaps` are.
"""

from collections.abc import Mapping
from typing import Any, Self

from monitor.base.units import HOUR_MS
from monitor.flows.record import Header
from monitor.traces.tally import LATE_OF


class LateSpans:
    """Late spans of the last hours: environment -> service -> how many."""

    __slots__ = ("counts", "hour")

    def __init__(self) -> None:
        self.hour = 0
        self.counts: dict[str, dict[str, int]] = {}

    def receive(self, header: Header, before: Mapping[str, int]) -> None:
        """Add what a header counts more than the one before it from the same source partition.

        An observer that takes the partition over begins to count anew.
        """
        self._forget(header.log_time // HOUR_MS)
        for key, count in header.tallies.items():
            if key.startswith(LATE_OF):
                environment, _, service = key.removeprefix(LATE_OF).partition("\t")
                known = before.get(key, 0)
                more = count - known if count >= known else count
                if more:
                    services = self.counts.setdefault(environment, {})
                    services[service] = services.get(service, 0) + more

    def _forget(self, hour: int) -> None:
        if hour > self.hour:
            hours, self.hour = hour - self.hour, hour
            kept = (
                (environment, {service: n >> hours for service, n in services.items() if n >> hours})
                for environment, services in self.counts.items()
            )
            self.counts = {environment: services for environment, services in kept if services}

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [self.hour, self.counts]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The counts that `pack` packed."""
        lates = cls()
        lates.hour, lates.counts = plain
        return lates
