"""From signals to verdicts, episodes and events: the rules, one by one."""

import pytest
from pydantic import ValidationError

from monitor.base.units import LogTime
from monitor.drift import coverage as coverages
from monitor.drift import structure as structures
from monitor.drift.coverage import Coverage
from monitor.drift.judge import About, Alert, Episode, episode_id, judge
from monitor.drift.policy import (
    AlertSettings,
    Comparison,
    EvidenceSettings,
    Policy,
    RunSettings,
    policy_of,
)
from monitor.drift.report import UnknownComparisonError, build_report, rfc3339
from monitor.drift.signal import Dimension, Signal
from monitor.drift.stream import Expected, Stream
from monitor.drift.structure import MOST_UNITS, Structure, needed, production, share
from monitor.drift.verdict import State, Verdict, score, shown, state_of, verdict
from monitor.fingerprints import tally as tallies
from monitor.fingerprints.structure import Edge
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Unit
from monitor.flows.flow import Operation, Outcome
from monitor.wire.span import Kind
from tests.rows import row

POLICY = Policy(page=1e6, warn=1e3)
ABOUT = About("prod-test", "shop POST /orders", "structure")
ENTRY = Operation("shop", Kind.SERVER, "POST /orders")


def signal(
    *, evidence: float = 0, beyond: bool = True, batches: int = 2, missing: int = 0, subject: str = "call"
) -> Signal:
    return Signal(
        outcome=Outcome.OK,
        dimension=Dimension.STRUCTURE,
        subject=subject,
        service="shop",
        effect=1.0,
        noise_floor=0.1,
        evidence=evidence,
        beyond=beyond,
        reference_n=1000,
        candidate_n=4,
        missing=missing,
        batches=batches,
        onset=LogTime(5),
        says="a reason",
    )


def line(state: State, subject: str = "call", *, evidence: float = 1e4) -> Verdict:
    """A verdict of this state."""
    plain = verdict(signal(evidence=evidence, subject=subject), "shop POST /orders", POLICY, {})
    return Verdict(**{**plain.plain(), "state": state})


@pytest.mark.parametrize(
    ("evidence", "beyond", "batches", "missing", "state"),
    [
        (1e6, True, 2, 0, State.DRIFT),
        (1e6, True, 1, 0, State.SUSPECT),
        (1e6, False, 2, 0, State.OK),
        (999_999, True, 2, 0, State.SUSPECT),
        (1e3, True, 1, 9, State.SUSPECT),
        (999, True, 2, 1, State.INSUFFICIENT),
        (999, True, 2, 0, State.OK),
        (0, False, 0, 3, State.INSUFFICIENT),
    ],
)
def test_what_a_signal_supports(
    evidence: float, beyond: bool, batches: int, missing: int, state: State
) -> None:
    """Drift needs evidence, an effect and two runs; suspicion less; 'ok' needs power."""
    told = signal(evidence=evidence, beyond=beyond, batches=batches, missing=missing)
    assert state_of(told, POLICY) is state


def test_findings_hide_the_line_for_the_path() -> None:
    """A report shows every finding, the worst first; without one, the line that speaks for the path."""
    path = line(State.INSUFFICIENT, "")
    fine, suspect, drift = line(State.OK, "a"), line(State.SUSPECT, "b"), line(State.DRIFT, "c")
    assert shown([path, fine, suspect, drift]) == [drift, suspect]
    assert shown([path, fine]) == [path]


def test_the_score_is_the_largest_effect_of_a_finding() -> None:
    """What is fine, or not known, does not count."""
    assert score([line(State.OK), line(State.INSUFFICIENT)]) == 0.0
    assert score([line(State.OK), line(State.SUSPECT)]) == 1.0


def story(*states: State) -> list[Alert]:
    """Events of an episode that goes through these states, one per second."""
    episode, events = Episode(), []
    for moment, state in enumerate(states):
        episode, alerts = judge(ABOUT, [line(state)], episode, LogTime(moment * 1000))
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
    """Pending while suspect, firing at drift, resolved when it leaves drift; silence while nothing changes."""
    assert [event.value["phase"] for event in story(*states)] == phases


