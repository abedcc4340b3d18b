"""The daemon as operators meet it: a process with probes, metrics, signals and exit codes."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.demo.process import free_port
from monitor.publish.settings import EVERYWHERE
from monitor.telemetry.catalogue import METRICS
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.daemon import LOOPBACK, Daemon
from tests.integration.kafka_client import create_topic, write

_CANARY = "canary-7f3a91"


@pytest.fixture
def unreachable(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon whose broker does not answer, with a secret in its settings."""
    yield from without_broker(tmp_path)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Such a daemon for tests that only ask it."""
    yield from without_broker(tmp_path_factory.mktemp("asked"))


def without_broker(directory: Path) -> Iterator[Daemon]:
    """A daemon that listens and reaches no broker."""
    brokers = f"127.0.0.1:{free_port()}"
    sasl = '{"username": "me", "mechanism": "SCRAM-SHA-512"}'
    secret = {"KAFKA__AUTH__SASL": sasl, "KAFKA__AUTH__SASL__PASSWORD": _CANARY}
    with Daemon(directory, KAFKA__BROKERS=brokers, **secret) as daemon:
        daemon.until(lambda: daemon.ask("/livez")[0] == 200, "it listens")
        yield daemon


def _metrics(daemon: Daemon) -> dict[str, float]:
    """Every sample of /metrics by its name and label values."""
    families = text_string_to_metric_families(daemon.ask("/metrics")[1])
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.fault(4)
def test_without_kafka_it_lives_and_is_not_ready(unreachable: Daemon) -> None:
    """An unreachable broker restarts no pod: alive, not ready, trying again, and draining at once."""
    unreachable.until(lambda: "kafka_unreachable" in unreachable.log, "it tries to reach Kafka")
    assert unreachable.ask("/livez") == (200, "ok\n")
    status, said = unreachable.ask("/readyz?verbose")
    assert status == 503
    assert "[-]observer Kafka" in said
    code, seconds = unreachable.terminate()
    assert (code, unreachable.stdout()) == (0, b"")
    assert seconds < 10
    assert unreachable.events()[-1] == "flowdrift stopped"


def test_metrics_are_complete_without_kafka(asked: Daemon) -> None:
    """Every family of the catalogue is there from the first scrape on, and no other."""
    text = asked.ask("/metrics")[1]
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    assert families == {metric.name for metric in METRICS}
    assert len(list(text_string_to_metric_families(text))) == len(METRICS)


@pytest.mark.fault("secrets")
def test_a_secret_is_found_nowhere(unreachable: Daemon) -> None:
    """A planted password stands in no log line, no metric and no answer."""
    unreachable.until(lambda: "kafka_unreachable" in unreachable.log, "it tries to reach Kafka")
    for path in ("/metrics", "/readyz?verbose", "/api/v1/report", "/api/v1/openapi.json"):
        assert _CANARY not in unreachable.ask(path)[1]
    unreachable.terminate()
    assert _CANARY not in unreachable.log


def test_a_finish_needs_kafka(asked: Daemon) -> None:
    """Without Kafka a request to finish a run is answered by 503 with the reason."""
    status, said = asked.ask("/api/v1/runs/ci-1/finish", "POST")
    says = "no auditor has reported yet: it is starting, or Kafka is away"
    assert (status, said) == (503, f'{{"detail":"{says}"}}')


@pytest.mark.fault(34)
def test_probes_answer_on_a_listener_of_their_own(unreachable: Daemon) -> None:
    """They and /metrics, and nothing of the API."""
    answers = {path: unreachable.ask(path, port=unreachable.probes)[0] for path in ("/livez", "/readyz")}
    assert answers == {"/livez": 200, "/readyz": 503}
    assert unreachable.ask("/metrics", port=unreachable.probes)[1].startswith("# HELP flowdrift_")
    assert unreachable.ask("/api/v1/runs", port=unreachable.probes)[0] == 404


@pytest.mark.fault("administration")
def test_a_finish_needs_a_token_where_others_can_reach_it(tmp_path: Path) -> None:
    """Without one 403; with one 401 for whoever does not send it; Kafka is asked after that."""
    token_file = tmp_path / "token"
    token_file.write_text("s3cret", encoding="utf-8")
    broker = {"KAFKA__BROKERS": f"{LOOPBACK}:{free_port()}", "API__HOST": EVERYWHERE}
    finish = ("/api/v1/runs/ci-1/finish", "POST")
    with Daemon(tmp_path, **broker) as daemon:
        daemon.until(lambda: daemon.ask(*finish)[0] == 403, "it refuses, since no token is set")
    with Daemon(tmp_path, **broker, API__TOKEN_FILE=str(token_file)) as daemon:
        daemon.until(lambda: daemon.ask(*finish)[0] == 401, "it asks for the token")
        daemon.until(lambda: daemon.ask(*finish, token="s3cret")[0] == 503, "it takes the token")
        assert "s3cret" not in daemon.log


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("KAFKA__BROKRES", "a:9092", "kafka.brokres: unknown key; did you mean brokers?"),
        ("API__HOST", "192.0.2.1", "api: cannot listen on 192.0.2.1"),
        ("PROBES__HOST", "192.0.2.1", "probes: cannot listen on 192.0.2.1"),
        ("API__TOKEN_FILE", "not/there", "api.token_file: not/there: No such file or directory"),
        (
            "KAFKA__AUTH__SASL",
            "{username: me, password_file: not/there}",
            "kafka.auth.sasl.password_file: not/there: No such file or directory",
        ),
        ("KAFKA__TLS", "{enabled: true, ca_file: not/there}", "kafka.tls: No such file or directory"),
    ],
)
def test_a_wrong_configuration_ends_it(tmp_path: Path, setting: str, value: str, said: str) -> None:
    """A wrong configuration ends the daemon with exit code 78 and the path of the setting."""
    with Daemon(tmp_path, **{setting: value}) as daemon:
        assert daemon.wait() == 78
        assert said in daemon.log


@pytest.mark.fault(22)
def test_a_second_signal_ends_it_at_once() -> None:
    """A second signal ends the daemon at once, without waiting for the drain."""
    program = (
        "import asyncio, signal\n"
        "from monitor.service.process import _stop\n"
        "stop = asyncio.Event()\n"
        "_stop(stop, signal.SIGTERM)\n"
        "assert stop.is_set()\n"
        "_stop(stop, signal.SIGTERM)\n"
        "raise SystemExit('still here')\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 128 + 15


def _settings(broker: str, prefix: str) -> dict[str, str]:
    """Settings for topics of this test's own, small and read from their beginning."""
    return {
        "KAFKA__BROKERS": broker,
        "KAFKA__PREFIX": prefix,
        "KAFKA__TRACES__TOPICS": f"{prefix}-spans",
        "KAFKA__INITIAL_OFFSET": "earliest",
        "KAFKA__FLOWS": '{"partitions": 2, "shards": 4}',
        "ASSEMBLY__QUIET_GAP": "1s",
        # Named, so that it is shown before anything is seen.
        "COMPARISONS": "[{name: c, reference: production, candidate: integration}]",
    }


