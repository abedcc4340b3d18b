"""From signals to verdicts, episodes, events and reports: the rules, one by one."""

from dataclasses import replace

import pytest
from msgspec import structs
from pydantic import ValidationError

from monitor.base.moments import rfc3339
from monitor.base.units import LogTime
from monitor.dimensions.dimension import Severity
from monitor.dimensions.structure import STRUCTURE
from monitor.drift.judge import About, Episode, episode_id, judge
from monitor.drift.policy import (
    AlertSettings,
    Comparison,
    EvidenceSettings,
    GateSettings,
    Policy,
    RunSettings,
    policy_of,
)
from monitor.drift.records.alert import Alert
from monitor.drift.records.latest import Latest
from monitor.drift.report import UnknownComparisonError, build_report
from monitor.drift.signal import Signal
from monitor.drift.verdict import Examples, State, Verdict, score, shown, state_of, verdict
from monitor.flows.flow import Outcome
from monitor.ledgers.coverage import COVERAGE

POLICY = Policy(page=1e6, warn=1e3)
ABOUT = About("prod-test", "shop POST /orders", "structure")


def signal(
    *, evidence: float = 0, beyond: bool = True, firing: bool = False, missing: int = 0, subject: str = "call"
) -> Signal:
    return Signal(
        outcome=Outcome.OK,
        dimension=STRUCTURE.name,
        severity=Severity.PAGES,
        subject=subject,
        service="shop",
        effect=1.0,
        noise_floor=0.1,
        evidence=evidence,
        beyond=beyond,
        reference_n=1000,
        candidate_n=4,
        missing=missing,
        firing=firing,
        onset=LogTime(5),
        says="a reason",
    )


def line(state: State, subject: str = "call", *, evidence: float = 1e4) -> Verdict:
    """A verdict of this state."""
    examples = Examples(("a" * 32, "b" * 32), ("c" * 32,))
    plain = verdict(signal(evidence=evidence, subject=subject), "shop POST /orders", POLICY, examples)
    return structs.replace(plain, state=state)


@pytest.mark.parametrize(
    ("evidence", "beyond", "firing", "missing", "state"),
    [
        (1e6, True, True, 0, State.DRIFT),
        (0, False, True, 9, State.DRIFT),
        (1e6, True, False, 0, State.SUSPECT),
        (1e6, False, False, 0, State.OK),
        (1e3, True, False, 9, State.SUSPECT),
        (999, True, False, 1, State.INSUFFICIENT),
        (999, True, False, 0, State.INSUFFICIENT),
        (0, False, False, 3, State.INSUFFICIENT),
    ],
)
def test_what_a_signal_supports(
    evidence: float, beyond: bool, firing: bool, missing: int, state: State
) -> None:
    """What fires is drift, whatever it is now; suspicion needs evidence and an effect, 'ok' needs power."""
    told = signal(evidence=evidence, beyond=beyond, firing=firing, missing=missing)
    assert state_of(told, POLICY) is state


def test_findings_hide_the_line_for_the_path() -> None:
    """A report shows every finding, the worst first; without one, the line that speaks for the path."""
    path = line(State.INSUFFICIENT, "")
    fine, suspect, drift = line(State.OK, "a"), line(State.SUSPECT, "b"), line(State.DRIFT, "c")
    assert shown([path, fine, suspect, drift]) == [drift, suspect]
    assert shown([path, fine]) == [path]


def test_the_score_is_the_largest_effect_of_a_finding() -> None:
    """A flow's score is the largest effect of its findings; what is ok or unknown adds nothing."""
    assert score([line(State.OK), line(State.INSUFFICIENT)]) == 0.0
    assert score([line(State.OK), line(State.SUSPECT)]) == 1.0


def story(*states: State) -> list[Alert]:
    """Events of an episode that goes through these states, one per second."""
    episode, events = Episode(), []
    for moment, state in enumerate(states):
        episode, alerts = judge(ABOUT, STRUCTURE, [line(state)], episode, LogTime(moment * 1000))
        events += alerts
    return events


@pytest.mark.parametrize(
    ("states", "phases"),
    [
        ((State.OK, State.INSUFFICIENT, State.OK), []),
        ((State.SUSPECT, State.SUSPECT), ["pending"]),
        ((State.SUSPECT, State.OK), ["pending", "resolved"]),
        ((State.SUSPECT, State.DRIFT, State.OK), ["pending", "firing", "resolved"]),
        ((State.DRIFT, State.INSUFFICIENT), ["firing", "resolved"]),
        ((State.DRIFT, State.SUSPECT, State.DRIFT), ["firing", "resolved", "pending", "firing"]),
    ],
)
def test_the_phases_of_an_episode(states: tuple[State, ...], phases: list[str]) -> None:
    """Pending while suspect, firing at drift, resolved when it leaves drift; else silence."""
    assert [event.phase for event in story(*states)] == phases


def test_what_stands_in_reports_alone_makes_no_event() -> None:
    """Its episodes are kept, and nobody is woken or warned."""
    quiet = replace(STRUCTURE, severity=Severity.REPORTS)
    drifted, events = judge(ABOUT, quiet, [line(State.DRIFT)], Episode(), LogTime(1))
    assert (drifted.state, events) == (State.DRIFT, [])
    assert judge(ABOUT, quiet, [line(State.OK)], drifted, LogTime(2))[1] == []