def test_an_episode_keeps_its_id_until_it_is_over() -> None:
    """Suspect and drift are one episode; after it was resolved the next has another id."""
    first, second, resolved, again = story(State.SUSPECT, State.DRIFT, State.OK, State.SUSPECT)
    assert first.value["episode"] == second.value["episode"] == resolved.value["episode"]
    assert first.value["episode"] == episode_id(ABOUT, 1)
    assert again.value["episode"] == episode_id(ABOUT, 2)
    assert len({event.id for event in (first, second, resolved, again)}) == 4


def test_an_event_carries_labels_without_numbers() -> None:
    """Labels are the identity, the subject and the reason are annotations."""
    [event] = story(State.DRIFT)
    assert event.value["labels"] == {
        "alertname": "FlowDriftDetected",
        "comparison": "prod-test",
        "flow": "shop POST /orders",
        "dimension": "structure",
    }
    assert event.value["annotations"]["description"] == "a reason"
    assert event.value["severity"] == "critical"


def test_the_worst_line_speaks() -> None:
    """Of several lines the worst state counts, then the strongest evidence; without any, nothing changes."""
    lines = [line(State.SUSPECT, "a"), line(State.DRIFT, "b"), line(State.DRIFT, "c", evidence=1e9)]
    _, [event] = judge(ABOUT, lines, Episode(), LogTime(1))
    assert event.value["annotations"]["subject"] == "c"
    assert judge(ABOUT, [], Episode(), LogTime(1)) == (Episode(), [])


def test_batches_and_mean_count_from_the_onset() -> None:
    """Quiet units before a drift do not thin out what is said of it, nor count as its runs."""
    stream = Stream()
    assert stream.mean is None
    expected = Expected(0.97, 1.0, 1.0)
    for number in range(20):
        stream.feed(1.0, expected, f"run {number}", LogTime(number))
    for _ in range(3):
        stream.feed(0.0, expected, "bad", LogTime(99))
    assert (stream.batches, stream.onset, stream.mean) == (1, 99, 0.0)
    stream.feed(0.0, expected, "worse", LogTime(100))
    assert (stream.batches, stream.onset) == (2, 99)
    assert Stream.unpack(stream.pack()).pack() == stream.pack()


def reference(traces: int, calls: tuple[str, ...] = ("POST /charge",)) -> Tally:
    tally = Tally()
    for place in range(traces):
        tally.observe(row(place, calls=calls))
    return tally


def unit(*calls: str) -> Unit:
    return Unit((reference(1, calls),))


def feed(structure: Structure, known: Tally, *units: Unit) -> None:
    for number, one in enumerate(units):
        structure.feed(one, known, f"run {number}", LogTime(number))


def test_a_branch_that_production_takes_now_and_then_is_no_evidence() -> None:
    """Between 1 and 95 % of production an edge has no detector: tests choose branches on purpose."""
    known = reference(60).merge(reference(40, ()))
    structure = Structure()
    feed(structure, known, unit(), unit("POST /charge"))
    assert (structure.streams, structure.updates, structure.units) == ({}, 0, 2)


def test_a_call_that_comes_late_has_its_past_folded() -> None:
    """A test-only call first seen after many units starts with those absences, so it tells later."""
    known = reference(2000)
    early, late = Structure(), Structure()
    feed(early, known, *[unit("POST /charge", "seed")] * 3)
    feed(late, known, *[unit("POST /charge")] * 50, *[unit("POST /charge", "seed")] * 3)
    edge = Edge(ENTRY, Operation("shop", Kind.CLIENT, "seed"))
    assert late.streams[edge].rate.units == 53
    assert early.streams[edge].rate.evidence >= 1e3


def test_the_detectors_of_a_path_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls with ever new names get no detector beyond the limit."""
    monkeypatch.setattr(structures, "MOST_STREAMS", 2)
    structure = Structure()
    feed(structure, reference(100), *[unit("POST /charge", f"call {n}") for n in range(5)])
    assert len(structure.streams) == 2


def test_what_was_not_counted_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where production has more calls than are counted, an unknown one is not taken for test-only."""
    monkeypatch.setattr(tallies, "MOST", 2)
    known = reference(1000, ("a", "b", "c"))
    edge = Edge(ENTRY, Operation("shop", Kind.CLIENT, "c"))
    assert not production(known, edge).judged


