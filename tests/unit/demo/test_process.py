"""A child process: what it prints, how it ends."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from monitor.base.errors import UnreachableError
from monitor.demo.process import ServerProcess, free_port, listening

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[IO[bytes]]:
    """A file for what the child prints."""
    with (tmp_path / "log").open("ab+") as opened:
        yield opened


def child(program: str, log: IO[bytes]) -> ServerProcess:
    """A Python program as a server."""
    return ServerProcess([sys.executable, "-c", program], log)


def test_one_that_ends_early_is_told_with_its_output(log: IO[bytes]) -> None:
    """A child that ends early gives an error with its exit code and output."""
    process = child("print('no such option'); raise SystemExit(3)", log)
    with pytest.raises(UnreachableError, match=r"(?s)ended with code 3.*no such option"):
        process.wait_ready(lambda: False, 30)


def test_one_that_never_gets_ready_is_killed(log: IO[bytes]) -> None:
    """A child that does not get ready in time is killed."""
    process = child("import time; time.sleep(60)", log)
    with pytest.raises(UnreachableError, match="is not ready"):
        process.wait_ready(lambda: False, 0)
    assert process.exit_code == -9


def test_a_stubborn_one_is_killed(log: IO[bytes]) -> None:
    """A child that ignores SIGTERM is killed."""
    process = child(STUBBORN, log)
    process.wait_ready(lambda: "up" in process.output(), 30)
    process.stop(seconds=0)
    assert process.exit_code == -9


def test_output_is_of_this_start_alone(log: IO[bytes]) -> None:
    """The output of an earlier start does not count as that of the present one."""
    first = child("print('first')", log)
    first.wait()
    second = child("print('second')", log)
    second.wait()
    assert second.output() == "second\n"


def test_a_free_port_is_free() -> None:
    """Nobody listens on a port that was found free."""
    assert not listening(free_port())
