"""Logs: one event a line, bounded, without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from monitor.base.clock import ManualClock
from monitor.telemetry import logs


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave the logging module as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.fault("injection")
def test_an_event_is_one_line_of_json() -> None:
    """Foreign text cannot begin a line of its own, nor can a surrogate break the stream."""
    stream = io.StringIO()
    logs.configure(stream, ManualClock())
    logs.logger().warning("told", topic='x\n{"event":"forged"}\x1b[31m\ud800')
    (line,) = _lines(stream)
    assert line["event"] == "told"
    assert line["level"] == "warning"
    assert line["topic"].startswith("x\n{")
    assert "\x1b" not in stream.getvalue()


def test_libraries_pass_the_same_formatter() -> None:
    """What uvicorn and aiokafka log is JSON, too."""
    stream = io.StringIO()
    logs.configure(stream, ManualClock())
    logging.getLogger("aiokafka.conn").warning("lost %s", "a:9092")
    logging.getLogger("aiokafka.conn").info("chatter")
    (line,) = _lines(stream)
    assert (line["event"], line["logger"]) == ("lost a:9092", "aiokafka.conn")


def test_a_terminal_gets_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a person reads: no JSON, and no colour with NO_COLOR."""
    monkeypatch.setenv("NO_COLOR", "1")
    stream = _Terminal()
    logs.configure(stream, ManualClock())
    logs.logger().info("told", number=7)
    assert "number=7" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.fault("secrets")
@pytest.mark.parametrize("stream", [io.StringIO(), _Terminal()], ids=["json", "text"])
def test_tracebacks_show_no_local_variables(stream: io.StringIO) -> None:
    """A secret in a local variable of a failing function stays there."""
    logs.configure(stream, ManualClock())
    try:
        _fails("canary" + "-7f3a")
    except ValueError:
        logs.logger().exception("failed")
    assert "_fails" in stream.getvalue()
    assert "canary-7f3a" not in stream.getvalue()


def _fails(password: str) -> None:
    raise ValueError(f"wrong length: {len(password)}")


def test_repeats_are_held_back_and_told() -> None:
    """30 connection errors a second become a few lines per window, and the next says how many there were."""
    stream, clock = io.StringIO(), ManualClock()
    logs.configure(stream, clock)
    for port in range(100):
        logging.getLogger("aiokafka.conn").warning("no answer from %s", port)
        logs.logger().warning("other")
    assert len(_lines(stream)) == 2 * logs.LINES_PER_WINDOW
    clock.advance(logs.WINDOW_SECONDS)
    logging.getLogger("aiokafka.conn").warning("no answer from %s", 7)
    assert _lines(stream)[-1]["held_back"] == 100 - logs.LINES_PER_WINDOW
