"""Source logs of the laws: traffic with stragglers, orphans, copies, disorder and wrong clocks, by seed."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.traces.borders import is_border
from monitor.wire.span import Kind, Span
from tests.factories import span

TARGETS = 3
KINDS = (Kind.SERVER, Kind.CLIENT, Kind.INTERNAL, Kind.PRODUCER, Kind.CONSUMER, Kind.CONSUMER)
SETTINGS = ObserverSettings()
SOURCE = Source("main", "otlp_spans", "1", 0)


class Scheduled(NamedTuple):
    """A span and the log time (ms) at which it is written."""

    at: int
    span: Span


class SourceLog:
    """Records of one partition; also the decoder: a payload is the number of its record."""

    def __init__(self) -> None:
        self.records: list[SourceRecord] = []
        self.spans: list[list[Span]] = []

    def append(self, timestamp: int, spans: list[Span]) -> None:
        """Write a record."""
        number = len(self.records)
        self.records.append(SourceRecord(number, timestamp, str(number).encode()))
        self.spans.append(spans)

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of a record."""
        yield
        return self.spans[int(payload)]

    def observer(self, start: int, clock: tuple[int, ...] = ()) -> SourceObserver:
        """An observer that begins at `start`."""
        return SourceObserver(
            SOURCE,
            self,
            SETTINGS,
            start=start,
            targets=TARGETS,
            fresh=False,
            encoding="table",
            clock=clock,
        )

    def reread_from(self, low: int) -> int:
        """Where an owner starts when `low` is committed (delivery, observer 6)."""
        end = min(low + 1, len(self.records))
        recent = sorted(record.timestamp for record in self.records[max(end - 5, 0) : end])
        if not recent:
            return 0
        horizon = recent[(len(recent) - 1) // 2] - SETTINGS.reread_ms
        return next(record.offset for record in self.records if record.timestamp >= horizon)


def source_log(random: Random, traces: int, seconds: int, orderly: bool, skewed: bool = False) -> SourceLog:
    """Traffic of `traces` traces over `seconds`, with stragglers, orphans, copies, and disorder.

    skewed: the records of one producer, which may begin and end at any time, are stamped by a wrong clock.

    orderly: each flow stands in one record, so that no idle time can fall into the middle of it; what
    consumes its messages comes before it, or up to three minutes later.
    """
    scheduled: list[Scheduled] = []
    for number in range(1, traces + 1):
        scheduled += _trace(random, number, random.randrange(seconds * 1_000), orderly)
    scheduled.sort(key=lambda entry: entry.at)
    skew = _skew(random, seconds * 1_000) if skewed else lambda at: 0
    log = SourceLog()
    while scheduled:
        size = _first_trace(scheduled) if orderly else random.randint(1, 4)
        batch, scheduled = scheduled[:size], scheduled[size:]
        disorder = 0 if orderly else random.choice((0, 0, 0, random.randint(-4_000, 4_000)))
        at = batch[-1].at
        log.append(1_000_000 + at + disorder + skew(at), [entry.span for entry in batch])
    last = log.records[-1].timestamp
    for later in range(1, 11):
        log.append(last + later * 60_000, [])
    return log


def _skew(random: Random, end: int) -> Callable[[int], int]:
    """How far the clock is off (ms) by which a record at this time is stamped."""
    share, off = random.choice((0.05, 0.3, 0.5, 0.8)), random.choice((-290, -30, 10, 60, 200, 290, 3_540))
    first, last = sorted(random.choice((0, end, random.randrange(end))) for _ in range(2))
    return lambda at: off * 1_000 if first <= at <= last and random.random() < share else 0


def _first_trace(scheduled: list[Scheduled]) -> int:
    """How many records from the first on are of one trace, where traces follow each other."""
    first = scheduled[0].span.trace_id
    return next((n for n, each in enumerate(scheduled) if each.span.trace_id != first), len(scheduled))


def _trace(random: Random, number: int, begin: int, orderly: bool) -> list[Scheduled]:
    scheduled = []
    runner = random.random() < 0.1
    times, parents = {0: begin, 99: begin}, dict[int, Span]()
    for place in range(1, random.randint(2, 9)):
        parent = random.randrange(place) if place > 1 else random.choice((0, 0, 0, 99))
        made = span(
            place,
            trace=number,
            parent=parent,
            start=place * 10,
            service=f"service-{random.randrange(3)}",
            kind=random.choice(KINDS),
            remote=random.random() < 0.3,
            runner=runner and place <= 2,
            run=f"run-{number % 2}" if (runner and place == 1) or random.random() < 0.05 else "",
            links=(max(number - random.randint(1, 9), 1), number + 1) if random.random() < 0.3 else (),
        )
        if orderly:
            upper = parents.get(parent)
            consumes = upper is not None and not upper.facts.runner and is_border(upper.facts, made.facts)
            later = random.choice((random.randint(-9_000, 9_000), random.randint(0, 180_000)))
            times[place] = begin + later if consumes else times[parent]
            parents[place] = made
            scheduled.append(Scheduled(times[place], made))
        else:
            scheduled += _written(random, begin, made)
    return scheduled


def _written(random: Random, begin: int, made: Span) -> list[Scheduled]:
    """When a span is written: soon, later, very late, never; and some twice."""
    delays = (random.randrange(6_000), random.randrange(15_000), random.randrange(110_000))
    delay = random.choices(delays, weights=(90, 6, 4))[0]
    written = [] if random.random() < 0.03 else [Scheduled(begin + delay, made)]
    if written and random.random() < 0.05:
        written.append(Scheduled(begin + delay + random.randrange(40_000), made))
    return written
