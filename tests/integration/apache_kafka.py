"""A real Apache Kafka on loopback, one node, for tests and for development (`make kafka`)."""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

from monitor.demo.process import ServerProcess, free_port
from tests.integration.kafka_jars import HERE, KafkaUnavailableError, install

CLUSTER_ID = "Zmxvd2RyaWZ0LWthZmthcw"
STARTED = "Kafka Server started"
START_SECONDS = 60
HEAP = "-Xmx512m"
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
)


class ApacheKafka:
    """One node whose data lies in `directory`: it survives stop, kill and restart, at the same address.

    Its methods block (start: 3 to 10 s); in a coroutine call them with `asyncio.to_thread`, except
    `start` and `restart`: the server dies with the thread that started it.
    """

    def __init__(self, directory: Path, port: int = 0) -> None:
        """Nothing runs yet; `port` 0 takes a free one. `directory` is made when missing."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._config = directory / "server.properties"
        self._port = port or free_port()
        self._process: ServerProcess | None = None
        self._log: IO[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Serve, then return; KafkaUnavailableError where it cannot run, UnreachableError when it fails."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Begin to start: a node of several serves only when others do. `wait_ready` must follow."""
        classpath = f"{install()}/*"
        if not self._config.exists():
            self._format(classpath)
        java = ["java", HEAP, "-XX:+UseSerialGC", *LOGGING, "-cp", classpath]
        self._log = (self._directory / "log").open("ab+")
        self._process = ServerProcess([*java, "kafka.Kafka", str(self._config)], self._log)

    def wait_ready(self) -> None:
        """Return when it serves; UnreachableError, and nothing runs, when it fails."""
        process, self._process = self._process, None
        if process is not None and self._log is not None:
            with self._log:
                process.wait_ready(lambda: STARTED in process.output(), START_SECONDS)
        self._process = process

    def stop(self) -> None:
        """Shut it down in order (SIGTERM); killed after 20 s. Nothing happens when it does not run."""
        if self._process is not None:
            self._process.stop(20)
            self._process = None

    def kill(self) -> None:
        """End it as a crash does (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        """Stop it where it runs, and start it on the same data at the same address."""
        self.stop()
        self.start()

    def wait(self) -> int:
        """Block until it ends by itself; its exit code."""
        return self._process.wait() if self._process is not None else 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _properties(self, controller_port: int) -> str:
        template = (HERE / "server.properties").read_text()
        return template.format(port=self._port, controller_port=controller_port, directory=self._directory)

    def _format(self, classpath: str, *arguments: str) -> None:
        self._config.write_text(self._properties(free_port()))
        tool = ["java", *LOGGING, "-cp", classpath, "kafka.tools.StorageTool", "format"]
        done = subprocess.run(
            [*tool, "--cluster-id", CLUSTER_ID, "--config", str(self._config), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            self._config.unlink()
            raise RuntimeError(f"Kafka's data could not be formatted:\n{done.stderr[-2000:]}")


def main() -> int:
    """Run one until Ctrl-C, with data that is thrown away at the end."""
    parser = argparse.ArgumentParser(prog="make kafka", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, _leave)
    directory = Path(tempfile.mkdtemp(prefix="flowdrift-kafka-"))
    try:
        with ApacheKafka(directory, port) as kafka:
            print(kafka.bootstrap, flush=True)
            print("Apache Kafka runs; Ctrl-C ends it and throws its data away.", file=sys.stderr)
            return kafka.wait()
    except KeyboardInterrupt:
        return 0
    except KafkaUnavailableError as missing:
        print(f"Apache Kafka cannot run here: {missing}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _leave(*_: object) -> NoReturn:
    """SIGTERM ends it as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