def test_an_edge_that_production_lost_is_not_shown() -> None:
    """A detector without any reference behind it says nothing."""
    structure = Structure()
    feed(structure, reference(1000), unit(), unit())
    [path] = structure.signals(Outcome.OK, Tally(), 1e3)
    assert path.subject == ""
    assert path.says == "The reference has no complete trace of this path: too few for a verdict."


def test_power_grows_with_the_reference() -> None:
    """The units needed fall with its size, are never understated, and say when it is hopeless."""
    assert needed(0, 1e3) == needed(1, 1e3) == MOST_UNITS + 1
    sizes = [needed(traces, 1e3) for traces in (30, 100, 1000, 20_000, 10**6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-2] == 2


def test_a_share_is_never_rounded_to_nothing_or_all() -> None:
    """What is not zero does not read as zero."""
    assert [share(rate) for rate in (0, 0.0001, 0.5, 0.9999, 1)] == [
        "0 %",
        "under 0.1 %",
        "50 %",
        "over 99.9 %",
        "100 %",
    ]


def test_coverage_counts_from_the_first_run_that_had_the_flow() -> None:
    """Runs before it say nothing; the same run twice in a row counts once."""
    coverage = Coverage()
    coverage.feed("nightly", "a", seen=False, at=LogTime(1))
    assert coverage.signals(1e3) == []
    coverage.feed("nightly", "b", seen=True, at=LogTime(2))
    coverage.feed("nightly", "b", seen=True, at=LogTime(2))
    [told] = coverage.signals(1e3)
    assert (told.candidate_n, told.beyond) == (1, False)
    assert told.says == "The last complete run of suite nightly exercised this flow."


def test_coverage_says_how_many_runs_missed_the_flow() -> None:
    """The reason counts the runs since the loss began."""
    coverage = Coverage()
    for number in range(9):
        coverage.feed("nightly", str(number), seen=True, at=LogTime(number))
    for number in range(9, 12):
        coverage.feed("nightly", str(number), seen=False, at=LogTime(number))
    [told] = coverage.signals(1e3)
    assert told.says.startswith("Suite nightly exercised this flow before;")
    assert told.says.endswith("complete runs did not.")
    assert told.beyond


def test_suites_of_a_flow_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suites that ran last are followed."""
    monkeypatch.setattr(coverages, "MOST_SUITES", 2)
    coverage = Coverage()
    for suite in ("a", "b", "a", "c"):
        coverage.feed(suite, f"{suite} {len(coverage.suites)}", seen=True, at=LogTime(1))
    assert list(coverage.suites) == ["a", "c"]
    assert list(Coverage.unpack(coverage.pack()).suites) == ["a", "c"]


def test_the_policy_follows_the_budget() -> None:
    """Thresholds come from the projected updates; until then they are the least ones."""
    some = (Comparison(name="a", reference="production", candidate="test"),)
    plain = policy_of(some, EvidenceSettings(), RunSettings(), AlertSettings(), 10_000)
    assert (plain.page, plain.warn) == (1e6, 1e3)
    busy = AlertSettings(expected_updates_per_30d=3e8, false_pages_per_30d=2)
    policy = policy_of(some, EvidenceSettings(), RunSettings(), busy, 10_000)
    assert (policy.page, policy.warn) == (1.5e8, 1e7)
    assert policy.of_candidate("test") == some
    assert policy.of_candidate("production") == ()
    assert policy.compares("production")
    assert not policy.compares("staging")


def test_a_comparison_is_part_of_keys() -> None:
    """Its name may not hold a slash."""
    with pytest.raises(ValidationError):
        Comparison(name="a/b", reference="production", candidate="test")


def test_an_unknown_comparison_is_an_error() -> None:
    """Until the owner has spoken there is no report."""
    with pytest.raises(UnknownComparisonError):
        build_report({}, "prod-test")


def test_times_are_told_in_utc() -> None:
    """Milliseconds, UTC, and no year that a calendar does not have."""
    assert rfc3339(None) is None
    assert rfc3339(1_700_000_000_123) == "2023-11-14T22:13:20.123Z"
    assert rfc3339(-5) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(10**18) == "9999-12-31T23:59:59.000Z"
