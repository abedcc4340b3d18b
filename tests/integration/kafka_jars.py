"""The jars of Apache Kafka, fetched once by Maven into build/kafka and checked against pinned SHA-256."""

import fcntl
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

HERE = Path(__file__).parent / "kafka"
CACHE = Path(__file__).parents[2] / "build" / "kafka"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
OLDEST_JAVA = 17
DOWNLOAD_SECONDS = 300


class KafkaUnavailableError(Exception):
    """This machine cannot run Apache Kafka; the message says in one line what is missing."""


def install() -> Path:
    """The directory of the verified jars; fetches them when they are not there.

    KafkaUnavailableError where java or Maven is missing or Maven reaches no repository; ValueError when a
    fetched jar is not the pinned one.
    """
    _require_java()
    jars = CACHE / "jars"
    with _alone():
        if _sums(jars) != _pinned():
            _fetch(jars)
    return jars


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: parallel test workers share the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_java() -> None:
    if shutil.which("java") is None:
        raise KafkaUnavailableError("java is not installed")
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise KafkaUnavailableError(f"java is older than {OLDEST_JAVA}")


def _fetch(jars: Path) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        fetched = Path(scratch) / "jars"
        _run_maven(fetched)
        _require_pinned(_sums(fetched))
        shutil.rmtree(jars, ignore_errors=True)
        fetched.rename(jars)


def _run_maven(target: Path) -> None:
    if shutil.which("mvn") is None:
        raise KafkaUnavailableError("mvn (Maven) is not installed")
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(HERE / "pom.xml"), COPY_JARS, *options]
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=DOWNLOAD_SECONDS)
    except subprocess.TimeoutExpired:
        raise KafkaUnavailableError(f"Maven did not fetch the jars in {DOWNLOAD_SECONDS} s") from None
    except subprocess.CalledProcessError as failed:
        first = next((line for line in failed.stdout.splitlines() if "ERROR" in line), "no reason given")
        raise KafkaUnavailableError(f"Maven could not fetch the jars: {first[:300]}") from None


def _require_pinned(fetched: dict[str, str]) -> None:
    pinned = _pinned()
    wrong = sorted(name for name in pinned.keys() | fetched.keys() if pinned.get(name) != fetched.get(name))
    if wrong:
        raise ValueError(f"these jars are not as pinned in {HERE / 'jars.sha256'}: {', '.join(wrong)}")


def _pinned() -> dict[str, str]:
    """SHA-256 by file name, in the format of `sha256sum`."""
    lines = (HERE / "jars.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def _sums(jars: Path) -> dict[str, str]:
    """SHA-256 by file name of what is there."""
    return {jar.name: _sha256(jar) for jar in jars.glob("*.jar")}


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
