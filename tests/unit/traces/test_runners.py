"""Rule 1: spans of test runners cut a trace into flows and name the test."""

from typing import Any

import pytest

from monitor.traces.fragment import Context
from tests.factories import facts, span
from tests.unit.traces.log import GAP, MEMORY, ORPHAN, SECOND, Log


def test_runner_spans_cut_a_session_into_groups() -> None:
    """One trace for a whole test session: every group below a runner span is a flow, with its test."""
    session = span(1, runner=True, run="run-7", suite="checkout")
    case = span(2, parent=1, runner=True, case="test_pay")
    log = Log().write(0, session, case, span(3, parent=2), span(4, parent=3), span(5, parent=2)).write(GAP)
    assert log.groups == [[3, 4], [5]]
    assert {fragment.context for fragment in log.closed} == {
        Context("checkout", "run-7", "test_pay", "production", result="passed")
    }


def test_a_runner_span_that_comes_after_its_groups_still_names_them() -> None:
    """A runner span that comes after the groups below it names their test."""
    log = (
        Log().write(0, span(3, parent=2)).write(40 * SECOND, span(2, parent=1, runner=True, case="test_pay"))
    )
    log.write(45 * SECOND, span(1, runner=True, run="run-7")).write(50 * SECOND)
    (group,) = log.closed
    assert (
        group.context == Context("", "run-7", "test_pay", "production", result="passed") and not group.missing
    )


def test_a_runner_span_serves_groups_for_the_memory() -> None:
    """A runner span names groups for `memory`, and later ones wait for a parent."""
    case = span(1, runner=True, case="test_pay")
    near = Log().write(0, case).write(MEMORY - 1, span(2, parent=1)).write(MEMORY - 1 + GAP)
    far = Log().write(0, case).write(MEMORY, span(2, parent=1)).write(MEMORY + ORPHAN)
    assert near.closed[0].context.case == "test_pay" and far.closed[0].missing
    assert Log().write(0, case).write(0, case).assembler.tally.duplicates == 1


def test_a_copy_of_a_runner_span_refreshes_it() -> None:
    """A copy of a runner span is kept as long as a new one."""
    log = Log().write(0, span(1, runner=True)).write(50 * SECOND, span(1, runner=True, case="test_pay"))
    log.write(49 * SECOND + MEMORY, span(2, parent=1)).write(70 * SECOND + MEMORY).write(200 * SECOND)
    assert log.closed[0].context.case == "test_pay"
    assert log.assembler.tally.duplicates == 1


def test_without_a_case_the_nearest_runner_span_names_the_test() -> None:
    """Without a case the nearest runner span's name is the test, unless it is the test's own request."""
    step = span(1, runner=True, name="smoke tests")
    call = span(2, parent=1, runner=True, name="POST", attributes={"http.request.method": "POST"})
    log = Log().write(0, step, call, span(3, parent=2), span(4, parent=1)).write(GAP)
    assert {fragment.context.case for fragment in log.closed} == {"smoke tests"}


def test_runner_spans_tell_the_environment() -> None:
    """The nearest runner span that knows the environment gives it to a group."""
    session = span(1, runner=True, environment="ci")
    case = span(2, parent=1, runner=True, environment="unknown")
    log = Log().write(0, session, case, span(3, parent=2)).write(GAP)
    assert [fragment.context.environment for fragment in log.closed] == ["ci"]


def test_runner_spans_in_a_circle_end_somewhere() -> None:
    """A runner span that names itself, or its child, as its parent is asked a bounded number of times."""
    circle = [span(1, parent=2, runner=True, case="a"), span(2, parent=1, runner=True, run="r")]
    (group,) = Log().write(0, *circle, span(3, parent=1)).write(GAP).closed
    assert group.context == Context("", "r", "a", "production", result="passed")


def test_runner_spans_alone_give_nothing() -> None:
    """Runner spans alone make no group and count as no trace."""
    log = Log().write(0, span(1, runner=True), span(2, parent=1, runner=True)).write(10 * MEMORY)
    assert log.closed == [] and log.assembler.tally.traces == 0


@pytest.mark.parametrize(
    ("case", "phase", "result"),
    [
        ({}, {}, "passed"),
        ({"error": True}, {}, "failed"),
        ({}, {"error": True}, "failed"),
        ({"attributes": {"test.case.result.status": "fail"}}, {}, "failed"),
        ({"attributes": {"tests.status": "passed"}}, {}, "passed"),
        ({"attributes": {"tests.status": "skipped"}}, {}, ""),
    ],
)
def test_the_result_of_a_test_is_what_its_runner_says(
    case: dict[str, Any], phase: dict[str, Any], result: str
) -> None:
    """The span that states the case, or a phase of it, fails; a suite above may fail by another case."""
    suite = facts(runner=True, error=True)
    log = Log().write(
        0,
        span(1, of=suite),
        span(2, parent=1, of=facts(name="test", runner=True, case="test_pay", **case)),
        span(3, parent=2, of=facts(name="call", runner=True, **phase)),
        span(4, parent=3),
    )
    (group,) = log.write(GAP).closed
    assert group.context.result == result


def test_the_request_of_a_test_is_no_result() -> None:
    """A request that a test makes fails where the test means it to; without a case nothing is said."""
    asks = facts(name="POST", runner=True, error=True, attributes={"http.request.method": "POST"})
    log = (
        Log()
        .write(0, span(1, runner=True, case="test_pay"), span(2, parent=1, of=asks), span(3, parent=2))
        .write(0, span(8, trace=2, runner=True, name="smoke"), span(9, trace=2, parent=8))
    )
    results = {fragment.context.case: fragment.context.result for fragment in log.write(GAP).closed}
    assert results == {"test_pay": "passed", "smoke": ""}
