"""The two stages that read source partitions, in a simulated process: the observer, and the rekey worker."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from monitor.base.clock import Clock
from monitor.flows.codec import decode, encode
from monitor.flows.record import Source
from monitor.kafka.observer.observed import HEARTBEAT_SECONDS, ObservedPartition
from monitor.kafka.observer.offsets import StartingPoint
from monitor.kafka.observer.partition import SourcePartition
from monitor.kafka.rekey.partition import HEARTBEAT_SECONDS as WORD_SECONDS
from monitor.kafka.rekey.partition import RekeyedPartition
from monitor.pipeline.observe.intake import SourceIntake, SpanDecoder
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver
from monitor.pipeline.rekey.intake import RekeyedIntake
from monitor.pipeline.rekey.pace import Pace
from monitor.pipeline.rekey.record import Encoder, RekeyedDecoder, Word
from monitor.pipeline.rekey.rekeyer import Rekeyer
from tests.simulation.network import Message
from tests.simulation.reading import SourceReader
from tests.simulation.rules import Rules
from tests.simulation.topics import Log

SETTINGS = ObserverSettings()
REKEYED = "flowdrift-rekeyed"
Begin = Callable[[Log, StartingPoint, int], SourcePartition]


def source_of(log: Log) -> Source:
    """The name of a source partition."""
    return Source("main", log.topic, "1", log.number)


def observer_of(
    log: Log, decoder: SpanDecoder, rules: Rules, targets: int, start: StartingPoint
) -> SourceObserver:
    """The observer of a partition, of a source topic or of the rekeyed one."""
    rekeyed = log.topic == REKEYED
    return SourceObserver(
        source_of(log),
        decoder,
        SETTINGS,
        start=start.position,
        targets=targets,
        fresh=start.fresh and not rekeyed,
        encoding="table",
        clock=start.clock,
        intake=_intake(start, rules) if rekeyed else None,
    )


def _intake(start: StartingPoint, rules: Rules) -> RekeyedIntake:
    intake = RekeyedIntake(start.position, RekeyedDecoder(), SETTINGS.reread_ms)
    if not rules.passes_repetitions:
        intake._is_repeated = _never  # type: ignore[method-assign]
    return intake


def _never(offset: int, word: Word, has_spans: bool) -> bool:
    return False


def observing(decoder: SpanDecoder, rules: Rules, targets: int, clock: Clock) -> Begin:
    """Builds observed partitions."""

    def begin(log: Log, start: StartingPoint, partitions: int) -> SourcePartition:
        observer = observer_of(log, decoder, rules, targets, start)
        return ObservedPartition(log.place, observer, start, clock)

    return begin


def rekeying(decoder: SpanDecoder, pace: Pace, targets: int, clock: Clock) -> Begin:
    """Builds partitions whose spans go to the rekeyed topic."""
    settings = SETTINGS.assembly

    def begin(log: Log, start: StartingPoint, partitions: int) -> SourcePartition:
        intake = SourceIntake(
            decoder,
            start=start.position,
            encoding="table",
            environment=None,
            guarded=True,
            patience_ms=settings.quiet_gap_ms,
            clock=start.clock,
        )
        rekeyer = Rekeyer(
            source_of(log),
            intake,
            Encoder(),
            partitions=partitions,
            targets=targets,
            fresh=start.fresh,
            cut_ms=settings.max_age_ms,
        )
        return RekeyedPartition(pace, log.place, rekeyer, start, clock)

    return begin


class ObservedReader(SourceReader):
    """Sends flows to the flows topic."""

    def _messages(self) -> Iterable[tuple[int, Message]]:
        partition = self.partition
        assert isinstance(partition, ObservedPartition)
        observer, beats = partition.observer, partition._beats(HEARTBEAT_SECONDS)
        for target, value in observer.outgoing(self.at_end, len(self._group.logs), beats):
            taken: Callable[[], None] = partial(observer.acknowledged, target)
            if not self._rules.waits_for_acknowledgement:
                taken()
                taken = _nothing
            said = value if self._rules.sends_before_it_says else _too_early(value, observer.position)
            yield target, Message(said, taken)

    def sizes(self) -> dict[str, int]:
        """How much it holds."""
        observer = self.partition.observer
        assert isinstance(observer, SourceObserver)
        intake = observer._intake
        assert isinstance(intake, RekeyedIntake | SourceIntake)
        places = intake._marks if isinstance(intake, RekeyedIntake) else intake._waypoints._known
        rows = sum(len(target.queue) for target in observer._outbox._targets)
        return {"fragments": observer.open_fragments, "waypoints": len(places), "rows": rows}


class RekeyReader(SourceReader):
    """Sends spans to the rekeyed topic, and says how far it is."""

    def _messages(self) -> Iterator[tuple[int, Message]]:
        partition = self.partition
        assert isinstance(partition, RekeyedPartition)
        rekeyer = partition.observer
        empty_at = partition._idle.empty_at if self.at_end else 0
        word = rekeyer.heartbeat(empty_at, len(self._group.logs))
        for target, value in rekeyer.waiting():
            yield target, Message(value, partial(rekeyer.acknowledged, target))
        if partition._beats(WORD_SECONDS):
            yield from ((target, Message(word, _nothing)) for target in range(rekeyer.targets))

    def sizes(self) -> dict[str, int]:
        """How much it holds."""
        partition = self.partition
        assert isinstance(partition, RekeyedPartition)
        return {"rows": len(partition.observer.waiting())}


def _nothing() -> None:
    """Nobody has to know."""


def _too_early(value: bytes, position: int) -> bytes:
    """The broken rule: a record says that all that was read is out."""
    record = decode(value)
    return encode(record._replace(header=record.header and record.header._replace(low=position)))
