"""What an environment has shown of a kind of failure: mergeable counts, and the test cases that showed it."""

from collections.abc import Mapping
from heapq import nlargest
from typing import Any, Self

from msgspec import convert, to_builtins

from monitor.base.units import LogTime
from monitor.fingerprints.sample import sampled, with_one
from monitor.flows.flow import Flow
from monitor.ledgers.recall.case import Case

MOST_VERSIONS = 8
"""Versions of what failed that are named, those that failed last."""
MOST_CASES = 16
"""Cases that are followed, the first ones."""

Times = tuple[LogTime, LogTime]


class Sighting:
    """Failures of one kind in one environment.

    traces, weight: how many, and the sum of their sampling weights (1/1024). first, last: log times at which
    they began. versions: of the service that failed, '' where it states none, with first and last. sample:
    trace ids. cases: by name, of tests.
    """

    __slots__ = ("cases", "first", "last", "sample", "traces", "versions", "weight")

    def __init__(self) -> None:
        self.traces = 0
        self.weight = 0
        self.first: LogTime | None = None
        self.last: LogTime | None = None
        self.versions: dict[str, Times] = {}
        self.sample: tuple[bytes, ...] = ()
        self.cases: dict[str, Case] = {}

    def observe(self, flow: Flow, service: str) -> None:
        """Count a row; service: what failed."""
        at = flow.began
        self.traces += 1
        self.weight += flow.weight
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)
        self.sample = with_one(self.sample, flow.trace_id)
        version = next((stated for name, stated in flow.versions if name == service), "")
        self.versions[version] = _spanning(self.versions.get(version), (at, at))
        if len(self.versions) > MOST_VERSIONS:
            self.versions = _latest(self.versions)

    def merge(self, other: Self) -> Self:
        """Both together; operands stay as they are."""
        merged = type(self)()
        merged.traces = self.traces + other.traces
        merged.weight = self.weight + other.weight
        times = [each for each in (self.first, other.first) if each is not None]
        merged.first = min(times, default=None)
        merged.last = max((each for each in (self.last, other.last) if each is not None), default=None)
        merged.sample = sampled((*self.sample, *other.sample))
        both = self.versions | other.versions
        merged.versions = _latest(
            {name: _spanning(self.versions.get(name), other.versions.get(name, both[name])) for name in both}
        )
        merged.cases = _of_both(self.cases, other.cases)
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sighting) and self.pack() == other.pack()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        versions = [[name, *times] for name, times in sorted(self.versions.items())]
        sample = [trace.hex() for trace in self.sample]
        cases = {name: to_builtins(case) for name, case in sorted(self.cases.items())}
        return [self.traces, self.weight, self.first, self.last, versions, sample, cases]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """What `pack` packed."""
        made = cls()
        made.traces, made.weight, made.first, made.last, versions, sample, cases = plain
        made.versions = {name: (first, last) for name, first, last in versions}
        made.sample = tuple(map(bytes.fromhex, sample))
        made.cases = {name: convert(case, Case) for name, case in cases.items()}
        return made


def _spanning(known: Times | None, seen: Times) -> Times:
    return seen if known is None else (min(known[0], seen[0]), max(known[1], seen[1]))


def _latest(versions: dict[str, Times]) -> dict[str, Times]:
    """The versions that were seen last: whatever the order in which they came."""
    return dict(nlargest(MOST_VERSIONS, versions.items(), key=lambda each: (each[1][1], each[0])))


def _of_both(some: Mapping[str, Case], others: Mapping[str, Case]) -> dict[str, Case]:
    cases = dict(some)
    for name, case in others.items():
        cases[name] = cases.get(name, case).with_other(case)
    return dict(sorted(cases.items())[:MOST_CASES])
