"""Everything known of one flow: environments that are not compared, roles, comparisons that share a side."""

import orjson
import pytest

from monitor.base.run import RunKey
from monitor.drift.policy import Comparison, Policy
from monitor.fingerprints.units import Batch, batch_of
from monitor.flows.flow import Flow, FlowId, Outcome
from monitor.pipeline.audit import flow_state
from monitor.pipeline.audit.flow_state import OTHER, FlowState
from monitor.pipeline.audit.open_facts import open_facts
from monitor.pipeline.timeline.runs import Closing
from tests.rows import MINUTE, row
from tests.unit.pipeline.auditing import POLICY

FLOW = FlowId("shop", "POST /orders")


def policy(*pairs: tuple[str, str]) -> Policy:
    comparisons = tuple(Comparison(name=f"{a}-{b}", reference=a, candidate=b) for a, b in pairs)
    return POLICY.model_copy(update={"comparisons": comparisons})


def observe(state: FlowState, flow: Flow, under: Policy) -> Batch | None:
    """Count a row, and take it as evidence where its environment is a candidate."""
    state.count(flow, under)
    batch = (
        batch_of(flow, under.unit, under.bucket_ms, flow.began)
        if under.of_candidate(flow.environment)
        else None
    )
    if batch:
        state.take(flow, batch, under.unit)
    return batch


def close_all(state: FlowState, under: Policy) -> None:
    for batch in sorted(state.open):
        end = batch.end(under.bucket_ms)
        state.close(batch, Closing(end, RunKey(batch.environment, batch.run), batch.bucket, ""), under)


def rows(
    environment: str, traces: int, *, first: int = 0, calls: tuple[str, ...] = ("POST /charge",)
) -> list[Flow]:
    return [
        row(first + n, environment=environment, calls=calls, began=first * MINUTE + n, run="")
        for n in range(traces)
    ]


def test_environments_that_nobody_compares_are_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments that nobody compares count as one beyond the limit; compared ones never do."""
    monkeypatch.setattr(flow_state, "MOST_PATHS", 2)
    state = FlowState(FLOW)
    for environment in ("a", "b", "c", "d", "production", "integration"):
        observe(state, row(0, environment=environment), POLICY)
    assert [name for name, _ in state.sides] == ["a", "b", OTHER, "production", "integration"]
    assert state.weight(OTHER) == 2 * 1024


def test_to_read_is_not_to_change() -> None:
    """Asking for lines, facts and records changes no state."""
    state = FlowState(FLOW)
    for flow in [*rows("production", 200), *rows("integration", 3, first=90)]:
        observe(state, flow, POLICY)
    before = state.pack()
    [comparison] = POLICY.comparisons
    state.verdicts(comparison, POLICY)
    open_facts(state, comparison, POLICY)
    assert state.pack() == before


def test_a_path_whose_outcome_comes_late_waits_for_its_reference() -> None:
    """Tests that fail before production ever does are not judged until it has."""
    state = FlowState(FLOW)
    [comparison] = POLICY.comparisons
    for flow in rows("production", 2000):
        observe(state, flow, POLICY)
    for number in range(3):
        observe(state, rows("integration", 1, first=100 + number)[0]._replace(outcome=Outcome.FAILED), POLICY)
        close_all(state, POLICY)
    path = state.state(comparison).paths[Outcome.FAILED]
    calls = path.presences["structure"]
    assert (path.units, calls.streams) == (3, {})
    for flow in rows("production", 2000, first=110):
        observe(state, flow._replace(outcome=Outcome.FAILED), POLICY)
    observe(state, rows("integration", 1, first=120)[0]._replace(outcome=Outcome.FAILED), POLICY)
    close_all(state, POLICY)
    assert calls.streams
    side = state.sides["production", Outcome.FAILED]
    assert side.past is not None


def test_comparisons_that_share_a_side_are_judged_alike() -> None:
    """Comparisons that share a reference or a candidate give the verdicts that each gives alone."""
    under = policy(("a", "b"), ("a", "c"), ("b", "c"))
    state = FlowState(FLOW)
    for environment in ("a", "b"):
        for flow in rows(environment, 2000):
            observe(state, flow, under)
    close_all(state, under)
    for number in range(8):
        for environment in ("b", "c"):
            calls = () if environment == "c" else ("POST /charge",)
            observe(state, rows(environment, 1, first=100 + number, calls=calls)[0], under)
        close_all(state, under)
    found = {
        name: known.paths[Outcome.OK].presences["structure"].streams
        for name, known in state.comparisons.items()
    }
    assert {name: [stream.firing for stream in streams.values()] for name, streams in found.items()} == {
        "a-b": [False],
        "a-c": [True],
        "b-c": [True],
    }


def test_an_environment_compared_with_itself_does_not_drift() -> None:
    """An environment that is reference and candidate of one comparison never drifts."""
    under = policy(("a", "a"))
    state = FlowState(FLOW)
    for flow in rows("a", 3000):
        observe(state, flow, under)
        if len(state.open) > 1:
            close_all(state, under)
    close_all(state, under)
    [comparison] = under.comparisons
    assert {line.state for line in state.verdicts(comparison, under)} <= {"ok", "insufficient"}


@pytest.mark.parametrize("turns", [1, 2, 5])
def test_roles_may_change_and_change_back(turns: int) -> None:
    """Slices, runs and snapshots of another role break nothing, and the state can be stored at any time."""
    one, other = policy(("a", "b")), policy(("b", "a"))
    state = FlowState(FLOW)
    for turn in range(turns):
        under = other if turn % 2 else one
        for environment in ("a", "b"):
            for n, flow in enumerate(rows(environment, 300, first=100 * turn)):
                calls = () if n % 50 == 49 else ("POST /charge",)
                observe(
                    state, row(n, environment=environment, calls=calls, began=flow.began + 1000 * n), under
                )
        close_all(state, under)
        stored = orjson.loads(orjson.dumps(state.pack()))
        assert FlowState.unpack(stored).pack() == state.pack()
    for comparison in under.comparisons:
        assert state.verdicts(comparison, under)
