"""The fingerprint of one path in one environment: mergeable, without any payload value."""

from typing import Any, Self

from monitor.base.units import LogTime
from monitor.fingerprints.days import Days
from monitor.fingerprints.sample import sampled, with_one
from monitor.flows.flow import Flow


class Fingerprint:
    """What is known of a path: counts over complete flows, how many were incomplete, when, and examples.

    first, last: log times in ms between which flows began (None before the first one). version: what the
    entry's service stated in the first one, or ''. newest: when the last complete one began, and its trace:
    it shows the path as it is now, and whoever stores traces still has it.
    """

    __slots__ = ("days", "examples", "first", "incomplete", "incomplete_weight", "last", "newest", "version")

    def __init__(self) -> None:
        self.days = Days()
        self.incomplete = 0
        self.incomplete_weight = 0
        self.first: LogTime | None = None
        self.version = ""
        self.last: LogTime | None = None
        self.examples: tuple[bytes, ...] = ()
        self.newest: tuple[LogTime, bytes] | None = None

    @property
    def traces(self) -> int:
        """All flows, complete or not."""
        return self.days.traces + self.incomplete

    @property
    def weight(self) -> int:
        """Sum of the sampling weights of all flows, in 1/1024."""
        return self.days.weight + self.incomplete_weight

    def observe(self, flow: Flow) -> bool:
        """Count one flow; whether it is the first complete one of its day.

        An incomplete one is no evidence for what is absent, so it is counted apart.
        """
        begins = False
        if not flow.flaws:
            begins = self.days.observe(flow)
            newest = (flow.began, flow.trace_id)
            if self.newest is None or newest > self.newest:
                self.newest = newest
        else:
            self.incomplete += 1
            self.incomplete_weight += flow.weight
        if self.first is None or flow.began < self.first:
            self.first = flow.began
            self.version = dict(flow.versions).get(flow.id.service, "")
        if self.last is None or flow.began > self.last:
            self.last = flow.began
        self.examples = with_one(self.examples, flow.trace_id)
        return begins

    def merge(self, other: Self) -> Self:
        """The fingerprint of both sets of flows together; operands stay as they are."""
        merged = type(self)()
        merged.days = self.days.merge(other.days)
        merged.incomplete = self.incomplete + other.incomplete
        merged.incomplete_weight = self.incomplete_weight + other.incomplete_weight
        born = [(each.first, each.version) for each in (self, other) if each.first is not None]
        merged.first, merged.version = min(born, default=(None, ""))
        merged.last = max((t for t in (self.last, other.last) if t is not None), default=None)
        merged.examples = sampled(self.examples + other.examples)
        merged.newest = max((each for each in (self.newest, other.newest) if each), default=None)
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    @property
    def traces_to_show(self) -> list[str]:
        """Ids of a few traces for people: the newest, then a sample of all."""
        newest = [self.newest[1]] if self.newest else []
        return [trace.hex() for trace in dict.fromkeys((*newest, *self.examples))]

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        examples = [example.hex() for example in self.examples]
        newest = self.newest and [self.newest[0], self.newest[1].hex()]
        seen = (self.first, self.last)
        counts = (self.incomplete, self.incomplete_weight)
        return [self.days.pack(), *counts, *seen, examples, newest, self.version]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The fingerprint that `pack` packed."""
        fingerprint = cls()
        days, fingerprint.incomplete, fingerprint.incomplete_weight, first, last, examples, *newer = plain
        fingerprint.days = Days.unpack(days)
        fingerprint.first, fingerprint.last = first, last
        fingerprint.examples = tuple(bytes.fromhex(example) for example in examples)
        newest = newer[0] if newer else None  # version 0.1 kept neither
        fingerprint.version = newer[1] if len(newer) > 1 else ""
        fingerprint.newest = newest and (newest[0], bytes.fromhex(newest[1]))
        return fingerprint
