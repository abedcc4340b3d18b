"""Logs: one line per event on stderr, JSON off a terminal, coloured text on one.

Lines of libraries pass the same formatter. A library that repeats itself (aiokafka writes about 30 connection
errors a second while a broker is away) is held to a few lines per window; how much was held back is logged.
"""

import logging
import os
import sys
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from monitor.base.clock import Clock, SystemClock

WINDOW_SECONDS = 10.0
"""Length of the window in which repeats are counted."""

LINES_PER_WINDOW = 5
"""How often one message may be written in a window."""

_LOUD = ("aiokafka", "faust", "mode", "uvicorn")
"""Libraries whose messages count from level WARNING on."""


class Throttle(logging.Filter):
    """Lets each message of a logger out `LINES_PER_WINDOW` times per window and says how many it held back.

    Messages differ by their template or event name, not by the values that they carry.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._began = clock.monotonic()
        self._seen: dict[tuple[str, str], int] = {}
        self._held: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record goes out; the first of a window carries the number held back in the last."""
        if self._clock.monotonic() - self._began >= WINDOW_SECONDS:
            self._turn()
        place = (record.name, _template(record))
        self._seen[place] = self._seen.get(place, 0) + 1
        if self._seen[place] <= LINES_PER_WINDOW:
            record.held_back = self._held.pop(place, 0)
            return True
        return False

    def _turn(self) -> None:
        for place, count in self._seen.items():
            if count > LINES_PER_WINDOW:
                self._held[place] = self._held.get(place, 0) + count - LINES_PER_WINDOW
        self._seen.clear()
        self._began = self._clock.monotonic()


def configure(stream: TextIO | None = None, clock: Clock | None = None, level: str = "INFO") -> None:
    """Set up structlog and the logging module to write to `stream` (stderr) as this module says."""
    target = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(shared, terminal=target.isatty()))
    handler.addFilter(Throttle(clock or SystemClock()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def silence() -> None:
    """For commands that say by themselves what went wrong: whatever libraries log goes nowhere."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    structlog.configure(processors=[_dropped], logger_factory=structlog.ReturnLoggerFactory())


def logger() -> structlog.stdlib.BoundLogger:
    """The monitor's own logger."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("flowdrift")
    return bound


def _formatter(shared: list[Processor], *, terminal: bool) -> logging.Formatter:
    """JSON, one event a line (control characters escaped), or text for people.

    Tracebacks go out without local variables, which may hold secrets.
    """
    text: list[Processor] = [
        structlog.dev.ConsoleRenderer(
            colors="NO_COLOR" not in os.environ, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
    json: list[Processor] = [
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        structlog.processors.JSONRenderer(),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            _say_held_back,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *(text if terminal else json),
        ],
    )


def _dropped(_: WrappedLogger, __: str, ___: EventDict) -> EventDict:
    raise structlog.DropEvent


def _template(record: logging.LogRecord) -> str:
    """The event's name, or the message before its arguments are put in."""
    return str(record.msg["event"]) if isinstance(record.msg, dict) else str(record.msg)


def _say_held_back(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Copy `Throttle`'s number from the record of the logging module, where there is one."""
    record = event.get("_record")
    held = getattr(record, "held_back", 0)
    return {**event, "held_back": held} if held else event
