"""The whole pipeline in memory: no Kafka, the same folds.

`compare` takes spans, and lets them come as collectors send them: in batches of one second, when they have
ended. The end of that second is the log time. `compare_records` takes the records of a log as they are. All
of the reference is folded before the candidate; at the end everything closes.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import orjson

from monitor.base.units import LogTime
from monitor.drift.policy import Policy
from monitor.drift.records.latest import Latest, read
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord, Source
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord, SpanDecoder
from monitor.pipeline.timeline.commands import Settings
from monitor.wire.span import Span

BATCH_MS = 1000
_BATCH_NS = BATCH_MS * 1_000_000
_PUBLISH_EVERY = 64
"""Records folded before their flows are handed over: any number gives the same report."""
Progress = Callable[[int, int], None]
"""Told how many spans are done, of how many."""


def compare(
    reference: Sequence[Span],
    candidate: Sequence[Span],
    settings: ObserverSettings,
    policy: Policy,
    progress: Progress,
) -> Latest:
    """Records of the verdicts topic (by key) for `candidate` against `reference`.

    `policy` must have one comparison, whose environments are those of the spans.
    """
    total = len(reference) + len(candidate)
    sides = [_Batches(side).log() for side in (reference, candidate)]
    return compare_records(sides[0], sides[1], settings, policy, lambda done: progress(done, total))


class Log(NamedTuple):
    """The records of one side in the order of their offsets, and how they are decoded."""

    records: Iterable[SourceRecord]
    decoder: SpanDecoder
    encoding: str


def compare_records(
    reference: Log,
    candidate: Log,
    settings: ObserverSettings,
    policy: Policy,
    progress: Callable[[int], None],
) -> Latest:
    """The same from the records of two logs; progress: receives how many spans are done."""
    comparison = policy.comparisons[0]
    offline = _Offline(policy, progress)
    sides = [
        offline.observe(comparison.reference, reference, settings),
        offline.observe(comparison.candidate, candidate, settings),
    ]
    offline.end(sides, policy)
    return offline.records()


class _Offline:
    """A flows topic of one partition that is folded as it is written."""

    def __init__(self, policy: Policy, progress: Callable[[int], None]) -> None:
        self.auditor = PartitionAuditor(0, 1, 1, {})
        self.owner = Owner(1, projects=False)
        self.offset = 0
        self.stamp = LogTime(0)
        self.done = 0
        self.progress = progress
        self.owner.hear_command(0, orjson.dumps(Settings(policy).plain()))
        self._forward()

    def observe(self, role: str, log: Log, settings: ObserverSettings) -> SourceObserver:
        """Fold all records of one side through an observer of its own."""
        observer = SourceObserver(
            Source("replay", role, "0", 0),
            log.decoder,
            settings,
            start=0,
            targets=1,
            fresh=False,
            encoding=log.encoding,
            environment=role,
            guarded=False,
        )
        for number, record in enumerate(log.records):
            observer.fold(record)
            if number % _PUBLISH_EVERY == 0:
                self._hand_over(observer, at_end=False)
                self.progress(self.done + observer.tallies["spans"])
        observer.close_all()
        self._hand_over(observer, at_end=True)
        self.done += observer.tallies["spans"]
        return observer

    def end(self, sides: Iterable[SourceObserver], policy: Policy) -> None:
        """Let so much idle time pass that every bucket and every run closes."""
        self._decide(self._published())  # what was lost on the way is known before the runs are judged
        idle = policy.bucket_ms + policy.idle_ms + 2 * policy.quiet_gap_ms
        for observer in sides:
            for _ in range(0, idle, BATCH_MS):
                observer.idle(BATCH_MS)
            self._hand_over(observer, at_end=True)
        self.progress(self.done)

    def _hand_over(self, observer: SourceObserver, *, at_end: bool) -> None:
        for outgoing in observer.outgoing(at_end, 1, heartbeat=True):
            self.stamp = max(self.stamp, observer.log_time or self.stamp)
            self._append(outgoing.value)
            observer.acknowledged(0)

    def _append(self, value: bytes) -> None:
        self.auditor.apply(self.offset, self.stamp, value)
        self.offset += 1

    def _forward(self) -> None:
        for number in sorted(self.owner.commands):
            if number > self.auditor.timeline.number:
                command = {**self.owner.commands[number], "number": number}
                self._append(encode(FlowRecord(None, command=command)))

    def records(self) -> Latest:
        """What stands on the verdicts topic once nothing is left to decide."""
        records = self._published()
        while self._decide(records):
            records = self._published()
        latest = Latest()
        for key, value in records.items():
            latest.put(key, read(key, value))
        return latest

    def _published(self) -> dict[str, bytes]:
        records = self.auditor.all_records()
        for key, value in records.items():
            self.owner.hear(key, value)
        return records

    def _decide(self, records: dict[str, bytes]) -> bool:
        """Let the owner decide; whether its commands changed anything."""
        decisions = self.owner.decide()
        records |= decisions.records
        for subject_value in decisions.commands:
            self.owner.hear_command(len(self.owner.commands), subject_value[1])
        self._forward()
        return bool(decisions.commands)


class _Batches:
    """Spans in the batches in which they ended; stands for the decoder, since they are decoded already."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans, key=lambda span: (_log_time(span), span.trace_id, span.start, span.span_id))
        self._batches = [(ended, list(batch)) for ended, batch in groupby(ordered, key=_log_time)]

    def log(self) -> Log:
        """The batches as records, each with its number as its value."""
        batches = enumerate(self._batches)
        return Log((SourceRecord(number, ended, b"%d" % number) for number, (ended, _) in batches), self, "")

    def decode(self, payload: bytes, encoding: str, environment: str | None) -> list[Span]:  # noqa: ARG002
        """The spans of batch number `payload`."""
        return self._batches[int(payload)][1]


def _log_time(span: Span) -> int:
    """The end of the second in which the span ended, in ms."""
    return -(-(span.start + span.duration) // _BATCH_NS) * BATCH_MS
