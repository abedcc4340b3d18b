"""What stands in the topics at the end, held against what was produced and against undisturbed folds.

An undisturbed fold reads the same log once, from its beginning to its end: the source topic for flows, the
flows topic for state and verdicts (`claims`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from monitor.base.clock import SystemClock
from monitor.flows.codec import decode
from monitor.flows.record import Source
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.pipeline.observe.observer import SourceRecord
from monitor.service.observers import Observers
from monitor.settings import Settings
from tests.chaos import claims
from tests.chaos.claims import Digests, digest
from tests.integration.shop_traffic import Row, Stored, distinct_rows


class Produced(NamedTuple):
    """What was sent: the ids of all traces, each whole and acknowledged; records that are no telemetry."""

    traces: frozenset[bytes]
    junk: int


class Logs(NamedTuple):
    """All that stands in the topics at the end."""

    spans: Sequence[Stored]
    flows: Sequence[Stored]
    checkpoints: Sequence[Stored]
    verdicts: Sequence[Stored]
    dead_letters: Sequence[Stored]


class Findings(NamedTuple):
    """What the proofs found.

    lost, doubled: traces without a flow, and with more than one. counted: flows, by the daemon's own metric.
    letters: dead letters that differ. claims, wrong: checkpoints and records of verdicts that were written,
    and those that do not follow from the log. flows, state, verdicts: digests, of the newest of each.
    """

    produced: Produced
    counted: int
    lost: frozenset[bytes]
    doubled: frozenset[bytes]
    letters: int
    claims: int
    wrong: list[str]
    flows: Digests
    state: Digests
    verdicts: Digests

    @property
    def hold(self) -> bool:
        """Whether every trace was counted exactly once, and nothing differs from an undisturbed run."""
        exact = not self.lost and not self.doubled and self.counted == len(self.produced.traces)
        same = all(one.found == one.undisturbed for one in (self.flows, self.state, self.verdicts))
        return exact and same and not self.wrong and self.letters == self.produced.junk


def examine(settings: Settings, produced: Produced, counted: int, logs: Logs) -> Findings:
    """Hold what is found against what must be."""
    rows = distinct_rows(logs.flows)
    per_trace = Counter(flow.trace_id for _, flow in rows.elements())
    state, verdicts = claims.checkpoints(logs.checkpoints), claims.verdicts(logs.verdicts)
    checked = claims.Checked(settings.kafka.flows, [*state, *verdicts], logs.flows)
    return Findings(
        produced,
        counted,
        produced.traces - per_trace.keys(),
        frozenset(trace for trace, count in per_trace.items() if count > 1 or trace not in produced.traces),
        len({letter.value for letter in logs.dead_letters}),
        len(state) + len(verdicts),
        checked.wrong,
        Digests(digest(_plain(rows)), digest(_plain(undisturbed_rows(settings, logs.spans)))),
        checked.newest(state),
        checked.newest(verdicts),
    )


def undisturbed_rows(settings: Settings, spans: Sequence[Stored]) -> Counter[Row]:
    """The flows of one observer per partition that reads the source topic once."""
    rows: Counter[Row] = Counter()
    partitions = {record.partition for record in spans}
    for number in sorted(partitions):
        source = Source("default", "spans", "", number)
        topic = SourceTopic("spans", len(partitions), stamped=False)
        observer = Observers(settings, SystemClock()).open(
            source, StartingPoint(0, Commit(0), fresh=True), topic
        )
        for record in spans:
            if record.partition == number:
                observer.fold(SourceRecord(record.offset, record.timestamp, record.value))
        observer.close_all()
        observer.rejected.clear()
        for sent in observer.outgoing(at_end=True, partitions=len(partitions), heartbeat=True):
            rows.update((number, flow) for flow in decode(sent.value).flows)
    return rows


def _plain(rows: Counter[Row]) -> list[bytes]:
    return sorted(repr((place, flow, count)).encode() for (place, flow), count in rows.items())
