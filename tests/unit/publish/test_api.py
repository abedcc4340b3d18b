"""The HTTP API, without a socket."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.base.clock import ManualClock
from monitor.base.errors import UnreachableError
from monitor.drift.gate import RunPart, run_verdict
from monitor.drift.policy import Comparison
from monitor.drift.report import build_report
from monitor.publish.api import Context, create_app
from monitor.publish.exposition import Exposition
from monitor.publish.guards import MAX_BODY_BYTES
from monitor.publish.view import View
from tests.unit.publish.records import (
    COMPARISON,
    comparison_record,
    flow_record,
    summary_record,
    tell,
    verdict,
)

_COMPARISONS = (Comparison(name=COMPARISON, reference="production", candidate="integration"),)
_NIGHTLY = Comparison(name="nightly", reference="production", candidate="nightly")


class _Health:
    def __init__(self) -> None:
        self.beating = True
        self.parts: dict[str, str] = {"observer": "", "auditor": ""}

    def alive(self) -> bool:
        return self.beating

    def waiting_for(self) -> Mapping[str, str]:
        return self.parts


class _Commands:
    def __init__(self) -> None:
        self.finished: list[tuple[str, str, int]] = []
        self.reachable = True

    async def finish(self, run: str, environment: str, at_ms: int) -> int:
        if not self.reachable:
            raise UnreachableError("not connected to Kafka")
        self.finished.append((run, environment, at_ms))
        return len(self.finished) - 1


class _Bench:
    """An application and everything that it reads."""

    def __init__(self, comparisons: tuple[Comparison, ...] = _COMPARISONS, *, api: bool = True) -> None:
        self.view, self.health, self.commands = View(), _Health(), _Commands()
        clock = ManualClock(1_700_000_000.5)
        context = Context(self.view, comparisons, Exposition([], clock), self.health, self.commands, clock)
        self._app = create_app(context, api=api)

    def ask(self, path: str, method: str = "GET", **arguments: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://flowdrift") as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(answer())


@pytest.fixture
def bench() -> _Bench:
    """A fresh application."""
    return _Bench()


def test_livez_is_the_loop_alone(bench: _Bench) -> None:
    """Parts that wait for Kafka do not restart a pod; a dead loop does."""
    bench.health.parts["observer"] = "Kafka"
    assert bench.ask("/livez").status_code == 200
    bench.health.beating = False
    assert bench.ask("/livez").status_code == 503


def test_readyz_names_what_is_missing(bench: _Bench) -> None:
    """503 until every part is ready; with `?verbose` each part on a line of its own."""
    assert (bench.ask("/readyz").status_code, bench.ask("/readyz").text) == (200, "ok\n")
    bench.health.parts["observer"] = "Kafka: assignment"
    assert bench.ask("/readyz").status_code == 503
    assert bench.ask("/readyz?verbose").text == "[+]auditor ok\n[-]observer Kafka: assignment\nnot ready\n"


def test_readyz_names_what_nothing_is_compared_with(bench: _Bench) -> None:
    """With `?verbose`, and the line to paste; it does not make the process less ready."""
    strangers = {"qa": ["of qa", "environments: {qa: {}}"]}
    tell(bench.view, "summary/0", {**summary_record(0, qa=3), "strangers": strangers})
    bench.health.parts = {}
    said = "[!]environment qa: 3 flows of qa are compared with nothing. Set environments: {qa: {}}\n"
    assert (bench.ask("/readyz").text, bench.ask("/readyz?verbose").text) == ("ok\n", f"{said}ok\n")


def test_metrics_are_readable(bench: _Bench) -> None:
    """The media type and the text are those of Prometheus."""
    answer = bench.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert list(text_string_to_metric_families(answer.text))


def test_the_report_is_that_of_replay(bench: _Bench) -> None:
    """The answer equals what `build_report` makes of the same records, field by field."""
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record(units=5))
    drifted = verdict("shop GET /a", state="drift", effect=1.0, onset=1_700_000_000_000)
    tell(bench.view, f"flow/{COMPARISON}/shop\tGET /a", flow_record("shop GET /a", drifted))
    expected = build_report(bench.view.records, COMPARISON).model_dump(mode="json")
    assert bench.ask("/api/v1/report").json() == expected
    assert bench.ask(f"/api/v1/report?comparison={COMPARISON}").json() == expected
    assert expected["verdicts"][0]["onset"] == "2023-11-14T22:13:20.000Z"


def test_a_report_that_is_not_there(bench: _Bench) -> None:
    """404 for a comparison that is not configured, 503 for one of which nothing is known yet, and why."""
    assert bench.ask("/api/v1/report?comparison=other").status_code == 404
    tell(bench.view, "summary/0", {**summary_record(0, qa=3), "strangers": {"qa": ["of qa", "this."]}})
    answer = bench.ask("/api/v1/report")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    arrived = "Flows of qa have arrived. 3 flows of qa are compared with nothing. Set this."
    assert answer.json()["detail"] == f"nothing is known of comparison '{COMPARISON}' yet. {arrived}"


def test_without_a_name_the_comparison_that_is_shown_is_meant() -> None:
    """In reports and flows; of a run it is the one that has the run, and its end is said there."""
    bench = _Bench((*_COMPARISONS, _NIGHTLY))
    tell(bench.view, "comparison/nightly", comparison_record())
    assert bench.ask("/api/v1/report").json()["comparison"]["name"] == "nightly"
    lines = [{"environment": environment, "run": "7"} for environment in ("integration", "nightly")]
    tell(bench.view, "summary/0", {**summary_record(0), "runs": lines[:1]})
    assert bench.ask("/api/v1/runs/7/verdict").json()["comparison"] == COMPARISON
    assert bench.ask("/api/v1/runs/7/finish", "POST").json()["environment"] == "integration"
    tell(bench.view, "summary/0", {**summary_record(0), "runs": lines})
    assert bench.ask("/api/v1/runs/7/verdict").status_code == 400


def test_flows_are_listed_by_traffic(bench: _Bench) -> None:
    """One line per flow, the worst state per dimension."""
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record())
    tell(bench.view, f"flow/{COMPARISON}/a", flow_record("a", verdict("a"), weight=1))
    worse = [verdict("b", state="suspect"), verdict("b"), verdict("b", dimension="coverage")]
    tell(bench.view, f"flow/{COMPARISON}/b", flow_record("b", *worse, weight=9))
    first, second = bench.ask("/api/v1/flows").json()
    assert first["flow"] == "b"
    assert first["states"] == {"structure": "suspect", "coverage": "ok"}
    assert second == {
        "flow": "a",
        "states": {"structure": "ok"},
        "reference_traces": 1 / 1024,
        "candidate_units": 5,
    }


def test_flows_without_tests_are_listed_with_their_state(bench: _Bench) -> None:
    """A verdict that stands in the comparison's own record belongs to its flow, as in the report."""
    tell(bench.view, f"flow/{COMPARISON}/a", flow_record("a"))
    untested = verdict("a", dimension="coverage", state="suspect")
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record(untested))
    assert bench.ask("/api/v1/flows").json()[0]["states"] == {"coverage": "suspect"}


