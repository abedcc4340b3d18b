"""What the HTTP API says of test runs, and takes from people about them."""

import json

import pytest
from msgspec import to_builtins

from monitor.base.units import LogTime
from monitor.drift.answer import answer
from monitor.drift.gate import RunPart
from monitor.pipeline.timeline.commands import Begin, Finish
from tests.unit.publish.bench import COMPARISONS, NIGHTLY, Bench, seen
from tests.unit.publish.records import COMPARISON, comparison_record, summary_record, tell

NOW = LogTime(1_700_000_000_500)


@pytest.fixture
def bench() -> Bench:
    """A fresh application."""
    return Bench()


def test_a_run_is_finished(bench: Bench) -> None:
    """The moment is the API's own time stamp; the answer carries the command's number."""
    seen(bench, "ci-1")
    said = bench.ask("/api/v1/runs/ci-1/finish?environment=integration", "POST")
    assert said.status_code == 202
    assert said.json() == {
        "run": "ci-1",
        "environment": "integration",
        "at_ms": 1_700_000_000_500,
        "number": 0,
    }
    assert bench.commands.written == [Finish("integration", "ci-1", NOW)]


def test_a_run_is_announced(bench: Bench) -> None:
    """Before any span of it, with its suite; from then on it may be finished, too."""
    seen(bench)
    assert bench.ask("/api/v1/runs/ci-1/begin?suite=smoke", "POST").status_code == 202
    assert bench.commands.written == [Begin("integration", "ci-1", "smoke", NOW)]
    seen(bench, announced=[["integration", "ci-1"], ["", "ci-2"]])
    assert bench.ask("/api/v1/runs/ci-1/verdict").json()["announced"] is True
    for run in ("ci-1", "ci-2"):
        assert bench.ask(f"/api/v1/runs/{run}/finish", "POST").status_code == 202


def test_no_run_ends_before_it_begins(bench: Bench) -> None:
    """404 for one that nobody has seen or announced, with what was seen; clocks may differ."""
    seen(bench)
    said = bench.ask("/api/v1/runs/x/finish", "POST")
    says = "no span of this run has arrived; 0 runs seen"
    assert (said.status_code, said.json()) == (404, {"detail": says})
    seen(bench, "ci-1", "ci-2", last=1_800_000_000_000)
    says = "no span of {} has arrived; 2 runs seen, the last is ci-2"
    assert bench.ask("/api/v1/runs/x/finish", "POST").json() == {"detail": says.format("this run")}
    assert bench.ask("/api/v1/runs/x/verdict").json()["reason"] == says.format("run x")
    assert not bench.commands.written
    assert bench.ask("/api/v1/runs/ci-2/finish", "POST").json()["at_ms"] == 1_800_000_000_001


def test_a_run_that_was_seen_elsewhere() -> None:
    """Whoever names the wrong comparison learns where it was seen."""
    bench = Bench((*COMPARISONS, NIGHTLY))
    seen(bench, "x", environment="nightly")
    says = "no span of run x has arrived; 0 runs seen. Run x was seen in nightly"
    assert bench.ask(f"/api/v1/runs/x/verdict?comparison={COMPARISON}").json()["reason"] == says


def test_a_run_where_nothing_is_compared(bench: Bench) -> None:
    """Whoever asks for a run of an environment that no comparison has gets that answer."""
    seen(bench, "x", environment="nightly")
    answer = bench.ask("/api/v1/runs/x/verdict")
    says = "this run is in nightly, which no comparison has."
    assert (answer.status_code, answer.json()) == (404, {"detail": says})


def test_the_id_of_a_run_is_spelled_as_telemetry_spells_it(bench: Bench) -> None:
    """CI systems name runs as they like: slashes, white space around it, ids of any length."""
    seen(bench, "main/7", "x" * 200)
    for raw in ("main%2F7", "%20main%2F7%20"):
        assert bench.ask(f"/api/v1/runs/{raw}/finish", "POST").json()["run"] == "main/7"
    assert bench.ask(f"/api/v1/runs/{'x' * 250}/finish", "POST").json()["run"] == "x" * 200
    assert bench.ask("/api/v1/runs/%20/begin", "POST").status_code == 422


def test_names_are_spelled_as_telemetry_spells_them(bench: Bench) -> None:
    """Of environments, suites and comparisons, too; the case of an environment does not count."""
    seen(bench, "ci-1")
    begun = bench.ask("/api/v1/runs/x/begin?environment=%20Integration%20&suite=%20smoke%0A%00", "POST")
    assert begun.json()["environment"] == "integration"
    assert bench.commands.written == [Begin("integration", "x", "smoke\ufffd\ufffd", NOW)]
    assert bench.ask(f"/api/v1/runs/ci-1/verdict?comparison=%20{COMPARISON}").status_code == 200
    for name in ("environment", "suite"):
        assert bench.ask(f"/api/v1/runs/x/begin?{name}={'x' * 801}", "POST").status_code == 422


