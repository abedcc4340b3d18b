"""The HTTP API, without a socket."""

import asyncio
import json
from threading import Event
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.drift.policy import Comparison
from monitor.drift.report import Report, build_report
from monitor.publish.guards import MAX_BODY_BYTES
from monitor.publish.view import View
from tests.unit.publish.bench import Bench
from tests.unit.publish.records import (
    COMPARISON,
    comparison_record,
    flow_record,
    summary_record,
    tell,
    verdict,
)

NIGHTLY = Comparison(name="nightly", reference="production", candidate="nightly")


@pytest.fixture
def bench() -> Bench:
    """A fresh application."""
    return Bench()


@pytest.mark.fault(5)
def test_livez_is_the_loop_alone(bench: Bench) -> None:
    """Parts that wait for Kafka do not restart a pod; a dead loop does."""
    bench.health.parts["observer"] = "Kafka"
    assert bench.ask("/livez").status_code == 200
    bench.health.beating = False
    assert bench.ask("/livez").status_code == 503


def test_readyz_names_what_is_missing(bench: Bench) -> None:
    """503 until every part is ready; with `?verbose` each part on a line of its own."""
    assert (bench.ask("/readyz").status_code, bench.ask("/readyz").text) == (200, "ok\n")
    bench.health.parts["observer"] = "Kafka: assignment"
    assert bench.ask("/readyz").status_code == 503
    assert bench.ask("/readyz?verbose").text == "[+]auditor ok\n[-]observer Kafka: assignment\nnot ready\n"


def test_readyz_names_what_nothing_is_compared_with(bench: Bench) -> None:
    """With `?verbose`, and the line to paste; it does not make the process less ready."""
    strangers = {"qa": ["of qa", "environments: {qa: {}}"]}
    tell(bench.view, "summary/0", {**summary_record(0, qa=3), "strangers": strangers})
    bench.health.parts = {}
    said = "[!]environment qa: 3 flows of qa are compared with nothing. Set environments: {qa: {}}\n"
    assert (bench.ask("/readyz").text, bench.ask("/readyz?verbose").text) == ("ok\n", f"{said}ok\n")


def test_metrics_are_readable(bench: Bench) -> None:
    """The media type and the text are those of Prometheus."""
    answer = bench.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert list(text_string_to_metric_families(answer.text))


def test_the_report_is_that_of_replay(bench: Bench) -> None:
    """The answer equals what `build_report` makes of the same records, field by field."""
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record(units=5))
    drifted = verdict("shop GET /a", state="drift", effect=1.0, onset=1_700_000_000_000)
    tell(bench.view, f"flow/{COMPARISON}/shop\tGET /a", flow_record("shop GET /a", drifted))
    expected = json.loads(json.dumps(build_report(bench.view, COMPARISON).plain()))
    assert bench.ask("/api/v1/report").json() == expected
    assert bench.ask(f"/api/v1/report?comparison={COMPARISON}").json() == expected
    assert expected["verdicts"][0]["onset"] == "2023-11-14T22:13:20.000Z"


def test_a_report_that_is_not_there(bench: Bench) -> None:
    """404 for a comparison that is not configured, 503 for one of which nothing is known yet, and why."""
    assert bench.ask("/api/v1/report?comparison=other").status_code == 404
    tell(bench.view, "summary/0", {**summary_record(0, qa=3), "strangers": {"qa": ["of qa", "this."]}})
    answer = bench.ask("/api/v1/report")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    arrived = "Flows of qa have arrived. 3 flows of qa are compared with nothing. Set this."
    assert answer.json()["detail"] == f"nothing is known of comparison '{COMPARISON}' yet. {arrived}"


def test_flows_are_listed_by_traffic(bench: Bench) -> None:
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


def test_flows_without_tests_are_listed_with_their_state(bench: Bench) -> None:
    """A verdict that stands in the comparison's own record belongs to its flow, as in the report."""
    tell(bench.view, f"flow/{COMPARISON}/a", flow_record("a"))
    untested = verdict("a", dimension="coverage", state="suspect")
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record(untested))
    assert bench.ask("/api/v1/flows").json()[0]["states"] == {"coverage": "suspect"}


@pytest.mark.fault("injection")
def test_every_answer_is_guarded(bench: Bench) -> None:
    """Errors too: nothing that telemetry says runs in a browser."""
    for path in ("/livez", "/metrics", "/api/v1/report", "/nowhere", "/api/v1/openapi.json"):
        headers = bench.ask(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.fault("http abuse")
@pytest.mark.parametrize("content", [b"x" * (MAX_BODY_BYTES + 1), iter([b"x"])], ids=["large", "chunked"])
def test_a_large_body_is_refused(bench: Bench, content: Any) -> None:
    """No route needs a body: one that is large, or of unknown length, is not read."""

    async def stream() -> Any:
        for part in content:
            yield part

    body = content if isinstance(content, bytes) else stream()
    assert bench.ask("/api/v1/runs/x/finish", "POST", content=body).status_code == 413
    assert not bench.commands.written


@pytest.mark.fault(24)
def test_reports_leave_threads_to_metrics(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While many ask for a report that takes long, /metrics is answered; then everybody gets the report."""
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record())
    made, go_on = View.report, Event()

    def slow(view: View, comparison: str) -> Report:
        assert go_on.wait(30)
        return made(view, comparison)

    monkeypatch.setattr(View, "report", slow)

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app=bench.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            reports = [asyncio.create_task(client.get("/api/v1/report")) for _ in range(64)]
            await asyncio.wait(reports, timeout=0.05)
            metrics = await asyncio.wait_for(client.get("/metrics"), 20)
            go_on.set()
            return [metrics.status_code, *(answer.status_code for answer in await asyncio.gather(*reports))]

    assert asyncio.run(ask()) == [200] * 65


def test_the_document_names_every_route(bench: Bench) -> None:
    """OpenAPI stands at its own address, and every route in it has a summary or description."""
    paths = bench.ask("/api/v1/openapi.json").json()["paths"]
    assert set(paths) == {
        "/livez",
        "/readyz",
        "/metrics",
        "/api/v1/report",
        "/api/v1/flows",
        "/api/v1/flows/{flow_id}",
        "/api/v1/recall",
        "/api/v1/escapes",
        "/api/v1/escapes/{signature}",
        "/api/v1/runs",
        "/api/v1/runs/{run}/audit",
        "/api/v1/runs/{run}/begin",
        "/api/v1/runs/{run}/finish",
        "/api/v1/runs/{run}/verdict",
    }
    assert all(operation["description"] for path in paths.values() for operation in path.values())


def test_a_process_without_the_api_has_probes_and_metrics() -> None:
    """An observer alone holds no verdicts, and says so by not having the routes."""
    bench = Bench(api=False)
    assert bench.ask("/livez").status_code == 200
    assert bench.ask("/metrics").status_code == 200
    assert bench.ask("/api/v1/report").status_code == 404