def test_a_run_id_may_hold_slashes(bench: _Bench) -> None:
    """As those of pipelines do."""
    answer = bench.ask("/api/v1/runs/org%2Frepo%2F1/finish?environment=integration", "POST")
    assert answer.json()["run"] == "org/repo/1"


def test_a_run_is_finished(bench: _Bench) -> None:
    """The moment is the API's own time stamp; the answer carries the command's number."""
    answer = bench.ask("/api/v1/runs/ci-1/finish?environment=integration", "POST")
    assert answer.status_code == 202
    assert answer.json() == {
        "run": "ci-1",
        "environment": "integration",
        "at_ms": 1_700_000_000_500,
        "number": 0,
    }
    assert bench.commands.finished == [("ci-1", "integration", 1_700_000_000_500)]


def test_the_id_of_a_run_may_hold_a_slash(bench: _Bench) -> None:
    """CI systems name runs as they like."""
    assert bench.ask("/api/v1/runs/main%2F7/finish", "POST").json()["run"] == "main/7"


def test_the_environment_may_be_left_out() -> None:
    """With one candidate it is that; with several the run is finished wherever it was seen."""
    one, two = _Bench(), _Bench((*_COMPARISONS, _NIGHTLY))
    assert one.ask("/api/v1/runs/x/finish", "POST").json()["environment"] == "integration"
    assert two.ask("/api/v1/runs/x/finish", "POST").json()["environment"] == ""