@pytest.mark.fault(22)
def test_with_kafka_it_serves_and_drains(kafka: str, tmp_path: Path) -> None:
    """Ready, counting what it cannot decode, finishing runs; SIGTERM ends it in order within 10 s."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    asyncio.run(create_topic(kafka, f"{prefix}-spans"))
    asyncio.run(write(kafka, f"{prefix}-spans", b"no spans at all", b"nor here"))
    with Daemon(tmp_path, **_settings(kafka, prefix)) as daemon:
        daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
        rejected = "flowdrift_monitor_rejected_total malformed"
        daemon.until(lambda: _metrics(daemon).get(rejected) == 2, "it counted what it rejected")
        assert _metrics(daemon)["flowdrift_monitor_records_total"] == 2
        daemon.until(lambda: daemon.ask("/api/v1/report")[0] == 200, "the owner has spoken")
        assert daemon.ask("/api/v1/runs/ci-1/finish", "POST")[0] == 404
        assert daemon.ask("/api/v1/runs/ci-1/begin", "POST")[0] == 202
        code, seconds = daemon.terminate()
        assert code == 0, daemon.log
        assert seconds < 10, daemon.log
        assert daemon.events()[-1] == "flowdrift stopped"


@pytest.mark.fault(3, 7, 22)
def test_an_outage_restarts_nothing(fresh_kafka: ApacheKafka, tmp_path: Path) -> None:
    """The broker dies under it: it lives on, and SIGTERM ends it with exit 0 within 20 s all the same."""
    broker, prefix = fresh_kafka.bootstrap, f"t{uuid.uuid4().hex[:12]}"
    asyncio.run(create_topic(broker, f"{prefix}-spans"))
    with Daemon(tmp_path, **_settings(broker, prefix)) as daemon:
        daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
        fresh_kafka.kill()
        daemon.until(lambda: "Connect call failed" in daemon.log, "it notices")
        assert daemon.ask("/livez")[0] == 200
        code, seconds = daemon.terminate()
        assert code == 0, daemon.log
        assert seconds < 20, daemon.log


def test_a_newer_record_is_named_to_operators(kafka: str, tmp_path: Path) -> None:
    """Probe, log and metrics say which partition waits for an upgrade; the process lives on and drains."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    asyncio.run(create_topic(kafka, f"{prefix}-spans"))
    with Daemon(tmp_path, **_settings(kafka, prefix)) as daemon:
        daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
        asyncio.run(write(kafka, f"{prefix}-flows", b'{"v": 99, "rows": []}'))
        daemon.until(lambda: daemon.ask("/readyz")[0] == 503, "it is not ready any more")
        assert (
            f"[-]auditor partition 0 of {prefix}-flows: record format 99 at offset"
            in daemon.ask("/readyz?verbose")[1]
        )
        assert _metrics(daemon)["flowdrift_monitor_stopped_partitions"] == 1
        assert daemon.ask("/livez")[0] == 200
        assert daemon.terminate()[0] == 0, daemon.log
        assert daemon.events().count("partition_stopped") == 1