def test_the_environment_may_be_left_out() -> None:
    """It is the one candidate that there is, or that has the run; with several, each that has it is meant."""
    one, two = Bench(), Bench((*COMPARISONS, NIGHTLY))
    seen(one, "x")
    lines = [{"environment": name, "run": "x", "last": 1} for name in ("integration", "nightly")]
    tell(two.view, "summary/0", {**summary_record(0), "runs": lines})
    assert one.ask("/api/v1/runs/x/finish", "POST").json()["environment"] == "integration"
    assert two.ask("/api/v1/runs/x/finish", "POST").json()["environment"] == ""


def test_without_a_name_the_comparison_that_is_shown_is_meant() -> None:
    """In reports and flows; of a run it is the one that has the run, and its end is said there."""
    bench = Bench((*COMPARISONS, NIGHTLY))
    tell(bench.view, "comparison/nightly", comparison_record())
    seen(bench)
    assert bench.ask("/api/v1/report").json()["comparison"]["name"] == "nightly"
    assert bench.ask("/api/v1/runs/7/begin", "POST").json()["environment"] == "nightly"
    seen(bench, "7")
    assert bench.ask("/api/v1/runs/7/verdict").json()["comparison"] == COMPARISON
    assert bench.ask("/api/v1/runs/7/finish", "POST").json()["environment"] == "integration"
    seen(bench, "7", announced=[["nightly", "7"]])
    assert bench.ask("/api/v1/runs/7/verdict").status_code == 400


def test_where_an_announced_run_runs_must_be_clear() -> None:
    """422 where nothing says which environment is meant: nobody could be alerted to its loss."""
    bench = Bench((*COMPARISONS, NIGHTLY))
    seen(bench)
    answer = bench.ask("/api/v1/runs/7/begin", "POST")
    says = "say in which environment it runs; compared are: integration, nightly"
    assert (answer.status_code, answer.json()) == (422, {"detail": says})


def test_a_run_that_cannot_be_finished(bench: Bench) -> None:
    """422 for an environment that is no candidate, 409 for a settled run, 503 without Kafka or an auditor."""
    assert bench.ask("/api/v1/runs/x/finish", "POST").status_code == 503
    assert bench.ask("/api/v1/runs/x/verdict").status_code == 503
    seen(bench, "x")
    assert bench.ask("/api/v1/runs/x/finish?environment=production", "POST").status_code == 422
    settled = {"partition": 0, "offset": 1, "environment": "integration", "run": "old", "settled": True}
    tell(bench.view, "run/integration/old", settled)
    for what in ("begin", "finish"):
        assert bench.ask(f"/api/v1/runs/old/{what}", "POST").status_code == 409
    bench.commands.reachable = False
    said = bench.ask("/api/v1/runs/x/finish", "POST")
    assert (said.status_code, said.json()) == (503, {"detail": "not connected to Kafka"})
    assert not bench.commands.written


def test_runs_are_listed(bench: Bench) -> None:
    """As the owner of partition 0 decided them."""
    record = {"partition": 0, "offset": 1, "environment": "integration", "run": "ci-1", "settled": True}
    tell(bench.view, "run/integration/ci-1", record)
    [told] = bench.ask("/api/v1/runs").json()
    assert record.items() <= told.items()


def test_the_verdict_on_a_run_is_flat(bench: Bench) -> None:
    """Open until the owner has decided; then what was decided, with the run's names, on one level."""
    seen(bench)
    said = bench.ask("/api/v1/runs/ci%2F1/verdict").json()
    assert (said["state"], said["settled"], said["environment"]) == ("unseen", False, "integration")
    seen(bench, "ci/1")
    said = bench.ask("/api/v1/runs/ci%2F1/verdict").json()
    assert (said["state"], said["reason"]) == ("open", "It goes on, or its last flows are not out.")
    part = RunPart(min_traffic=0.5, paths=1, ok=1, ran_weight=9, proven_weight=9)
    decided = json.loads(json.dumps(to_builtins(answer(part))))
    place = {"partition": 0, "offset": 1, "environment": "integration", "run": "ci/1", "suite": "nightly"}
    tell(bench.view, "run/integration/ci/1", {**place, "settled": True, "verdicts": {COMPARISON: decided}})
    said = bench.ask(f"/api/v1/runs/ci%2F1/verdict?comparison={COMPARISON}").json()
    assert decided.items() <= said.items()
    assert (said["state"], said["settled"], said["suite"]) == ("pass", True, "nightly")
    assert not any(isinstance(value, dict) for value in said.values())


def test_a_verdict_in_a_comparison_that_came_later(bench: Bench) -> None:
    """404 for one that is not configured; a run that settled before it was is no evidence for it."""
    assert bench.ask("/api/v1/runs/old/verdict?comparison=other").status_code == 404
    seen(bench)
    settled = {"partition": 0, "offset": 1, "environment": "integration", "run": "old", "settled": True}
    tell(bench.view, "run/integration/old", settled)
    said = bench.ask("/api/v1/runs/old/verdict").json()
    assert (said["state"], said["settled"]) == ("insufficient", True)