def test_an_episode_keeps_its_id_until_it_is_over() -> None:
    """Suspect and drift are one episode; after it was resolved the next has another id."""
    first, second, resolved, again = story(State.SUSPECT, State.DRIFT, State.OK, State.SUSPECT)
    assert first.episode == second.episode == resolved.episode
    assert first.episode == episode_id(ABOUT, 1)
    assert again.episode == episode_id(ABOUT, 2)
    assert len({event.id for event in (first, second, resolved, again)}) == 4


def test_an_event_carries_labels_without_numbers() -> None:
    """Labels are the identity; annotations are what whoever is woken needs, in the words of the report."""
    [event] = story(State.DRIFT)
    assert structs.asdict(event.labels) == {
        "alertname": "FlowDriftDetected",
        "comparison": "prod-test",
        "flow": "shop POST /orders",
        "dimension": "structure",
    }
    assert structs.asdict(event.annotations) == {
        "summary": "shop POST /orders differs between production and tests (structure)",
        "description": "a reason",
        "subject": "call",
        "outcome": "ok",
        "service": "shop",
        "since": "1970-01-01 00:00 UTC",
        "moved": "unknown",
        "began_with": "",
        "reference_trace": "a" * 32,
        "candidate_trace": "c" * 32,
    }
    assert event.severity == "critical"


def test_what_does_not_differ_is_never_called_unproven() -> None:
    """A line that waits for more evidence says so only of a difference."""
    said = [
        verdict(signal(beyond=beyond, missing=3), "shop GET /", POLICY, Examples())
        for beyond in (True, False)
    ]
    assert [line.state for line in said] == [State.INSUFFICIENT, State.INSUFFICIENT]
    assert said[0].reason == "a reason That is not proven yet: more test runs of this flow would decide."
    assert said[1].reason == "a reason"


def test_every_phase_has_a_headline() -> None:
    """A drift may be, is, and is over; of a flow that a suite lost it is said in words of its own."""
    first, second, third = story(State.SUSPECT, State.DRIFT, State.OK)
    assert [event.annotations.summary for event in (first, second, third)] == [
        "shop POST /orders may differ between production and tests (structure)",
        "shop POST /orders differs between production and tests (structure)",
        "shop POST /orders no longer differs between production and tests (structure)",
    ]
    about = About("prod-test", "shop POST /orders", "coverage")
    _, [lost] = judge(about, COVERAGE, [line(State.DRIFT)], Episode(), LogTime(1))
    assert lost.annotations.summary == "Tests no longer exercise shop POST /orders"


def test_the_worst_line_speaks() -> None:
    """Of several lines the worst state counts, then the strongest evidence; without any, nothing changes."""
    lines = [line(State.SUSPECT, "a"), line(State.DRIFT, "b"), line(State.DRIFT, "c", evidence=1e9)]
    _, [event] = judge(ABOUT, STRUCTURE, lines, Episode(), LogTime(1))
    assert structs.asdict(event.annotations)["subject"] == "c"
    assert judge(ABOUT, STRUCTURE, [], Episode(), LogTime(1)) == (Episode(), [])


def test_an_episode_ends_when_nothing_is_said_any_more() -> None:
    """A setting that ends a judgement ends its alert; there is nothing to say of what is well."""
    episode, _ = judge(ABOUT, STRUCTURE, [line(State.DRIFT)], Episode(), LogTime(1))
    ended, [event] = judge(ABOUT, STRUCTURE, [], episode, LogTime(2))
    assert (ended.state, event.phase, event.onset) == (State.INSUFFICIENT, "resolved", None)
    assert judge(ABOUT, STRUCTURE, [], ended, LogTime(3)) == (ended, [])
    assert judge(ABOUT, STRUCTURE, [], Episode(State.OK), LogTime(3))[1] == []


def test_the_policy_follows_the_budget() -> None:
    """Thresholds come from the projected updates; until then they are the least ones."""
    some = (Comparison(name="a", reference="production", candidate="test"),)
    plain = policy_of(some, EvidenceSettings(), RunSettings(), AlertSettings(), 10_000, GateSettings())
    assert (plain.page, plain.warn) == (1e6, 1e3)
    busy = AlertSettings(expected_updates_per_30d=3e8, false_pages_per_30d=2)
    policy = policy_of(some, EvidenceSettings(), RunSettings(), busy, 10_000, GateSettings())
    assert (policy.page, policy.warn) == (1.5e8, 1e7)
    assert policy.of_candidate("test") == some
    assert policy.of_candidate("production") == ()
    assert policy.compares("production")
    assert not policy.compares("staging")


def test_a_comparison_is_part_of_keys() -> None:
    """The name of a comparison may not hold a slash."""
    with pytest.raises(ValidationError):
        Comparison(name="a/b", reference="production", candidate="test")


def test_an_unknown_comparison_is_an_error() -> None:
    """A report on a comparison of which nothing is known is an error."""
    with pytest.raises(UnknownComparisonError):
        build_report(Latest(), "prod-test")


def test_times_are_told_in_utc() -> None:
    """Times are written to the millisecond in UTC, and stay within the calendar's years."""
    assert rfc3339(None) is None
    assert rfc3339(1_700_000_000_123) == "2023-11-14T22:13:20.123Z"
    assert rfc3339(-5) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(10**18) == "9999-12-31T23:59:59.000Z"
