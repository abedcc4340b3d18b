"""Producers with wrong clocks write to one partition: how many traces are split, and how long evidence waits.

Each trace has five spans within five seconds, each written by some producer, by its own clock. The rules:

- `maximum`: log time is the greatest timestamp so far.
- `median`: it is the greatest lower median of nine timestamps in a row so far.
- `one clock`: what the observer does (`pipeline/observe/followed.py`).

A trace counts as split where its spans, all in time, are not all in one flow, and one of its flows has no
flaw: that would be evidence of missing calls. `python -m tests.evaluation.clocks` prints the table.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.flows.codec import decode
from monitor.flows.flow import Flaw, Flow
from monitor.flows.record import Source
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.observe.logtime import LogClock, Moment
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.wire.span import Kind, Span
from tests.factories import span

T = 1_700_000_000_000
SPANS = 5
APART_MS = 4_800
SECOND = 1_000
SETTINGS = ObserverSettings()
Off = Callable[[int], int | None]
"""How far a producer's clock is off (ms) at a time; None while the producer is not there."""


class Written(NamedTuple):
    """A record: when it is written, what its timestamp says, and its span; times in ms after T."""

    at: int
    stamp: int
    span: Span


class Seen(NamedTuple):
    """What came of a log.

    split: traces that look as if calls were missing. flawed: others that are not whole. waited: seconds from
    the last span of a trace to its flow, at the median and at worst. off: what was counted of the clocks.
    """

    traces: int
    split: int
    flawed: int
    waited: tuple[float, float]
    off: Mapping[str, int]


