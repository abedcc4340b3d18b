"""Which `service.version` of which service a path has shown, and since when: what a change began with."""

from collections.abc import Iterable
from typing import Any, Self

from monitor.base.units import HOUR_MS, MINUTE_MS, LogTime
from monitor.flows.flow import Flow
from monitor.flows.flow import Versions as VersionSet

MOST_SERVICES = 100
MOST_VERSIONS = 16
"""Of one service at most this many are remembered: the ones that came last."""


class Versions:
    """First sight of each version: service -> version -> log time in ms."""

    __slots__ = ("_last", "first")

    def __init__(self) -> None:
        self.first: dict[str, dict[str, LogTime]] = {}
        self._last: VersionSet = ()

    def observe(self, flow: Flow) -> None:
        """Note the versions of one flow; costs nothing where they are those of the flow before."""
        if flow.versions != self._last:
            self._last = flow.versions
            self._note((service, version, flow.began) for service, version in flow.versions)

    def _note(self, sights: Iterable[tuple[str, str, LogTime]]) -> None:
        for service, version, at in sights:
            if service in self.first or len(self.first) < MOST_SERVICES:
                known = self.first.setdefault(service, {})
                known.setdefault(version, at)
                if len(known) > MOST_VERSIONS:
                    del known[next(iter(known))]

    def at(self, service: str, onset: LogTime) -> str:
        """The version of `service` with which something began at log time `onset`; '' if none came then.

        That is the last one first seen in the hour before the onset, or in the minute after it, since a
        version and what it does are seen in different flows.
        """
        known = self.first.get(service, {})
        came = [(at, version) for version, at in known.items() if -HOUR_MS <= at - onset <= MINUTE_MS]
        first = min(known.values(), default=onset)
        return max((pair for pair in came if pair[0] > first), default=(onset, ""))[1]

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [list(self._last), list(self.first.items())]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The versions that `pack` packed."""
        versions = cls()
        last, first = plain
        versions._last = tuple([(service, version) for service, version in last])
        versions.first = {service: dict(known) for service, known in first}
        return versions
