"""The whole pipeline in memory: no Kafka, the same folds.

`compare` takes spans, and lets them come as collectors send them: in batches of one second, when they have
ended. The end of that second is the log time. `compare_records` takes the records of a log as they are. All
of the reference is folded before the candidate; at the end everything closes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import orjson

from monitor.base.steps import Steps
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
"""Receives how many spans are done, of how many."""


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
    sides = [log_of(side) for side in (reference, candidate)]
    return compare_records(sides[0], sides[1], settings, policy, lambda done: progress(done, total))


class Log(NamedTuple):
    """The records of one side in the order of their offsets, and how they are decoded."""

    records: Iterable[SourceRecord]
    decoder: SpanDecoder
    encoding: str


def log_of(spans: Iterable[Span]) -> "Log":
    """The records in which collectors send these spans."""
    return _Batches(spans).log()


def compare_records(
    reference: Log,
    candidate: Log,
    settings: ObserverSettings,
    policy: Policy,
    progress: Callable[[int], None],
) -> Latest:
    """The same from the records of two logs; progress: receives how many spans are done."""
    comparison = policy.comparisons[0]
    sides = (
        observed(comparison.reference, reference, settings, policy),
        observed(comparison.candidate, candidate, settings, policy),
    )
    return judged(sides, policy, progress)


class Sent(NamedTuple):
    """A record for the flows topic, and how many spans of its side were read until then."""

    stamp: LogTime
    value: bytes
    spans: int


class Observed(NamedTuple):
    """What an observer makes of one side, in order: of its records, and of the silence that follows."""

    flows: Iterable[Sent]
    silence: Iterable[Sent]


def observed(role: str, log: Log, settings: ObserverSettings, policy: Policy) -> Observed:
    """Read one side while its flows are taken; the silence lasts until every bucket and run closes."""
    observing = _Observing(role, log, settings)
    return Observed(observing.flows(), observing.silence(policy))


def judged(sides: Sequence[Observed], policy: Policy, progress: Callable[[int], None]) -> Latest:
    """Records of the verdicts topic for the second of two sides against the first."""
    offline = _Offline(policy)
    done = spans = 0
    for side in sides:
        for sent in side.flows:
            offline.append(sent)
            spans = sent.spans
            progress(done + spans)
        done += spans
    offline.lose()
    for side in sides:
        for sent in side.silence:
            offline.append(sent)
    progress(done)
    return offline.records()


class _Observing:
    """The observer of one side."""

    def __init__(self, role: str, log: Log, settings: ObserverSettings) -> None:
        self._records = log.records
        self._stamp = LogTime(0)
        self._observer = SourceObserver(
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

    def flows(self) -> Iterator[Sent]:
        """What comes of the records of the side."""
        for number, record in enumerate(self._records):
            self._observer.fold(record)
            if number % _PUBLISH_EVERY == 0:
                yield from self._outgoing(at_end=False)
        self._observer.close_all()
        yield from self._outgoing(at_end=True)

    def silence(self, policy: Policy) -> Iterator[Sent]:
        """What comes of the time after them."""
        idle = policy.bucket_ms + policy.idle_ms + 2 * policy.quiet_gap_ms
        for _ in range(0, idle, BATCH_MS):
            self._observer.idle(BATCH_MS)
        yield from self._outgoing(at_end=True)

    def _outgoing(self, *, at_end: bool) -> Iterator[Sent]:
        for outgoing in self._observer.outgoing(at_end, 1, heartbeat=True):
            self._stamp = max(self._stamp, self._observer.log_time or self._stamp)
            yield Sent(self._stamp, outgoing.value, self._observer.tallies["spans"])
            self._observer.acknowledged(0)
        self._observer.rejected.clear()


class _Offline:
    """A flows topic of one partition that is folded as it is written."""

    def __init__(self, policy: Policy) -> None:
        self.auditor = PartitionAuditor(0, 1, 1, {})
        self.owner = Owner(1, projects=False)
        self.offset = 0
        self.stamp = LogTime(0)
        self.owner.receive_command(0, orjson.dumps(Settings(policy).plain()))
        self._forward()

    def append(self, sent: Sent) -> None:
        """Fold a record of a side."""
        self.stamp = max(self.stamp, sent.stamp)
        self._append(sent.value)

    def lose(self) -> None:
        """Learn what was lost on the way, which is known before the runs are judged."""
        self._decide(self._published())

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
            self.owner.receive(key, value)
        return records

    def _decide(self, records: dict[str, bytes]) -> bool:
        """Let the owner decide; whether its commands changed anything."""
        decisions = self.owner.decide()
        records |= decisions.records
        for subject_value in decisions.commands:
            self.owner.receive_command(max(self.owner.commands) + 1, subject_value[1])
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

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:  # noqa: ARG002
        """The spans of batch number `payload`."""
        yield
        return self._batches[int(payload)][1]


def _log_time(span: Span) -> int:
    """The end of the second in which the span ended, in ms."""
    return -(-(span.start + span.duration) // _BATCH_NS) * BATCH_MS
