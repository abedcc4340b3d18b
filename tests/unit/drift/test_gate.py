"""The verdict on a run: what makes it drift, what it takes to pass, and that parts add up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from msgspec.json import decode, encode

from monitor.drift.answer import answer
from monitor.drift.gate import FEW, MOST_E_VALUES, MOST_FINDINGS, PathResult, RunPart, total
from monitor.drift.policy import Comparison
from monitor.drift.ruling import Evidence, Found, PathRuling, Ruling
from monitor.drift.verdict import State
from monitor.fingerprints.snapshot import Snapshot
from tests.unit.drift.test_ruling import own

SAYS = {Ruling.DRIFT: "It drifts.", Ruling.OTHERS: "Others drift."}


def path(
    state: State = State.OK, *found: Ruling, e_value: float = 1.0, flow: str = "shop GET /a", **changed: Any
) -> PathResult:
    """A path with this state in a run, what was found of it, and the e-value of the run."""
    unproven = f"It is {state}." if state in (State.SUSPECT, State.INSUFFICIENT) else ""
    if state is State.DRIFT:
        found = (Ruling.DRIFT, *found)
    subjects = tuple(Found(each, "structure", each.name, SAYS[each]) for each in found)
    evidence = Evidence("ci-1", 2, (), (own(0.0, bet=e_value),), changed.pop("unjudged", 0), Snapshot())
    plain = PathResult(flow, "ok", PathRuling(state, subjects, unproven), evidence, 100, before=True)
    return plain._replace(**changed)


def part(*paths: PathResult) -> RunPart:
    made = RunPart(min_traffic=0.5)
    for one in paths:
        made.add(one)
    return made


@pytest.mark.parametrize(
    ("paths", "state"),
    [
        ([path()], "pass"),
        ([path(State.OK, Ruling.OTHERS)], "pass"),
        ([path(), path(State.INSUFFICIENT)], "pass"),
        ([path(), path(State.SUSPECT, weight=101)], "insufficient"),
        ([path(), path(State.INSUFFICIENT, weight=101)], "insufficient"),
        ([path(), path(State.INSUFFICIENT, weight=101, before=False)], "pass"),
        ([path(weight=0)], "insufficient"),
        ([], "insufficient"),
        ([path(), path(State.DRIFT, weight=0)], "drift"),
        ([path(), path(State.SUSPECT, e_value=20.0)], "drift"),
        ([path(), path(State.SUSPECT, e_value=19.9)], "pass"),
        ([path(), path(State.OK, e_value=1e6)], "pass"),
    ],
)
def test_what_a_run_gets(paths: list[PathResult], state: str) -> None:
    """Drift by its paths or its own evidence; pass only where half of the traffic is ok."""
    assert answer(part(*paths)).state == state


def test_many_findings_need_less_each() -> None:
    """e-BH: of four paths, two at 20 are found; one of them alone is not."""
    differs = path(State.SUSPECT, e_value=20.0)
    two = [path(), path(), differs, differs]
    assert answer(part(*two)).found_by_run == 2
    assert answer(part(*two[:3], path())).found_by_run == 0


def test_a_drift_says_why() -> None:
    """In how many paths, and a sentence per path, for people each once; what chance explains is not named."""
    drifts = [path(State.DRIFT, flow=f"shop GET /{name}") for name in "abc"]
    other = "'shop POST /orders -> POST /charge' happens in all 20,000 production traces and in"
    told = answer(
        part(
            *drifts,
            path(State.SUSPECT, flow="shop GET /d", e_value=1e6),
            path(State.SUSPECT, flow="shop GET /e", e_value=10.1),
        )
    )
    assert told.reason == "This run differs from production in 4 of 5 paths."
    assert told.reasons == (
        *(f"shop GET /{name}: It drifts." for name in "abc"),
        f"shop GET /d: {other} no trace of run ci-1.",
    )
    assert told.lines == (
        "shop GET /a: It drifts. The same in 2 more paths.",
        f"shop GET /d: {other} no trace of run ci-1.",
        "not proven: shop GET /e: It is suspect.",
    )


def test_a_pass_says_what_it_does_not_prove() -> None:
    """Paths that need more units, flows of the suite that did not run, calls that are not judged; notes."""
    made = part(path(State.OK, Ruling.OTHERS, weight=900, unjudged=3), path(State.INSUFFICIENT, weight=10))
    made.miss("shop GET /b", {"failed": 80, "ok": 10}, whole=True)
    made.miss("shop GET /a", {"failed": 0}, whole=False)
    told = answer(made)
    assert (told.state, told.traffic, told.missed, told.unjudged) == ("pass", 0.9, 1, 3)
    assert told.unproven == (
        "shop GET /b (failed): This run did not exercise it.",
        "shop GET /a: It is insufficient.",
        "shop GET /b: This run did not exercise it.",
        "shop GET /a (failed): This run did not exercise it.",
    )
    assert told.notes == ("shop GET /a: Others drift.",)
    assert told.lines == (
        "not proven: shop GET /b (failed): This run did not exercise it. The same in 2 more paths.",
        "not proven: shop GET /a: It is insufficient.",
        "note: shop GET /a: Others drift.",
    )
    assert told.reason == (
        "Nothing drifts, and 90 % of its suite's traffic is proven (the gate asks for 50 %)."
    )
    assert told.not_judged == "1 flow of the suite that did not run, 3 calls of production"


def test_a_first_run_is_measured_by_itself() -> None:
    """Without a run before it, by the traffic of what it exercised."""
    told = answer(part(path(before=False), path(State.INSUFFICIENT, weight=300, before=False)))
    assert (told.state, told.traffic) == ("insufficient", 0.25)


def test_what_is_proven_for_the_first_time_counts() -> None:
    """A flow that the run before missed is proven again: that helps; what is new may be unproven."""
    new = [path(state, weight=300, before=False) for state in (State.OK, State.INSUFFICIENT)]
    told = answer(part(path(State.INSUFFICIENT), *new))
    assert (told.state, told.traffic) == ("pass", 0.75)


def test_what_is_kept_is_bounded() -> None:
    """Of each list the first entries stay; all are counted."""
    flows = [f"shop GET /{n:03}" for n in range(MOST_FINDINGS + 5)]
    made = part(*(path(State.DRIFT, Ruling.OTHERS, e_value=20.0, flow=flow) for flow in flows))
    assert (made.drift, len(made.findings), len(made.notes)) == (len(flows), MOST_FINDINGS, MOST_FINDINGS)
    assert len(made.e_values) == MOST_E_VALUES
    assert [finding.flow for finding in made.shortened().findings] == flows[:FEW]


def test_parts_of_version_0_1_are_read() -> None:
    """Their findings had no subject, and facts a rank of their own."""
    old = {"paths": 1, "drift": 1, "findings": [[1, 2.5, "shop GET /a", "ok", "A fact."]], "spare": 3}
    assert answer(convert(old, RunPart)).reasons == ("shop GET /a: A fact.",)


states = st.sampled_from((State.OK, State.INSUFFICIENT, State.SUSPECT, State.DRIFT))
paths = st.lists(
    st.builds(
        lambda state, found, **changed: path(state, *found, **changed),
        states,
        st.sampled_from(((), (Ruling.OTHERS,))),
        flow=st.sampled_from("abc"),
        e_value=st.floats(0, 1e6),
        weight=st.integers(0, 10**6),
        before=st.booleans(),
        unjudged=st.integers(0, 3),
    ),
    max_size=30,
)


@given(one=paths, other=paths)
def test_parts_add_up(one: list[PathResult], other: list[PathResult]) -> None:
    """However the paths are spread over shards and partitions, through JSON or not: the same verdict."""
    whole = part(*one, *other)
    sums = total([{"c": part(*other)}, {"c": decode(encode(part(*one)), type=RunPart)}, {"c": part()}])
    assert answer(sums["c"]) == answer(whole)
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


def test_runs_of_many_environments_under_one_name_do_not_roll() -> None:
    """Each preview environment has a deployment of its own: none is evidence on another."""
    one = Comparison(name="c", reference="production", candidate="preview-{}")
    assert not one.rolls("ci-1", {}) and not one.rolls("", {})
    chosen = one.model_copy(update={"rolling": {"branch": ("main",)}})
    assert chosen.rolls("ci-1", {"branch": "main"})
