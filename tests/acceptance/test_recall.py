"""Recall, from the wire to the report: what production broke, which test showed it, which one guards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.drift.recall import Recall
from monitor.drift.records.failure import FailureKind, Gap, Standing
from tests.acceptance.replaying import SECOND, replayed
from tests.acceptance.trees import Make, Step, call, lines, production, query, server

FAILS_EVERY = 5
LONG_AFTER = 10_000


def failing(step: Step, status: str = "500", error: str = "") -> Step:
    """The same step, which fails."""
    said: dict[str, Any] = {**step.attributes, "http.response.status_code": status}
    return step._replace(attributes=said | ({"error.type": error} if error else {}))


def charge(*, fails: bool, error: str = "", at: str = "payments") -> Step:
    """A call of the provider and what answers it."""
    answer = server(at, "POST /charges", query(at, "INSERT", "charges"), ms=10)
    calls = call("shop", "POST /charges", failing(answer, error=error) if fails else answer)
    return failing(calls) if fails else calls


def order(*below: Step, fails: bool = False) -> Step:
    entry = server("shop", "POST /orders", query("shop", "SELECT", "carts"), *below, ms=50)
    return failing(entry) if fails else entry


GOOD, BAD = order(charge(fails=False)), order(charge(fails=True), fails=True)


def some_fail(bad: Step) -> Make:
    """Every fifth trace of production fails."""
    return lambda number: bad if number % FAILS_EVERY == 0 else GOOD


def cases(*runs: dict[str, Step]) -> Iterator[str]:
    """Runs one after the other, each with the traces of its cases, after production has begun to fail."""
    for run, traces in enumerate(runs):
        for place, (case, step) in enumerate(traces.items()):
            of = {"cicd.pipeline.run.id": f"ci-{run}", "test.case.name": case}
            at = (LONG_AFTER + 600 * run + 5 * place) * SECOND
            yield from lines(step, 1_000_000 + 100 * run + place, at, of)


def recall(path: Path, bad: Step, *runs: dict[str, Step]) -> Recall:
    return replayed(path, production(some_fail(bad), traces=50), cases(*runs)).recall


def only(path: Path, bad: Step, *runs: dict[str, Step]) -> FailureKind:
    (kind,) = recall(path, bad, *runs).escapes
    return kind


BUYS = {"buys": GOOD}
PROVOKES = {"buys": GOOD, "provider is down": BAD}
MENDED = {"buys": GOOD, "provider is down": GOOD}


def test_recall_closes(tmp_path: Path) -> None:
    """A failure of production escapes, is reproduced by a test run, and guarded once that case passes."""
    escaped = recall(tmp_path, BAD, BUYS, BUYS)
    (kind,) = escaped.escapes
    assert (kind.state, kind.gap) == (Standing.ESCAPED, Gap.FAILURE)
    assert (kind.service, kind.operation, kind.error) == ("payments", "POST /charges", "500")
    assert (kind.caller, kind.callee, kind.traces) == ("shop", "payments", 10)
    assert (escaped.ratio, escaped.open, escaped.oldest) == (0.0, 1, kind.first)
    assert [(seam.caller, seam.callee, seam.traces) for seam in escaped.seams] == [("shop", "payments", 10)]
    reproduced = recall(tmp_path, BAD, BUYS, PROVOKES)
    assert [each.state for each in reproduced.escapes] == [Standing.REPRODUCED]
    assert (reproduced.ratio, reproduced.weighted, reproduced.open) == (1.0, 1.0, 0)
    guarded = only(tmp_path, BAD, BUYS, PROVOKES, MENDED)
    assert (guarded.state, guarded.guard) == (Standing.GUARDED, "provider is down")
    assert {kind.id, reproduced.escapes[0].id} == {guarded.id}


def test_production_that_does_not_fail(tmp_path: Path) -> None:
    """The quiet twin: without a failure of production there is no signature, whatever tests provoke."""
    quiet = recall(tmp_path, GOOD, BUYS, PROVOKES, MENDED)
    assert (quiet.ratio, quiet.escapes, quiet.oldest, quiet.signatures) == (None, (), None, 0)


STOCK = call("shop", "GET /stock", failing(server("stock", "GET /stock", ms=10)))


@pytest.mark.parametrize(
    "other",
    [
        order(charge(fails=True, error="CardError"), fails=True),
        order(charge(fails=False), failing(STOCK), fails=True),
        order(charge(fails=False), fails=True),
        order(failing(call("shop", "POST /charges"), "", "timeout"), fails=True),
        order(charge(fails=True, at="ledger"), fails=True),
    ],
    ids=["another error", "another dependency", "by itself", "no answer", "the same text elsewhere"],
)
def test_a_test_that_fails_for_another_reason(tmp_path: Path, other: Step) -> None:
    """It fails in the same flow, with the same status at its entry, and is credited with nothing."""
    kind = only(tmp_path, BAD, BUYS, {"buys": other}, BUYS)
    assert (kind.state, kind.guard) == (Standing.ESCAPED, "")


def test_client_errors_are_apart(tmp_path: Path) -> None:
    """A request that is refused is no failure: it has a signature, and a ratio of its own."""
    refused = failing(server("shop", "POST /orders", ms=50), "422")
    seen = recall(tmp_path, refused, BUYS)
    assert (seen.signatures, seen.open) == (0, 0)
    assert (seen.client_errors.signatures, seen.client_errors.recalled) == (1, 0)
    assert [each.outcome for each in seen.escapes] == ["client_error"]
    assert only(tmp_path, refused, BUYS, {"sends rubbish": refused}).state is Standing.REPRODUCED


def test_a_service_that_tests_simulate(tmp_path: Path) -> None:
    """What fails in a service that no test ever shows has not escaped them: none could have shown it."""
    stubbed = order(call("shop", "POST /charges"))
    seen = recall(tmp_path, BAD, {"buys": stubbed}, {"buys": stubbed})
    (kind,) = seen.escapes
    assert (kind.state, kind.gap) == (Standing.UNJUDGED, Gap.SILENT)
    assert (seen.ratio, seen.unjudged) == (None, 1)
    elsewhere = server("payments", "GET /health-report", ms=5)
    assert only(tmp_path, BAD, {"buys": stubbed, "asks": elsewhere}).state is Standing.ESCAPED


def test_a_flow_that_no_test_exercises(tmp_path: Path) -> None:
    """It is an escape, since nothing but a test is missing."""
    kind = only(tmp_path, BAD, {"looks": server("shop", "GET /cart", ms=5)})
    assert (kind.state, kind.gap) == (Standing.ESCAPED, Gap.FLOW)
