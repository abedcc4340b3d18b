"""`flowdrift demo` as a person sees it: a drift with its reason in time, and nothing left after Ctrl-C."""

import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FIRST_DRIFT_SECONDS = 90
"""Promised from the start of the demo to the first drift."""
END_SECONDS = 25
DEMO = ("-c", "from monitor.cli import main; main()", "demo", "--port", "0")
DRIFT = r"\n\[ *(\d+) s\]   >>> DRIFT +([^[]*)\n\["
"""A drift as it is printed, in some lines, up to what comes next."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


@contextmanager
def demo() -> Iterator[subprocess.Popen[str]]:
    """A running demo, which prints what it tells; killed at the end where it still runs."""
    with subprocess.Popen([sys.executable, *DEMO], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told_until(process: subprocess.Popen[str], pattern: str) -> str:
    """What it prints up to the line that ends `pattern`; up to its end where that never comes in time."""
    assert process.stdout is not None
    timer = threading.Timer(FIRST_DRIFT_SECONDS + END_SECONDS, process.kill)
    timer.start()
    told = ""
    while not re.search(pattern, told) and (line := process.stdout.readline()):
        told += line
    timer.cancel()
    return told


def children(pid: int) -> list[int]:
    """Ids of the processes that all threads of `pid` have started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def ask(url: str) -> str:
    """The body of a page of the daemon."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http on loopback
        body: bytes = answer.read()
    return body.decode()


def test_the_first_drift_is_told_in_time_and_nothing_is_left() -> None:
    """Within 90 s the mocked payment provider is a drift; the pages answer; Ctrl-C ends every process."""
    with demo() as process:
        story = told_until(process, DRIFT)
        (seconds, drift) = re.findall(DRIFT, story)[0]
        assert int(seconds) <= FIRST_DRIFT_SECONDS
        assert "POST /checkout" in drift
        assert "POST /v1/charges" in drift
        assert "The tests moved (with run build-" in " ".join(drift.split())
        assert re.search(r"FLOWDRIFT_KAFKA__BROKERS=127\.0\.0\.1:\d+ flowdrift inspect", story)
        (report, metrics) = (re.search(rf"http://\S+{path}", story) for path in ("/report", "/metrics"))
        assert report is not None
        assert metrics is not None
        assert '"state":"drift"' in ask(report[0]).replace(" ", "")
        assert "flowdrift_drift_state" in ask(metrics[0])
        brokers = children(process.pid)
        assert len(brokers) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(END_SECONDS) == 0
    with suppress(FileNotFoundError):
        assert not Path(f"/proc/{brokers[0]}/cmdline").read_bytes()
