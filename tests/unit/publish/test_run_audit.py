"""What the API and the command line say of the calls of a test run."""

from typing import Any

import pytest

from monitor.base.errors import ConfigurationError
from monitor.base.run import RunKey
from monitor.drift.records.audit import CallRecord
from monitor.publish.terminal import audit_lines
from tests.unit.publish.bench import Bench, seen
from tests.unit.publish.records import tell

FOUND = {
    "flow": "shop POST /orders",
    "caller": "shop",
    "call": "POST /charge",
    "service": "payments",
    "calls": 4,
    "unaudited": 4,
    "partner": 4,
    "outcome": 0,
    "payload": 0,
    "trace": "ab",
}
AUDIT = {
    "calls": 10,
    "unaudited": 4,
    "payloads": [10, 0, 0, 0],
    "listed": 3,
    "beyond": 7,
    "services": {"payments": [4, 4], "shop": [6, 0]},
    "found": [FOUND],
}


def settled(bench: Bench, **audit: Any) -> None:
    about = {"partition": 0, "offset": 9, "environment": "integration", "run": "ci-1", "first": 5, "end": 9}
    tell(bench.view, "run/integration/ci-1", {**about, "verdicts": {}, "audited": {**AUDIT, **audit}})


def listed(number: int) -> CallRecord:
    names = {"environment": "integration", "run": "ci-1", "case": "buys", "trace": "ab", "caller": "shop"}
    about = {"flow": "shop POST /orders", "call": "POST /charge", "service": "payments", "payload": "nothing"}
    return CallRecord(id=str(number), **names, **about, partner=False, outcome="ok")


@pytest.fixture
def bench() -> Bench:
    """A run that is settled, with three calls on the audit topic."""
    bench = Bench()
    seen(bench, "ci-1")
    settled(bench)
    bench.calls.listed = [listed(number) for number in range(3)]
    return bench


def test_a_run_is_audited(bench: Bench) -> None:
    """The ratio of the run and of each service, what is missing, and the calls since the run began."""
    said = bench.ask("/api/v1/runs/ci-1/audit").json()
    assert (said["completeness"], said["total"], said["unaudited"], said["beyond"]) == (0.6, 10, 4, 7)
    assert said["services"] == [
        {"service": "payments", "calls": 4, "unaudited": 4, "completeness": 0.0},
        {"service": "shop", "calls": 6, "unaudited": 0, "completeness": 1.0},
    ]
    assert said["found"] == [FOUND]
    assert [each["id"] for each in said["calls"]] == ["0", "1", "2"] and said["next"] is None
    assert bench.calls.asked == [(RunKey("integration", "ci-1"), 5, None)]


def test_calls_come_in_pages(bench: Bench) -> None:
    """`next` of a page is where the following one goes on."""
    first = bench.ask("/api/v1/runs/ci-1/audit?limit=2").json()
    assert [each["id"] for each in first["calls"]] == ["0", "1"]
    rest = bench.ask(f"/api/v1/runs/ci-1/audit?limit=2&after={first['next']}").json()
    assert [each["id"] for each in rest["calls"]] == ["2"] and rest["next"] is None


def test_a_run_that_goes_on_has_calls_and_no_sums_yet() -> None:
    """They are made once all its flows are out."""
    bench = Bench()
    seen(bench, "ci-1")
    bench.calls.listed = [listed(0)]
    said = bench.ask("/api/v1/runs/ci-1/audit").json()
    assert (said["settled"], said["completeness"], len(said["calls"])) == (False, None, 1)


def test_a_run_that_nobody_saw_is_named(bench: Bench) -> None:
    """404, with what was seen; a page of another size or place than there may be is refused."""
    said = bench.ask("/api/v1/runs/ci-2/audit")
    assert said.status_code == 404 and "1 run seen" in said.json()["detail"]
    assert bench.ask("/api/v1/runs/ci-1/audit?limit=0").status_code == 422
    assert bench.ask("/api/v1/runs/ci-1/audit?after=-1").status_code == 422


def test_a_topic_that_may_not_be_read_is_said(bench: Bench) -> None:
    """Without the right to read the calls the answer is 503, with what the broker says."""
    bench.calls.refusal = ConfigurationError("kafka: the broker refuses us", code="kafka_refused")
    said = bench.ask("/api/v1/runs/ci-1/audit")
    assert (said.status_code, said.headers["Retry-After"]) == (503, "5")
    assert said.json() == {"detail": "kafka: the broker refuses us"}


def test_people_read_what_is_missing(bench: Bench) -> None:
    """The sums, the services with unaudited calls, and each call with what it lacks."""
    assert [*audit_lines(bench.ask("/api/v1/runs/ci-1/audit").json())] == [
        "run ci-1: 60 % of 10 calls audited, 4 not; 3 calls listed, 7 more over audit.calls_per_run",
        "payments: 4 of 4 calls not audited",
        "shop -> payments POST /charge (4): no partner 4",
    ]


def test_people_read_why_there_is_nothing(bench: Bench) -> None:
    """A run that is not settled, and one whose spans say nothing."""
    said = bench.ask("/api/v1/runs/ci-1/audit").json()
    assert [*audit_lines({**said, "settled": False})] == ["run ci-1 is not settled: 3 calls listed so far"]
    assert [*audit_lines({**said, "completeness": None})] == [
        "run ci-1: none of its spans says what an audit asks for"
    ]
