"""What the headers say of the source partitions: low offsets, and the clock of each environment.

The rules are delivery, auditor 7. Of each source partition the header with the largest low offset counts
(equal: the larger log time), so that a zombie is ignored and a counted step back is followed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.flows.record import Header, Source
from monitor.pipeline.timeline.late_spans import LateSpans
from monitor.wire.span import UNKNOWN

SILENT_MS = 120_000
"""A partition without a record for this long, by the topic's own time while others sent, is left out."""
GAP_MS = 10_000
"""Between two records at most this much counts as time in which others sent: in an outage nobody does."""


@dataclass(slots=True)
class LatestHeader:
    """The newest header of one source partition; `spoken`: when its last record came, whoever sent it."""

    partitions: int
    low: int
    log_time: LogTime
    at_end: bool
    low_times: dict[str, LogTime]
    tallies: dict[str, int]
    spoken: int

    def low_time(self, environment: str) -> LogTime:
        """Log time before which every fragment of `environment` is out.

        An open fragment of the environment `unknown` may yet turn out to be of any (`flows.read`).
        """
        own = self.low_times.get(environment, self.log_time)
        return min(own, self.low_times.get(UNKNOWN, own))

    def holds(self, environment: str) -> bool:
        """Whether this partition can still bring flows of `environment` from below its log time."""
        return not self.at_end or self.low_time(environment) < self.log_time