def test_a_run_that_cannot_be_finished(bench: _Bench) -> None:
    """404 for an environment that is no candidate, 409 for a settled run, 503 without Kafka."""
    assert bench.ask("/api/v1/runs/x/finish?environment=production", "POST").status_code == 404
    settled = {"partition": 0, "offset": 1, "environment": "integration", "run": "old", "settled": True}
    tell(bench.view, "run/integration/old", settled)
    assert bench.ask("/api/v1/runs/old/finish", "POST").status_code == 409
    bench.commands.reachable = False
    answer = bench.ask("/api/v1/runs/x/finish", "POST")
    assert (answer.status_code, answer.json()) == (503, {"detail": "not connected to Kafka"})
    assert not bench.commands.finished


def test_runs_are_listed(bench: _Bench) -> None:
    """As the owner of partition 0 decided them."""
    record = {"partition": 0, "offset": 1, "environment": "integration", "run": "ci-1", "settled": True}
    tell(bench.view, "run/integration/ci-1", record)
    assert bench.ask("/api/v1/runs").json() == [record]


def test_the_verdict_on_a_run_is_flat(bench: _Bench) -> None:
    """Open until the owner has decided; then what was decided, with the run's names, on one level."""
    answer = bench.ask("/api/v1/runs/ci%2F1/verdict").json()
    assert (answer["state"], answer["settled"], answer["environment"]) == ("open", False, "integration")
    assert answer["reason"] == "No flow of this run has come yet."
    heard = {**summary_record(0), "runs": [{"environment": "integration", "run": "ci/1"}]}
    tell(bench.view, "summary/0", heard)
    assert "not settled" in bench.ask("/api/v1/runs/ci%2F1/verdict").json()["reason"]
    decided = run_verdict(RunPart(0.5, paths=1, ok=1, ran_weight=9, proven_weight=9))
    place = {"partition": 0, "offset": 1, "environment": "integration", "run": "ci/1", "suite": "nightly"}
    tell(bench.view, "run/integration/ci/1", {**place, "settled": True, "verdicts": {COMPARISON: decided}})
    answer = bench.ask(f"/api/v1/runs/ci%2F1/verdict?comparison={COMPARISON}").json()
    assert decided.items() <= answer.items()
    assert (answer["state"], answer["settled"], answer["suite"]) == ("pass", True, "nightly")
    assert not any(isinstance(value, dict) for value in answer.values())


def test_a_verdict_in_a_comparison_that_came_later(bench: _Bench) -> None:
    """404 for one that is not configured; a run that settled before it was is no evidence for it."""
    assert bench.ask("/api/v1/runs/old/verdict?comparison=other").status_code == 404
    settled = {"partition": 0, "offset": 1, "environment": "integration", "run": "old", "settled": True}
    tell(bench.view, "run/integration/old", settled)
    answer = bench.ask("/api/v1/runs/old/verdict").json()
    assert (answer["state"], answer["settled"]) == ("insufficient", True)


def test_every_answer_is_guarded(bench: _Bench) -> None:
    """Errors too: nothing that telemetry says runs in a browser."""
    for path in ("/livez", "/metrics", "/api/v1/report", "/nowhere", "/api/v1/openapi.json"):
        headers = bench.ask(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("content", [b"x" * (MAX_BODY_BYTES + 1), iter([b"x"])], ids=["large", "chunked"])
def test_a_large_body_is_refused(bench: _Bench, content: Any) -> None:
    """No route needs a body: one that is large, or of unknown length, is not read."""

    async def stream() -> Any:
        for part in content:
            yield part

    body = content if isinstance(content, bytes) else stream()
    assert bench.ask("/api/v1/runs/x/finish", "POST", content=body).status_code == 413
    assert not bench.commands.finished


def test_the_document_names_every_route(bench: _Bench) -> None:
    """OpenAPI stands at its own address, and every route in it has a summary or description."""
    paths = bench.ask("/api/v1/openapi.json").json()["paths"]
    assert set(paths) == {
        "/livez",
        "/readyz",
        "/metrics",
        "/api/v1/report",
        "/api/v1/flows",
        "/api/v1/runs",
        "/api/v1/runs/{run}/finish",
        "/api/v1/runs/{run}/verdict",
    }
    assert all(operation["description"] for path in paths.values() for operation in path.values())


def test_a_process_without_the_api_has_probes_and_metrics() -> None:
    """An observer alone holds no verdicts, and says so by not having the routes."""
    bench = _Bench(api=False)
    assert bench.ask("/livez").status_code == 200
    assert bench.ask("/metrics").status_code == 200
    assert bench.ask("/api/v1/report").status_code == 404
