"""What stands in the topics at the end, held against what was produced and against undisturbed folds.

An undisturbed fold reads the same log once, from its beginning to its end: of the source topic for flows, of
the flows topic for state. Every checkpoint that was ever written says 'this is the fold up to offset n', and
is asked for that, those of killed and thawed processes included.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import orjson

from monitor.base.clock import SystemClock
from monitor.flows.codec import decode
from monitor.flows.record import Source
from monitor.kafka.client.topics import Names, SourceTopic
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.observe.observer import SourceRecord
from monitor.pipeline.timeline.timeline import Timeline
from monitor.service.observers import Observers
from monitor.settings import Settings
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
    dead_letters: Sequence[Stored]


class Digests(NamedTuple):
    """Of what is there, and of what an undisturbed run makes."""

    found: str
    undisturbed: str


class Findings(NamedTuple):
    """What the proofs found.

    lost, doubled: traces without a flow, and with more than one. counted: flows, by the daemon's own metric.
    letters: dead letters that differ. checkpoints, wrong: how many were written, and which are no fold of the
    log. flows, state: digests.
    """

    produced: Produced
    counted: int
    lost: frozenset[bytes]
    doubled: frozenset[bytes]
    letters: int
    checkpoints: int
    wrong: list[str]
    flows: Digests
    state: Digests

    @property
    def hold(self) -> bool:
        """Whether every trace was counted exactly once, and nothing differs from an undisturbed run."""
        exact = not self.lost and not self.doubled and self.counted == len(self.produced.traces)
        same = self.flows.found == self.flows.undisturbed and self.state.found == self.state.undisturbed
        return exact and same and not self.wrong and self.letters == self.produced.junk


def examine(settings: Settings, produced: Produced, counted: int, logs: Logs) -> Findings:
    """Hold what is found against what must be."""
    rows = distinct_rows(logs.flows)
    per_trace = Counter(flow.trace_id for _, flow in rows.elements())
    checked = Checkpoints(settings, logs.checkpoints)
    folded = checked.fold(logs.flows)
    return Findings(
        produced,
        counted,
        produced.traces - per_trace.keys(),
        frozenset(trace for trace, count in per_trace.items() if count > 1 or trace not in produced.traces),
        len({letter.value for letter in logs.dead_letters}),
        len(logs.checkpoints),
        checked.wrong,
        Digests(_digest(_plain(rows)), _digest(_plain(undisturbed_rows(settings, logs.spans)))),
        Digests(_digest(checked.newest.values()), _digest(folded)),
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


class Checkpoints:
    """All entries of the checkpoints' topic. newest: by key. wrong: places of those that are no fold."""

    def __init__(self, settings: Settings, stored: Sequence[Stored]) -> None:
        flows = settings.kafka.flows
        self._partitions, self._shards = flows.partitions, flows.shards
        self._prefix = Names(settings.kafka.prefix)
        self._entries: dict[tuple[int, int], list[Stored]] = {}
        self.newest: dict[str, bytes] = {}
        self.wrong: list[str] = []
        for entry in stored:
            self._entries.setdefault((entry.partition, offset_of(entry.value)), []).append(entry)
            self.newest[(entry.key or b"").decode()] = entry.value
        self.newest = dict(sorted(self.newest.items()))

    def fold(self, flows: Sequence[Stored]) -> list[bytes]:
        """Fold the flows topic once; the state of every shard at the offset of its newest entry, by key."""
        states: dict[str, bytes] = {}
        for number in range(self._partitions):
            auditor = PartitionAuditor(number, self._shards, self._partitions, {})
            for record in flows:
                if record.partition == number:
                    auditor.apply(record.offset, record.timestamp, record.value)
                    states |= self._compared(auditor, number, record.offset)
        return [states.get(key, b"") for key in self.newest]

    def _compared(
        self, auditor: PartitionAuditor, partition: int, offset: int
    ) -> Iterator[tuple[str, bytes]]:
        """Compare the entries of an offset; the state of each by its key."""
        for entry in self._entries.pop((partition, offset), ()):
            key = (entry.key or b"").decode()
            state = auditor.checkpoint(int(key.split("/")[1]))
            if state != entry.value:
                self.wrong.append(f"{partition}/{entry.offset}: shard {key} at {offset}")
            yield key, state


def offset_of(entry: bytes) -> int:
    """The offset that a checkpoint holds (`PartitionAuditor.checkpoint`)."""
    return Timeline.unpack(orjson.loads(zlib.decompress(entry))[1]).offset


def _plain(rows: Counter[Row]) -> Iterable[bytes]:
    return sorted(repr((place, flow, count)).encode() for (place, flow), count in rows.items())


def _digest(parts: Iterable[bytes]) -> str:
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