class Greatest(LogClock):
    """Log time is the greatest lower median of the last `width` timestamps."""

    def __init__(self, width: int) -> None:
        super().__init__(guarded=False)
        self._window: deque[int] = deque(maxlen=width)
        self._time = 0

    def feed(self, timestamp: int, idle_ms: int = 0) -> list[Moment]:
        """Every record is decided at once."""
        self._window.append(timestamp)
        self._time = max(self._time, sorted(self._window)[(len(self._window) - 1) // 2])
        return [Moment(LogTime(self._time), self._time)]

    @property
    def now(self) -> Moment | None:
        """The moment of the last record."""
        return Moment(LogTime(self._time), self._time) if self._time else None


RULES: Mapping[str, Callable[[], LogClock]] = {
    "maximum": lambda: Greatest(1),
    "median": lambda: Greatest(9),
    "one clock": lambda: LogClock(guarded=True),
}


class Table:
    """The decoder: a payload is the number of its record."""

    def __init__(self, log: list[Written]) -> None:
        self._log = log

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of a record."""
        yield
        return [self._log[int(payload)].span]


def traffic(seed: int, seconds: int, producers: Mapping[Off, float], traces: int = 400) -> list[Written]:
    """Traces over a time; producers: each with its share of the spans."""
    random, log = Random(seed), list[Written]()
    for number in range(1, traces + 1):
        begin = random.randrange(seconds * SECOND)
        for place in range(1, SPANS + 1):
            at = begin + random.randrange(APART_MS)
            there = {off: share for off, share in producers.items() if off(at) is not None}
            (off,) = random.choices([*there], [*there.values()])
            parent = random.randrange(1, place) if place > 1 else 0
            made = span(
                place,
                trace=number,
                parent=parent,
                kind=Kind.INTERNAL if parent else Kind.SERVER,
                service=f"producer-{[*producers].index(off)}",
            )
            log.append(Written(at, at + (off(at) or 0), made))
    return sorted(log, key=lambda written: written.at)


def always(off: int) -> Off:
    """A clock that is off by so much."""
    return lambda at: off


def between(begin: int, end: int, off: int, otherwise: int | None = None) -> Off:
    """A clock that is off for a while; before and after, nothing is written, or by `otherwise`."""
    return lambda at: off if begin <= at < end else otherwise


def with_records(log: list[Written], at: int, stamps: list[int]) -> list[Written]:
    """The log, and at once further records with these timestamps, each of a trace of its own."""
    more = [
        Written(at, stamp, span(1, trace=10**6 + number, kind=Kind.SERVER, service="odd"))
        for number, stamp in enumerate(stamps)
    ]
    return sorted([*log, *more], key=lambda written: written.at)


def observed(log: list[Written], rule: str = "one clock") -> Seen:
    """Read a log as it is written, with the idle time in between, and for a while after its end."""
    intake = SourceIntake(
        Table(log), start=0, encoding="", environment=None, guarded=True, patience_ms=10 * SECOND
    )
    intake._clock = RULES[rule]()
    source = Source("main", "spans", "1", 0)
    observer = SourceObserver(
        source, Table(log), SETTINGS, start=0, targets=1, fresh=False, guarded=True, intake=intake
    )
    rows, closed, last = list[Flow](), dict[bytes, int](), dict[bytes, int]()
    now = log[0].at

    def publish() -> None:
        for _, value in observer.outgoing(at_end=False, partitions=1, heartbeat=False):
            observer.acknowledged(0)
            for flow in decode(value).flows:
                rows.append(flow)
                closed[flow.trace_id] = now

    for number, written in enumerate(log):
        while written.at - now >= SECOND:
            now += SECOND
            observer.idle(SECOND)
            publish()
        if written.at // SECOND > now // SECOND:
            publish()
        now = written.at
        last[written.span.trace_id] = now
        observer.fold(SourceRecord(number, T + written.stamp, str(number).encode()))
    for _ in range(150):
        now += SECOND
        observer.idle(SECOND)
        publish()
    waited = sorted((closed[trace] - at) / SECOND for trace, at in last.items() if trace in closed)
    return _seen(log, rows, (waited[len(waited) // 2], waited[-1]), intake.tallies)


def _seen(log: list[Written], rows: list[Flow], waited: tuple[float, float], off: Mapping[str, int]) -> Seen:
    spans = Counter(written.span.trace_id for written in log)
    flows: dict[bytes, list[Flow]] = {trace: [] for trace in spans}
    for row in rows:
        flows[row.trace_id].append(row)
    broken = [
        any(flow.flaws == Flaw.NONE for flow in flows[trace])
        for trace, count in spans.items()
        if [len(flow.shape) for flow in flows[trace]] != [count]
    ]
    return Seen(len(spans), sum(broken), len(broken) - sum(broken), waited, off)


def scenarios(seconds: int) -> dict[str, list[Written]]:
    """Logs by what is wrong with the clocks; `seconds`: over how much time 400 traces begin."""
    right, half, end = always(0), seconds * 500, seconds * 2_000
    two = {right: 0.4, always(100_000): 0.3, between(half, end, 190_000): 0.3}
    old = [half - 600_000 + 500 * n for n in range(1_200)]
    plain = traffic(1, seconds, {right: 1.0})
    logs = {
        f"{abs(off)} s {'ahead' if off > 0 else 'behind'}, joins with {share:.0%}": traffic(
            2, seconds, {right: 1 - share, between(half, end, off * SECOND): share}
        )
        for off in (10, 60, 200, 290, -60, -290)
        for share in (0.1, 0.5)
    }
    return logs | {
        "200 s ahead, from the beginning": traffic(3, seconds, {right: 0.6, always(200 * SECOND): 0.4}),
        "200 s ahead, leaves": traffic(4, seconds, {right: 0.4, between(0, half, 200 * SECOND): 0.6}),
        "200 s ahead, alone at last": traffic(5, seconds, {between(0, half, 0): 0.7, always(200_000): 0.3}),
        "one is set 200 s forward": traffic(6, seconds, {right: 0.7, between(half, end, 200_000, 0): 0.3}),
        "all are set 200 s forward": traffic(7, seconds, {between(half, end, 200_000, 0): 1}),
        "all are set 200 s back": traffic(8, seconds, {between(0, half, 200_000, 0): 1}),
        "two ahead": traffic(9, seconds, two),
        "ten, none right": traffic(10, seconds, {always(37_000 * n - 150_000): 0.1 for n in range(10)}),
        "six records 59 min ahead": with_records(plain, half, [half + 3_540_000] * 6),
        "sixty records 290 s ahead": with_records(plain, half, [half + 290_000] * 60),
        "ten old minutes at once": with_records(plain, half, old),
        "a year 2100, a 1970": with_records(plain, half, [4_102_444_800_000 - T, -T]),
    }


if __name__ == "__main__":
    for pace in (20, 200):
        for name, log in scenarios(pace).items():
            for rule in RULES:
                seen = observed(log, rule)
                print(
                    f"{400 / pace:3.0f} traces/s, {name:32} {rule:10} split {seen.split:4} with a flaw "
                    f"{seen.flawed:3} waited {seen.waited[0]:4.0f} s, at most {seen.waited[1]:4.0f} s"
                )
