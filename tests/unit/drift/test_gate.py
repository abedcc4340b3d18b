"""The verdict on a run: what makes it drift, what it takes to pass, and that parts add up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.drift.gate import LISTED, PathResult, RunPart, run_verdict, total
from monitor.drift.policy import Comparison
from monitor.drift.verdict import State


def path(state: State = State.OK, **changed: Any) -> PathResult:
    plain = PathResult("shop GET /a", "ok", state, f"It is {state}.", 2, 1.0, (), 100, before=True)
    return plain._replace(**changed)


def part(*paths: PathResult) -> RunPart:
    made = RunPart(0.5)
    for one in paths:
        made.add(one)
    return made


@pytest.mark.parametrize(
    ("paths", "state"),
    [
        ([path()], "pass"),
        ([path(), path(State.INSUFFICIENT)], "pass"),
        ([path(), path(State.SUSPECT, weight=101)], "insufficient"),
        ([path(), path(State.INSUFFICIENT, weight=101)], "insufficient"),
        ([path(), path(State.INSUFFICIENT, weight=101, before=False)], "pass"),
        ([path(weight=0)], "insufficient"),
        ([], "insufficient"),
        ([path(), path(State.DRIFT, weight=0)], "drift"),
        ([path(), path(facts=("a fact",))], "drift"),
        ([path(), path(e_value=20.0)], "drift"),
        ([path(), path(e_value=19.9)], "pass"),
    ],
)
def test_what_a_run_gets(paths: list[PathResult], state: str) -> None:
    """Drift by state, fact or its own evidence; pass only where half of the traffic is ok."""
    assert run_verdict(part(*paths))["state"] == state


def test_many_findings_need_less_each() -> None:
    """e-BH: of four paths, two at 20 are found; one of them alone is not."""
    two = [path(), path(), path(e_value=20.0), path(e_value=20.0)]
    assert run_verdict(part(*two))["found_by_run"] == 2
    assert run_verdict(part(*two[:3], path()))["found_by_run"] == 0


def test_a_drift_says_why() -> None:
    """Counts in one sentence, and a sentence per finding, drift first; what chance explains is not named."""
    drifts = path(State.DRIFT, e_value=1e6)
    told = run_verdict(part(path(e_value=11.0, says="chance"), path(facts=("a fact",)), drifts))
    assert told["reason"] == ("This run has 1 x drifting path, 1 x fact, 1 x finding by its evidence alone.")
    assert told["reasons"] == ["shop GET /a (ok): It is drift.", "shop GET /a (ok): a fact"]


def test_a_pass_says_what_it_does_not_prove() -> None:
    """Paths that need more units, and paths of the suite that did not run, the busiest first."""
    made = part(path(weight=900), path(State.INSUFFICIENT, weight=10))
    made.miss("shop GET /b", "failed", 90)
    told = run_verdict(made)
    assert (told["state"], told["traffic"]) == ("pass", 0.9)
    assert told["unproven"] == [
        "shop GET /b (failed): This run did not exercise it.",
        "shop GET /a (ok): It is insufficient.",
    ]
    assert told["reason"] == (
        "Nothing drifts; paths that are ok carry 90 % of the traffic that the suite exercised before "
        "(the gate asks for 50 %)."
    )


def test_a_first_run_is_measured_by_itself() -> None:
    """Without a run before it, by the traffic of what it exercised."""
    told = run_verdict(part(path(before=False), path(State.INSUFFICIENT, weight=300, before=False)))
    assert (told["state"], told["traffic"]) == ("insufficient", 0.25)


states = st.sampled_from((State.OK, State.INSUFFICIENT, State.SUSPECT, State.DRIFT))
paths = st.lists(
    st.builds(
        path,
        states,
        flow=st.sampled_from("abc"),
        e_value=st.floats(0, 1e6),
        facts=st.sampled_from(((), ("x",))),
        weight=st.integers(0, 10**6),
        before=st.booleans(),
    ),
    max_size=3 * LISTED,
)


@given(one=paths, other=paths)
def test_parts_add_up(one: list[PathResult], other: list[PathResult]) -> None:
    """However the paths are spread over shards and partitions, through JSON or not: the same verdict."""
    whole = part(*one, *other)
    sums = total([{"c": part(*other)}, {"c": RunPart(**part(*one).plain())}, {"c": part()}])
    assert run_verdict(sums["c"]) == run_verdict(whole)
    assert sums["c"] == whole


@pytest.mark.parametrize(
    ("rolling", "run", "marks", "rolls"),
    [
        (None, "ci-1", {}, True),
        (None, "", {}, True),
        ({}, "ci-1", {"branch": "main"}, False),
        ({}, "", {}, False),
        ({"branch": ["main", "release/*"]}, "ci-1", {"branch": "main"}, True),
        ({"branch": ["main", "release/*"]}, "ci-1", {"branch": "release/1/2"}, True),
        ({"branch": ["main", "release/*"]}, "ci-1", {"branch": "maintenance"}, False),
        ({"branch": ["*"]}, "ci-1", {}, False),
        ({"branch": ["main"], "trigger": ["nightly"]}, "ci-1", {"trigger": "nightly"}, True),
        ({"branch": ["main"]}, "", {}, True),
    ],
)
def test_which_runs_roll(
    rolling: dict[str, tuple[str, ...]] | None, run: str, marks: dict[str, str], rolls: bool
) -> None:
    """Any attribute that is asked for suffices; what belongs to no run rolls unless nothing does."""
    one = {"name": "c", "reference": "production", "candidate": "test", "rolling": rolling}
    assert Comparison.model_validate(one).rolls(run, marks) is rolls
