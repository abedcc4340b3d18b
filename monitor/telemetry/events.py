"""What can happen to the monitor, named once; telling an event writes its log line and counts its metric."""

from collections import Counter
from enum import StrEnum
from typing import NamedTuple, Protocol

from monitor.telemetry.catalogue import BY_NAME

Labels = tuple[tuple[str, str], ...]
"""Label names with their values, in the order of the catalogue."""


class Level(StrEnum):
    """How loud an event is, by the names of the logging module."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Event(NamedTuple):
    """A kind of event; `metric` is counted with it, its labels are fields of the same names."""

    name: str
    level: Level
    metric: str | None = None


STARTED = Event("flowdrift started", Level.INFO)
READY = Event("flowdrift ready", Level.INFO)
DRAINING = Event("flowdrift draining", Level.INFO)
STOPPED = Event("flowdrift stopped", Level.INFO)
STUCK = Event("role makes no progress and is rebuilt", Level.ERROR)
GAVE_UP = Event("role cannot be kept running", Level.ERROR)
CRASHED = Event("role failed and is rebuilt", Level.ERROR)
OVERDUE = Event("role did not stop in time", Level.WARNING)
MISCONFIGURED = Event("configuration is wrong", Level.ERROR)
RECORD_REJECTED = Event("record could not be decoded", Level.WARNING, "flowdrift_monitor_rejected_total")
HINT = Event("telemetry suggests a setting", Level.WARNING)
ALERT = Event("drift detected", Level.WARNING, "flowdrift_alerts_total")
TELEMETRY_LOST = Event("test telemetry lost", Level.WARNING, "flowdrift_alerts_total")

EVENTS = (
    STARTED,
    READY,
    DRAINING,
    STOPPED,
    STUCK,
    GAVE_UP,
    CRASHED,
    OVERDUE,
    MISCONFIGURED,
    RECORD_REJECTED,
    HINT,
    ALERT,
    TELEMETRY_LOST,
)
"""All of them."""


class Log(Protocol):
    """What the reporter needs of a logger: structlog's bound loggers have it."""

    def info(self, event: str, **fields: object) -> object:
        """Write a line of level info."""

    def warning(self, event: str, **fields: object) -> object:
        """Write a line of level warning."""

    def error(self, event: str, **fields: object) -> object:
        """Write a line of level error."""


class Reporter:
    """Reports events: one line of log each, and `counts` by (metric, labels) since the process began."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.counts: Counter[tuple[str, Labels]] = Counter()

    def report(self, event: Event, count: int = 1, **fields: object) -> None:
        """Log `event` with `fields`, add `count` to its metric; a label without its field is a KeyError."""
        if event.metric is not None:
            labels = tuple((label, str(fields[label])) for label in BY_NAME[event.metric].labels)
            self.counts[event.metric, labels] += count
        line = fields if count == 1 else {**fields, "count": count}
        if event.level is Level.INFO:
            self._log.info(event.name, **line)
        elif event.level is Level.WARNING:
            self._log.warning(event.name, **line)
        else:
            self._log.error(event.name, **line)
