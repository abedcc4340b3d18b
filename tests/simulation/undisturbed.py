"""An observer of one partition that nothing disturbs: what it finds is what everybody must find."""

from collections.abc import Iterable

from monitor.flows.flow import Flow
from monitor.kafka.observer.idle import IdleTime
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.pipeline.observe.intake import SpanDecoder
from tests.simulation.rules import Rules
from tests.simulation.stages import observer_of
from tests.simulation.topics import Log


class Undisturbed:
    """Reads a partition to its end whenever it is asked."""

    def __init__(self, log: Log, decoder: SpanDecoder, targets: int) -> None:
        self.log = log
        start = StartingPoint(0, Commit(0), fresh=False)
        self._observer = observer_of(log, decoder, Rules(), targets, start)
        self._idle = IdleTime()

    def read(self, answers: Iterable[int]) -> list[Flow]:
        """Read all that is there; the rows that come of it. answers: when the broker answered (ms)."""
        observer = self._observer
        for record in self.log.read(observer.position, self.log.end):
            observer.fold(record)
        for stamp in answers:
            if idle := self._idle.answered(stamp, empty=True):
                observer.idle(idle)
        observer.rejected.clear()
        rows: list[Flow] = []
        for target in observer._outbox._targets:
            rows += target.queue
            target.queue.clear()
        return rows

    @property
    def low(self) -> int:
        """The smallest offset still needed."""
        return self._observer.low
