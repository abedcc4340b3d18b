"""The gate in every situation: what other runs did, what this run shows, and how it ended."""

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import pytest
from msgspec import to_builtins

from monitor.base.units import UNIT_WEIGHT, LogTime
from monitor.drift.policy import Comparison, Policy
from monitor.flows.flow import FlowId
from monitor.pipeline.timeline.commands import Finish
from monitor.publish.gate import run_verdict
from monitor.publish.terminal import SHOWN, print_verdict
from tests.acceptance.test_coverage import Fleet
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, TESTS
from tests.unit.publish.records import view_of

ORDERS, BUSY = FlowId("shop", "POST /orders"), FlowId("shop", "GET /busy")
LIGHT = tuple([FlowId("shop", f"GET /light/{n:02}") for n in range(12)])
MADE, MOCKED = ("POST /charge",), ()
COMPARISON = Comparison(
    name="prod-test",
    reference="production",
    candidate="integration",
    rolling={"vcs.ref.head.name": ("main",)},
)
DAY_OF_RUNS = 70


class Shown(NamedTuple):
    """What a run exercises: per flow its calls, and in how many test cases."""

    flows: Mapping[FlowId, tuple[str, ...]]
    cases: int = 2


SUITE = dict.fromkeys(LIGHT, MADE)
HISTORIES: Mapping[str, list[tuple[str, ...]]] = {"like production": [MADE] * 3, "drifting": [MOCKED] * 8}
SHOWS = {
    "the difference": Shown({ORDERS: MOCKED, **SUITE}),
    "none": Shown({ORDERS: MADE, **SUITE}),
    "not the flow": Shown(SUITE),
    "too few units": Shown({ORDERS: MADE, BUSY: MADE, **SUITE}, cases=1),
}
ENDS = ("open", "finished", "aborted", "pull request")
WORDS = {"pass": "pass", "drift": "drift", "insufficient": "not enough", "open": "not enough"}


class World:
    """A fleet with production and a history of the suite; runs come one after the other."""

    def __init__(self, history: str, *, busy: bool) -> None:
        self.fleet = Fleet(Policy(comparisons=(COMPARISON,)))
        self.runs = 0
        # BUSY has most of the traffic where a run shall have too few units of what counts.
        self._production({ORDERS: (1000, 1), **dict.fromkeys(LIGHT, (20, 1)), BUSY: (1000, 9)})
        before = [Shown({ORDERS: calls, **SUITE}) for calls in HISTORIES[history]]
        if busy:
            before[-1] = Shown({**before[-1].flows, BUSY: MADE}, cases=1)
        for shown in before:
            self.run(shown)

    def _production(self, traffic: Mapping[FlowId, tuple[int, int]]) -> None:
        flows = [(flow, weight) for flow, (traces, weight) in traffic.items() for _ in range(traces)]
        rows = [row(n, flow=flow, weight=UNIT_WEIGHT * w, began=n) for n, (flow, w) in enumerate(flows)]
        hour = 60 * MINUTE
        self.fleet.log.append(header(PRODUCTION, log_time=hour, low_times={"production": 0}), *rows)
        out = header(PRODUCTION, low=len(rows), log_time=hour, at_end=True, low_times={"production": hour})
        self.fleet.log.append(out)

    def run(self, shown: Shown, end: str = "finished", name: str = "") -> str:
        """A run of the suite; its id."""
        begin = LogTime((DAY_OF_RUNS + 20 * self.runs) * MINUTE)
        name, first = name or f"ci-{self.runs}", 10_000 * (self.runs + 1)
        self.runs += 1
        place: dict[str, Any] = {"environment": "integration", "suite": "nightly", "run": name}
        flows = {ORDERS: shown.flows[ORDERS]} if end == "aborted" and ORDERS in shown.flows else shown.flows
        if end == "aborted" and BUSY in shown.flows:
            flows = {**flows, BUSY: MADE}
        if end == "aborted" and ORDERS not in shown.flows:
            flows = {LIGHT[0]: MADE}
        tests = [(flow, calls, n) for flow, calls in flows.items() for n in range(shown.cases)]
        rows = [
            row(first + n, flow=flow, calls=calls, case=f"case {case}", began=begin, **place)
            for n, (flow, calls, case) in enumerate(tests)
        ]
        marks = (("vcs.ref.head.name", "feature" if end == "pull request" else "main"),)
        here, runs = {"integration": begin}, {("integration", name): (begin, begin)}
        head = header(TESTS, low=first, log_time=begin, low_times=here, runs=runs, marks=marks)
        self.fleet.log.append(head, *rows)
        if end in ("finished", "pull request"):
            self.fleet.log.command(Finish("integration", name, LogTime(begin + 1)))
        if end != "open":
            later = begin + 9 * MINUTE
            low_times = {"integration": later}
            self.fleet.log.append(header(TESTS, low=first + 500, log_time=later, low_times=low_times))
        self.fleet.settle()
        return name

    def verdict(self, run: str) -> dict[str, Any]:
        """What the API answers."""
        told: dict[str, Any] = to_builtins(run_verdict(view_of(self.fleet.records), run, COMPARISON))
        return told


def expected(shows: str, end: str) -> str:
    """The state of a run: what other runs did has no part in it."""
    if end == "open":
        return "open"
    return {"the difference": "drift", "none": "pass"}.get(shows, "insufficient")


SAME_SUITE = [shows for shows in SHOWS if shows != "too few units"]


@pytest.mark.parametrize(("history", "shows", "end"), list(product(HISTORIES, SHOWS, ENDS)))
def test_the_gate_speaks_of_this_run(
    history: str, shows: str, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own units decide, whatever other runs did or show; people read a word and at most ten findings."""
    world = World(history, busy=shows not in SAME_SUITE)
    told = world.verdict(world.run(SHOWS[shows], end, name="this"))
    assert told["state"] == expected(shows, end)
    assert_short(told, capsys)
    if shows in SAME_SUITE:
        assert world.verdict(world.run(SHOWS["none"], name="next"))["state"] == "pass"


def assert_short(told: Mapping[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """In the text for people the state stands first, then at most so many findings, each once."""
    print_verdict(told)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{WORDS[told['state']]}  this: ")
    starts = [line for line in lines if line.startswith("  ") and not line.startswith("    ")]
    findings = [line for line in starts if not line.startswith(("  not judged", "  and "))]
    assert len(findings) <= SHOWN
    assert len(findings) == len(set(findings))


@pytest.mark.parametrize("history", HISTORIES)
def test_what_a_run_did_not_prove_is_counted(history: str) -> None:
    """Flows of the suite that it missed, and paths with too little evidence: all of them in JSON."""
    world = World(history, busy=False)
    told = world.verdict(world.run(SHOWS["not the flow"], "aborted"))
    assert told["missed"] == len(LIGHT)  # ORDERS and all but one of the light ones
    assert f"{len(LIGHT)} flows of the suite that did not run" in told["not_judged"]
    assert len(told["unproven"]) == told["insufficient"] + told["missed"]


@pytest.mark.parametrize("shows", ["none", "not the flow"])
def test_the_drift_of_other_runs_is_a_note(shows: str) -> None:
    """It is still open and does not count against the run; where the run missed the flow, that is said."""
    world = World("drifting", busy=False)
    told = world.verdict(world.run(SHOWS[shows]))
    assert told["drift"] == 0
    if shows == "none":
        [note] = told["notes"]
        assert note.startswith("shop POST /orders: Not shown by this run, and still open over others: ")
    else:
        assert "shop POST /orders: This run did not exercise it." in told["unproven"]
