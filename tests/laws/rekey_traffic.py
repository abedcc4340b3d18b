"""Spans for the world of the rekey stage: scattered over sources, and keyed by their trace ids."""

from random import Random

from monitor.base.units import LogTime
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver
from monitor.pipeline.rekey.rekeyer import target_of
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.laws.delivery_world import Auditor
from tests.laws.source_logs import KINDS, Scheduled, SourceLog

SOURCES, TARGETS, FLOWS = 3, 2, 2
SETTINGS = ObserverSettings()
START_MS = 1_000_000


def keyed(spans: list[Scheduled]) -> list[Flow]:
    """The rows of the same spans in a topic that is keyed by trace id."""
    rows: list[Flow] = []
    for target in range(TARGETS):
        own = [each for each in spans if target_of(each.span.trace_id, TARGETS) == target]
        log = _log([[each] for each in own])
        observer = SourceObserver(
            Source("main", "keyed", "1", target),
            log,
            SETTINGS,
            start=0,
            targets=FLOWS,
            fresh=False,
            encoding="table",
            guarded=False,
        )
        for record in log.records:
            observer.fold(record)
        observer.close_all()
        auditors = [Auditor(remembers=True) for _ in range(FLOWS)]
        for outgoing in observer.outgoing(False, TARGETS, heartbeat=True):
            auditors[outgoing.target].read(outgoing.value)
        rows += [row for auditor in auditors for row in auditor.rows]
    return rows


def scattered(random: Random, spans: list[Scheduled]) -> list[SourceLog]:
    """The same spans in records of some spans each, on partitions at random."""
    batches: list[list[list[Scheduled]]] = [[] for _ in range(SOURCES)]
    for each in spans:
        records = random.choice(batches)
        if records and len(records[-1]) < random.randint(1, 6) and each.at - records[-1][0].at < 1_000:
            records[-1].append(each)
        else:
            records.append([each])
    return [_log(records) for records in batches]


def contents(rows: list[Flow]) -> list[str]:
    """What rows say, but for where and when they stood; in place of their lead when their entry began."""
    entries = ((row, None if row.lead is None else row.began - row.lead) for row in rows)
    began = LogTime(0)
    return sorted(
        repr(row._replace(offset=0, place=0, ordinal=0, began=began, lead=at)) for row, at in entries
    )


def traffic(random: Random, traces: int, seconds: int) -> list[Scheduled]:
    """Traces whose spans are written within six seconds; some are lost, and some come twice."""
    spans: list[Scheduled] = []
    for number in range(1, traces + 1):
        begin = random.randrange(seconds * 1_000)
        for place in range(1, random.randint(2, 9)):
            made = _made(random, number, place)
            if random.random() < 0.97:
                spans.append(Scheduled(begin + random.randrange(6_000), made))
            if random.random() < 0.03:
                spans.append(Scheduled(begin + random.randrange(9_000), made))
    return sorted(spans, key=lambda each: each.at)


def _made(random: Random, number: int, place: int) -> Span:
    return span(
        place,
        trace=number,
        parent=random.randrange(place) if place > 1 else 0,
        start=place * 10,
        service=f"service-{random.randrange(3)}",
        kind=random.choice((*KINDS, Kind.SERVER)),
        remote=random.random() < 0.3,
        run=f"run-{number % 2}" if random.random() < 0.05 else "",
    )


def _log(batches: list[list[Scheduled]]) -> SourceLog:
    log = SourceLog()
    for batch in batches:
        log.append(START_MS + batch[-1].at, [each.span for each in batch])
    return log
