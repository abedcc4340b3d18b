"""A server that runs as our child, on loopback, and never outlives us.

It has a process group of its own, so that the Ctrl-C of a terminal reaches us and not it, and so that
all of it ends at once. Where the system can (Linux), it also dies when we are killed.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO

from monitor.base.errors import UnreachableError

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when the thread that started it ends."""
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
OUTPUT_LIMIT = 1 << 20
"""Bytes of its output that are looked at."""
OUTPUT_TAIL = 2_000
"""Characters of its output that an error shows."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int) -> bool:
    """Whether something accepts connections on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent() -> None:
    """In the child, before it becomes the server: ask the kernel to kill it when we end."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class ServerProcess:
    """A running server; start it from a thread that lives as long as the server shall."""

    def __init__(self, command: Sequence[str], log: IO[bytes]) -> None:
        """Start `command`; what it prints goes to the end of `log`, a file open for reading and writing."""
        self._log = log
        self._from = log.seek(0, os.SEEK_END)
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.poll()

    def output(self) -> str:
        """What it printed since this start, while `log` is open; does not move the place it writes at."""
        return os.pread(self._log.fileno(), OUTPUT_LIMIT, self._from).decode(errors="replace")

    def wait_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return as soon as `ready()`; UnreachableError when it ends or `seconds` pass before.

        Whatever goes wrong, Ctrl-C too, the server is dead when this raises.
        """
        give_up = time.monotonic() + seconds
        try:
            while not ready():
                self._require_hope(give_up)
                time.sleep(0.05)
        except BaseException:
            self.kill()
            raise

    def wait(self) -> int:
        """Block until it ends by itself; its exit code."""
        return self._child.wait()

    def stop(self, seconds: float = 10) -> None:
        """Ask it to end (SIGTERM); kill what is left after `seconds`."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End all of its group at once (SIGKILL)."""
        self._signal(signal.SIGKILL)
        self._child.wait()

    def _require_hope(self, give_up: float) -> None:
        """UnreachableError with the end of its log when it ended or the time is up."""
        code = self.exit_code
        if code is not None or time.monotonic() > give_up:
            state = "is not ready" if code is None else f"ended with code {code}"
            raise UnreachableError(f"the server {state}; it said:\n{self.output()[-OUTPUT_TAIL:]}")

    def _signal(self, number: signal.Signals) -> None:
        """Tell the whole group, which may have members left after its leader ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)