class Sources:
    """All source partitions that sent a header, folded from headers alone.

    stamp: append time of the newest record, in ms. spoken: the part of it in which somebody sent.
    left_out: per environment, the partitions that fell silent and have not reached its clock again.
    """

    __slots__ = ("clocks", "lates", "latest", "left_out", "named", "newest", "sizes", "spoken", "stamp")

    def __init__(self) -> None:
        self.latest: dict[Source, LatestHeader] = {}
        self.newest: dict[tuple[str, str], list[str]] = {}
        self.sizes: dict[tuple[str, str, str], int] = {}
        self.named: dict[str, dict[tuple[str, str], None]] = {}
        self.left_out: dict[str, dict[Source, None]] = {}
        self.clocks: dict[str, LogTime] = {}
        self.stamp = 0
        self.spoken = 0
        self.lates = LateSpans()

    def low(self, source: Source) -> int:
        """The largest low offset of `source`; 0 before its first header."""
        known = self.latest.get(source)
        return known.low if known else 0

    def receive(self, header: Header, stamp: int) -> None:
        """Fold one header; `stamp`: append time of its record in ms. Clocks move only by `tick`."""
        self.spoken += min(max(0, stamp - self.stamp), GAP_MS)
        self.stamp = max(self.stamp, stamp)
        self._name(header)
        known = self.latest.get(header.source)
        if known is None or (header.low, header.log_time) >= (known.low, known.log_time):
            self.lates.receive(header, known.tallies if known else {})
            self.latest[header.source] = LatestHeader(
                header.partitions,
                header.low,
                header.log_time,
                header.at_end,
                dict(header.low_times),
                dict(header.tallies),
                self.spoken,
            )
        else:
            known.spoken = self.spoken

    def _name(self, header: Header) -> None:
        topic = (header.source.cluster, header.source.topic)
        incarnations = self.newest.setdefault(topic, [])
        if header.source.incarnation not in incarnations:
            incarnations.append(header.source.incarnation)
        size = (*topic, header.source.incarnation)
        self.sizes[size] = max(header.partitions, self.sizes.get(size, 0))
        for environment in header.low_times:
            self.named.setdefault(environment, {})[topic] = None

    def forget(self, environment: str) -> None:
        """Drop an environment that nobody compares: it has a clock again when a header names it."""
        for known in (self.named, self.left_out, self.clocks):
            known.pop(environment, None)

    def tick(self) -> None:
        """Find who is silent, then move every environment's clock forward."""
        for environment in self.named:
            self._leave_out(environment)
            low = self._lowest(environment)
            if low is not None:
                self.clocks[environment] = LogTime(max(low, self.clocks.get(environment, 0)))

    def _leave_out(self, environment: str) -> None:
        """Who is silent leaves the clock, and comes back once its low log time has reached it."""
        out, clock = self.left_out.setdefault(environment, {}), self.clocks.get(environment, 0)
        for source in self._partitions(environment):
            latest = self.latest.get(source)
            if latest and self.spoken - latest.spoken > SILENT_MS:
                out[source] = None
            elif latest and source in out and latest.low_time(environment) >= clock:
                del out[source]

    def _lowest(self, environment: str) -> LogTime | None:
        """The smallest low log time over partitions that hold it; None while one has sent nothing."""
        holding: list[LogTime] = []
        free: list[LogTime] = []
        for source in self._partitions(environment):
            latest = self.latest.get(source)
            if latest is None:
                return None
            if source not in self.left_out[environment]:
                (holding if latest.holds(environment) else free).append(latest.low_time(environment))
        return min(holding) if holding else max(free, default=None)

    def _partitions(self, environment: str) -> Iterator[Source]:
        """Every partition of every topic that named `environment`, in its newest incarnation."""
        for topic in self.named.get(environment, ()):
            incarnation = self.newest[topic][-1]
            for partition in range(self.sizes[(*topic, incarnation)]):
                yield Source(*topic, incarnation, partition)

    def reach(self, environment: str) -> LogTime | None:
        """Smallest log time (not the low one) of the partitions not at their end; None if none is behind.

        A partition that never sent is at the beginning; one that is left out holds nobody back.
        """
        out = self.left_out.get(environment, {})
        behind = [
            latest.log_time if latest else LogTime(0)
            for source in self._partitions(environment)
            if (latest := self.latest.get(source)) is None or not (latest.at_end or source in out)
        ]
        return min(behind, default=None)

    def silent(self) -> list[Source]:
        """Partitions left out of any clock, each once."""
        sources = (s for environment in self.named for s in self._partitions(environment))
        out = (source for source in sources if any(source in some for some in self.left_out.values()))
        return list(dict.fromkeys(out))

    def total(self, tally: str) -> int:
        """Sum of one tally over all source partitions."""
        return sum(latest.tallies.get(tally, 0) for latest in self.latest.values())

    def most_of(self, begin: str) -> dict[str, int]:
        """The greatest of the tallies of who speaks whose names begin so, by the rest of their names."""
        most: dict[str, int] = {}
        silent = set(self.silent())
        for latest in [latest for source, latest in self.latest.items() if source not in silent]:
            for name, count in latest.tallies.items():
                if name.startswith(begin):
                    rest = name.removeprefix(begin)
                    most[rest] = max(count, most.get(rest, 0))
        return most

    def totals_of(self, begin: str) -> dict[str, int]:
        """Sums of the tallies whose names begin so, by the rest of their names."""
        totals: dict[str, int] = {}
        for latest in self.latest.values():
            for name, count in latest.tallies.items():
                if name.startswith(begin):
                    rest = name.removeprefix(begin)
                    totals[rest] = totals.get(rest, 0) + count
        return totals

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        latest = [
            [*source, h.partitions, h.low, h.log_time, h.at_end, h.low_times, h.tallies, h.spoken]
            for source, h in self.latest.items()
        ]
        newest = [[*topic, incarnations] for topic, incarnations in self.newest.items()]
        named = {environment: [*topics] for environment, topics in self.named.items()}
        sizes = [[*incarnation, count] for incarnation, count in self.sizes.items()]
        out = {environment: [[*one] for one in some] for environment, some in self.left_out.items()}
        rest = [self.clocks, self.stamp, self.spoken, self.lates.pack()]
        return [latest, newest, named, sizes, out, *rest]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The sources that `pack` packed."""
        sources = cls()
        latest, newest, named, sizes, out, *others = plain
        sources.clocks, sources.stamp, sources.spoken, lates = others
        sources.lates = LateSpans.unpack(lates)
        for cluster, topic, incarnation, partition, *rest in latest:
            sources.latest[Source(cluster, topic, incarnation, partition)] = LatestHeader(*rest)
        sources.newest = {(cluster, topic): names for cluster, topic, names in newest}
        sources.sizes = {(cluster, topic, name): count for cluster, topic, name, count in sizes}
        sources.named = {e: dict.fromkeys((c, t) for c, t in topics) for e, topics in named.items()}
        sources.left_out = {e: dict.fromkeys(Source(*one) for one in some) for e, some in out.items()}
        return sources
