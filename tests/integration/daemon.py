"""The daemon as a real process of its own, asked over HTTP like any other."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.demo.process import free_port

LOOPBACK = "127.0.0.1"
LIMIT_SECONDS = 120.0
LOOK_SECONDS = 0.1


class Daemon:
    """`flowdrift run` with these arguments and FLOWDRIFT_* settings; killed at the end if it still runs."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.port, self.probes = free_port(), free_port()
        self._log = folder / "daemon.log"
        listening = {"API__PORT": str(self.port), "PROBES__PORT": str(self.probes)}
        own = {"API__HOST": LOOPBACK, "PROBES__HOST": LOOPBACK, **listening, **settings}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDRIFT_")}
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "monitor", "run", *arguments],
                env={**clean, **{f"FLOWDRIFT_{name}": value for name, value in own.items()}},
                stdout=subprocess.PIPE,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """Everything that it wrote to stderr."""
        return self._log.read_text(encoding="utf-8")

    def ask(
        self, path: str, method: str = "GET", *, port: int | None = None, token: str = ""
    ) -> tuple[int, str]:
        """Status and text of an answer, of the API unless a port is named; status 0 while nobody listens."""
        request = urllib.request.Request(f"http://{LOOPBACK}:{port or self.port}{path}", method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until `holds()`; an AssertionError with the log when it ends or the time is up before."""
        give_up = time.monotonic() + LIMIT_SECONDS
        while not holds():
            assert self._child.poll() is None, f"ended before: {what}\n{self.log}"
            assert time.monotonic() < give_up, f"not in time: {what}\n{self.log}"
            time.sleep(LOOK_SECONDS)

    def terminate(self) -> tuple[int, float]:
        """SIGTERM; its exit code, and how many seconds that took."""
        began = time.monotonic()
        self._child.send_signal(signal.SIGTERM)
        return self.wait(), time.monotonic() - began

    @property
    def pid(self) -> int:
        """Its number."""
        return self._child.pid

    def kill(self) -> None:
        """End it as a crash does."""
        self._child.kill()
        self._child.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self._child.wait(LIMIT_SECONDS)

    def events(self) -> list[str]:
        """Names of the events in its log, each line of which is JSON."""
        return [json.loads(line)["event"] for line in self.log.splitlines()]

    def stdout(self) -> bytes:
        """What it wrote to stdout, once it has ended."""
        return self._child.stdout.read() if self._child.stdout else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
