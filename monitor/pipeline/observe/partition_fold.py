"""What folds the records of one partition as its intake reads them, at once or step by step."""

from abc import ABC, abstractmethod
from collections import deque

from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.pipeline.observe.intake import Intake, Read
from monitor.pipeline.observe.records import Rejection, SourceRecord
from monitor.pipeline.observe.waypoints import Waypoint


class PartitionFold(ABC):
    """The observer of a partition, or the worker of the rekey stage: what both say of their `intake`."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    @property
    def position(self) -> int:
        """The offset of the next record to fold."""
        return self._intake.position

    @property
    def rejected(self) -> list[Rejection]:
        """What gave no spans, or could not be folded; the caller takes out what it has reported."""
        return self._intake.rejected

    @property
    def log_time(self) -> LogTime | None:
        """Log time in ms, with idle time; None before the first records are decided."""
        return self._intake.standing.log_time

    def fold(self, record: SourceRecord) -> None:
        """Take the next record. Some may be held back until log time is decided."""
        deque(self.folding(record), maxlen=0)

    def folding(self, record: SourceRecord) -> Steps[None]:
        """The same step by step."""
        self._intake.begin()
        yield from self._fold((yield from self._intake.take(record)))
        self._intake.done()

    def idle(self, milliseconds: int) -> None:
        """A fetch was answered without a record, so long after the answer before it (at most 1 s counts)."""
        deque(self.idling(milliseconds), maxlen=0)

    def idling(self, milliseconds: int) -> Steps[None]:
        """The same step by step."""
        self._intake.begin()
        yield from self._fold(self._intake.idle(milliseconds))
        yield from self._age()
        self._intake.done()

    def reread(self, low: int) -> Waypoint | None:
        """Where a restart has to read again if it begins at `low`, which never falls; None: not known yet."""
        return self._intake.reread(low)

    @abstractmethod
    def _fold(self, reads: list[Read]) -> Steps[None]:
        """Fold what was read."""

    def _age(self) -> Steps[None]:
        """Do what is due because idle time has passed."""
        yield from ()
