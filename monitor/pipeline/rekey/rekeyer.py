"""The rekey stage's fold of one source partition: records in, records of the rekeyed topic out.

`fold` each record in order, `idle` for each fetch that was answered empty, send what is `waiting`, then a
`heartbeat`; say what was `acknowledged`; commit `committable`. What goes to one target goes in the order
of the source, so that a target which has a record of a source offset has all below it. A worker that starts
again at the committed offset sends some records again, and readers pass repetitions by their source offset
(`intake`): no state has to survive.
"""

from typing import NamedTuple
from zlib import crc32

from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.defects import DEFECT, defect
from monitor.pipeline.observe.intake import Read, SourceIntake
from monitor.pipeline.observe.outbox import MAX_BYTES, Outgoing
from monitor.pipeline.observe.partition_fold import PartitionFold
from monitor.pipeline.observe.records import TOO_LARGE
from monitor.pipeline.rekey.record import Encoder, Rekeyed, Word
from monitor.wire.span import Span, trace_key


class _Queued(NamedTuple):
    """A record that waits for its acknowledgement; offset: of its source record."""

    offset: int
    value: bytes


class Rekeyer(PartitionFold):
    """Folds one source partition.

    partitions: of the source topic. targets: those of the rekeyed topic. cut_ms: where `fresh`, what lies
    before the first record was never read, and may belong to traces seen within this log time after it.
    Spans of a record go to the target that the key of their trace names (`wire.span.trace_key`).
    """

    def __init__(
        self,
        source: Source,
        intake: SourceIntake,
        encoder: Encoder,
        *,
        partitions: int,
        targets: int,
        fresh: bool,
        cut_ms: int,
    ) -> None:
        super().__init__(intake)
        self.source = source
        self.made = 0
        self._encoder, self._clocked = encoder, intake
        self._queues: list[list[_Queued]] = [[] for _ in range(targets)]
        self._partitions = partitions
        self._fresh, self._cut_ms = fresh, cut_ms
        self._cut_until: int | None = None
        self._spans = 0

    @property
    def targets(self) -> int:
        """How many targets there are."""
        return len(self._queues)

    @property
    def reached(self) -> LogTime | None:
        """Log time of the newest record, without the idle time since; None before the first."""
        return self._clocked.reached

    @property
    def low(self) -> int:
        """The smallest offset still needed: of records not acknowledged, rejected or held back."""
        waiting = (queue[0].offset for queue in self._queues if queue)
        return min((self._intake.standing.low, *waiting, *(each.offset for each in self.rejected)))

    @property
    def committable(self) -> int | None:
        """The offset to commit: all targets have what lies below it."""
        return self.low

    @property
    def tallies(self) -> dict[str, int]:
        """What was counted since this began."""
        return {"spans": self._spans, **self._intake.tallies}

    def waiting(self) -> list[Outgoing]:
        """Records to send, in order for each target; one that is not acknowledged comes again."""
        queues = enumerate(self._queues)
        return [Outgoing(target, each.value) for target, queue in queues for each in queue]

    def heartbeat(self, empty_at: int, partitions: int) -> bytes:
        """A word for a target that has taken all that is waiting now.

        empty_at: a time (ms) as of which nothing was left to read; 0: something was. partitions: of the
        source topic.
        """
        self._partitions = partitions
        log_time, low = self.log_time or LogTime(0), self._intake.standing.low
        is_held = low < self.position
        word = Word(self.source, partitions, low, 0, log_time, 0 if is_held else empty_at)
        return self._encoder.encode(Rekeyed(word, []))

    def acknowledged(self, target: int) -> None:
        """The rekeyed topic took the first record that waits for `target`."""
        self._queues[target].pop(0)

    def too_large(self, target: int) -> None:
        """The rekeyed topic refuses the first record that waits for `target`, for its size."""
        refused = self._queues[target].pop(0)
        message = f"a record of {len(refused.value):,} bytes is larger than the rekeyed topic takes"
        self._intake.reject(refused.offset, TOO_LARGE, message)

    def _fold(self, reads: list[Read]) -> Steps[None]:
        for read in reads:
            yield from self._queue(read)
            yield

    def _queue(self, read: Read) -> Steps[None]:
        """Queue the spans of one source record, each at the target of its trace."""
        by_target: dict[int, list[Span]] = {}
        for span in read.spans:
            by_target.setdefault(target_of(span.trace_id, len(self._queues)), []).append(span)
        try:
            values = {}
            for target, spans in by_target.items():
                values[target] = yield from self._values(read, spans)
        except Exception as error:  # noqa: BLE001 - nothing has changed yet
            self._intake.reject(read.offset, DEFECT, defect(error))
            return
        self._spans += len(read.spans)
        for target, encoded in values.items():
            self.made += len(encoded)
            self._queues[target] += [_Queued(read.offset, value) for value in encoded]

    def _values(self, read: Read, spans: list[Span]) -> Steps[list[bytes]]:
        """The records for one target: one, or several parts where that is too large."""
        word = Word(
            self.source, self._partitions, read.offset, 0, read.moment.log_time, cut=self._is_cut(read)
        )
        portions, values = [spans], list[bytes]()
        while portions:
            portion = portions.pop()
            value = yield from self._encoder.encoding(Rekeyed(word._replace(part=len(values)), portion))
            if len(value) > MAX_BYTES and len(portion) > 1:
                middle = len(portion) // 2
                portions += [portion[middle:], portion[:middle]]
            else:
                values.append(value)
        return values

    def _is_cut(self, read: Read) -> bool:
        if self._fresh and self._cut_until is None:
            self._cut_until = read.moment.age + self._cut_ms
        return self._cut_until is not None and read.moment.age < self._cut_until


def target_of(trace_id: bytes, targets: int) -> int:
    """The partition of the rekeyed topic for a trace, by what all of its ids have in common."""
    return crc32(trace_key(trace_id)) % targets
