"""The fingerprint of one path in one environment: mergeable, without any payload value."""

from typing import Any, Self

from monitor.base.units import LogTime
from monitor.fingerprints.days import Days
from monitor.fingerprints.sample import sampled, with_one
from monitor.flows.flow import Flaw, Flow


class Fingerprint:
    """What is known of a path: counts over complete flows, how many were incomplete, when, and examples.

    first, last: log times in ms between which flows began (None before the first one).
    """

    __slots__ = ("days", "examples", "first", "incomplete", "incomplete_weight", "last")

    def __init__(self) -> None:
        self.days = Days()
        self.incomplete = 0
        self.incomplete_weight = 0
        self.first: LogTime | None = None
        self.last: LogTime | None = None
        self.examples: tuple[bytes, ...] = ()

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
        if flow.flaws == Flaw.NONE:
            begins = self.days.observe(flow)
        else:
            self.incomplete += 1
            self.incomplete_weight += flow.weight
        self.first = flow.began if self.first is None else min(self.first, flow.began)
        self.last = flow.began if self.last is None else max(self.last, flow.began)
        self.examples = with_one(self.examples, flow.trace_id)
        return begins

    def merge(self, other: Self) -> Self:
        """The fingerprint of both sets of flows together; operands stay as they are."""
        merged = type(self)()
        merged.days = self.days.merge(other.days)
        merged.incomplete = self.incomplete + other.incomplete
        merged.incomplete_weight = self.incomplete_weight + other.incomplete_weight
        merged.first = min((t for t in (self.first, other.first) if t is not None), default=None)
        merged.last = max((t for t in (self.last, other.last) if t is not None), default=None)
        merged.examples = sampled(self.examples + other.examples)
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        examples = [example.hex() for example in self.examples]
        return [self.days.pack(), self.incomplete, self.incomplete_weight, self.first, self.last, examples]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The fingerprint that `pack` packed."""
        fingerprint = cls()
        days, fingerprint.incomplete, fingerprint.incomplete_weight, first, last, examples = plain
        fingerprint.days = Days.unpack(days)
        fingerprint.first, fingerprint.last = first, last
        fingerprint.examples = tuple(bytes.fromhex(example) for example in examples)
        return fingerprint
