"""Each side of a path against its own past: when it is watched, what lasts, who moved."""

from collections.abc import Iterable

import orjson
import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.dimension import Severity
from monitor.dimensions.trait import Trait
from monitor.drift import moved as moved_module
from monitor.drift.detectors.stream import RateStream
from monitor.drift.moved import LASTS_MS, MOST_SHIFTS, WATCHED, Past
from monitor.drift.shift import Shift, who_moved
from monitor.drift.signal import Signal
from monitor.fingerprints.days import Days
from monitor.fingerprints.digest import digest_of
from monitor.fingerprints.slices import BACK, SLICE_MS
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Origin, Unit
from tests.rows import row

CHARGE = ("POST /charge",)
PAGE = 1e6
EDGE = "shop POST /orders -> POST /charge"
START = 1000 * SLICE_MS


def snapshot(traces: int = 20_000, calls: tuple[str, ...] = CHARGE) -> Snapshot:
    days = Days()
    days.observe(row(0, calls=calls))
    for counts in days.variants.rows.values():
        counts[:] = type(counts)("q", [n * traces for n in counts])
    return Snapshot.take(days, 7 * DAY_MS, LogTime(0))


USUAL = snapshot()


def observed(
    times: Iterable[int], calls: tuple[str, ...], past: Past | None = None, last: Snapshot = USUAL
) -> Past:
    """Traces that began at these log times (ms) and made these calls."""
    past = past or Past()
    for number, time in enumerate(times):
        flow = row(number, calls=calls, began=time)
        if past.slices.is_over(flow.began):
            past.end_slice(flow.began, PAGE)
        if past.watching:
            past.slices.keep(flow)
        past.see(digest_of(flow.shape).done(()), last)
    return past


def seconds(first: int, last: int, step: int = 1) -> range:
    """Log times from one second after START to another."""
    return range(START + 1000 * first, START + 1000 * last, 1000 * step)


def streams(past: Past) -> dict[Trait, RateStream]:
    """The detectors of calls."""
    return past.presences["structure"].streams


def rests(past: Past) -> bool:
    """Whether nothing of it is watched."""
    return not (past.baseline or past.watching or past.slices.kept.traces or streams(past))


def unit(*calls: str) -> Unit:
    tally = Tally()
    tally.observe(row(0, calls=calls))
    return Unit((tally,))


def test_while_all_is_as_usual_a_slice_is_only_counted() -> None:
    """No baseline, no detector, and nothing of the traces is kept."""
    past = observed(seconds(0, 60), CHARGE)
    assert (past.baseline, streams(past), past.slices.kept.traces) == (None, {}, 0)
    assert past.presences["structure"].units == 60_000 // SLICE_MS


def test_what_deviates_is_watched_for_a_while() -> None:
    """One odd trace freezes the baseline and is in no unit; after WATCHED slices all is as before."""
    past = observed(seconds(0, 1), ())
    assert (past.baseline, past.watching, past.slices.kept.traces) == (USUAL, WATCHED, 0)
    observed(seconds(1, 5 * WATCHED), CHARGE, past)
    assert past.baseline is USUAL
    observed(seconds(5 * WATCHED, 5 * WATCHED + 1), CHARGE, past)
    assert rests(past)


def test_an_odd_trace_is_forgotten() -> None:
    """Once its evidence is gone the baseline thaws: one odd trace is not watched for ever."""
    past = observed(seconds(0, 6), ())
    assert streams(past)
    observed(seconds(6, 1000), CHARGE, past)
    assert past.baseline is USUAL
    observed(seconds(1000, 4000), CHARGE, past)
    assert rests(past)


def test_what_production_does_now_and_then_is_no_deviation() -> None:
    """Slices with some traces that have a rare call lie within the tolerance: they need no detector."""
    known = Snapshot.unpack(snapshot().pack())
    shares = known.of("structure").shares["structure"]
    shares.update({trait: share._replace(present=100) for trait, share in shares.items()})
    past = Past()
    for time in seconds(0, 60):
        for n in range(100):
            observed([time], CHARGE if n == 7 else (), past, known)
    assert (past.baseline, streams(past)) == (None, {})


def test_a_change_that_lasts_is_noted_and_all_is_watched_anew() -> None:
    """A change counts only once it has lasted, however clear it is."""
    past = observed(seconds(0, 200), CHARGE)
    observed(seconds(200, 500), (), past)
    [stream] = streams(past).values()
    assert stream.firing
    onset = stream.onset or 0
    assert not past.changed(LogTime(onset + LASTS_MS - 1))
    assert past.changed(LogTime(onset + LASTS_MS))
    assert past.shifts == [Shift("structure", EDGE, LogTime(onset), "")]
    assert (past.baseline, past.watching, streams(past)) == (None, 0, {})
    assert not past.changed(LogTime(onset + 2 * LASTS_MS))


def test_an_incident_that_is_over_never_lasts() -> None:
    """Two minutes without the call, then as before: nothing has changed, at any time after."""
    past = observed(seconds(0, 120), ())
    assert streams(past)
    observed(seconds(120, 600), CHARGE, past)
    assert not past.changed(LogTime(START + 20 * LASTS_MS))
    assert past.baseline is None


@pytest.mark.parametrize("lag", [6 * 60_000, 3_600_000, 20 * 3_600_000])
def test_a_partition_that_lags_makes_no_change_older(lag: int) -> None:
    """Log time goes back and forth between two partitions: a slice is a slice, and its onset is young."""
    times = [time - lag * (time // 1000 % 2) for time in seconds(0, 60)]
    past = observed(times, ())
    assert past.presences["structure"].units <= 60_000 // SLICE_MS
    assert not past.changed(LogTime(START + 60_000))


def test_a_clock_that_jumped_comes_back() -> None:
    """A slice of next year does not stop the watching of production for a year."""
    past = observed([START + 10 * BACK * SLICE_MS], CHARGE)
    observed(seconds(0, 60), (), past)
    assert streams(past)


def test_a_side_whose_role_changes_rests_where_nothing_deviates() -> None:
    """Watched as production, then fed as tests that look like it: no half-open slice is left behind."""
    past = observed(seconds(0, 3), ())
    assert past.slices.kept.traces
    past.feed([unit(*CHARGE)], USUAL, Origin("ci-1", 0), LogTime(START), PAGE)
    assert (past.baseline, past.watching, past.slices.kept.traces) == (None, 0, 0)


def test_a_run_of_tests_meets_the_baseline_before_it() -> None:
    """While tests deviate, the snapshot from before is kept; when they are back, it is let go."""
    past = Past()
    past.feed([unit()], USUAL, Origin("ci-1", 0), LogTime(0), PAGE)
    assert past.baseline is USUAL
    later = snapshot(10, ())
    past.feed([unit()], later, Origin("ci-2", 0), LogTime(1), PAGE)
    assert past.baseline is USUAL
    for number in range(400):
        past.feed([unit(*CHARGE)], USUAL, Origin(f"ci-{number}", 0), LogTime(2), PAGE)
    assert past.baseline is None


def test_shifts_that_are_remembered_are_bounded() -> None:
    """The last ones stay, and the latest one of a subject is reported."""
    past = Past()
    for number in range(MOST_SHIFTS + 2):
        start = number * 600
        observed(seconds(start, start + 100), CHARGE, past)
        observed(seconds(start + 100, start + 300), (), past)
        assert past.changed(LogTime(START + 10**9))
    assert len(past.shifts) == MOST_SHIFTS
    assert past.shift_of("structure", EDGE, LogTime(0), 1e3) == past.shifts[-1]
    assert past.shift_of("structure", EDGE, LogTime(past.shifts[-1].onset + 1), 1e3) is None
    assert past.shift_of("structure", "another", LogTime(0), 1e3) is None


def test_a_change_is_hinted_before_it_lasts() -> None:
    """A change explains a gap from the warn threshold on, and not below it."""
    past = observed(seconds(0, 40), ())
    [stream] = streams(past).values()
    assert past.shift_of("structure", EDGE, LogTime(0), stream.detector.evidence) is not None
    assert past.shift_of("structure", EDGE, LogTime(0), 2 * stream.detector.evidence) is None


def test_structures_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of shapes changes nothing, and is not more than some."""
    monkeypatch.setattr(moved_module, "_MOST_KNOWN", 2)
    past, free = Past(), Past()
    for number in range(9):
        calls = (*CHARGE, f"new {number % 4}") if number % 2 else CHARGE
        observed(seconds(number, number + 1), calls, past)
    monkeypatch.undo()
    for number in range(9):
        calls = (*CHARGE, f"new {number % 4}") if number % 2 else CHARGE
        observed(seconds(number, number + 1), calls, free)
    assert past.pack() == free.pack()


def test_a_past_comes_back_from_storage() -> None:
    """A past with baseline, detectors and shifts comes back from storage, also within a slice."""
    past = observed(seconds(0, 303), ())
    past.shifts.append(Shift("structure", "a", LogTime(1), "shop 2"))
    stored = orjson.loads(orjson.dumps(past.pack()))
    again = Past.unpack(stored)
    assert again.pack() == past.pack()
    assert (again.watching, again.slices.kept) == (past.watching, past.slices.kept)


GAP = Signal(
    outcome="ok",
    dimension="structure",
    severity=Severity.PAGES,
    subject=EDGE,
    service="shop",
    effect=1.0,
    noise_floor=0.0,
    evidence=1e9,
    beyond=True,
    reference_n=1,
    candidate_n=1,
    missing=0,
    firing=True,
    onset=LogTime(5),
    says="",
)
OURS = Shift("structure", EDGE, LogTime(1), "shop 2")
THEIRS = Shift("structure", EDGE, LogTime(2), "run ci-7")


@pytest.mark.parametrize(
    ("reference", "candidate", "new_in", "who", "began_with", "says"),
    [
        (None, None, None, "unknown", "", ""),
        (
            OURS,
            None,
            None,
            "reference",
            "shop 2",
            "Production moved (with shop 2), and the tests did not follow.",
        ),
        (None, THEIRS, None, "candidate", "run ci-7", "The tests moved (with run ci-7)."),
        (
            OURS,
            THEIRS,
            None,
            "both",
            "shop 2",
            "Both sides moved: production (with shop 2), the tests (with run ci-7).",
        ),
        (
            OURS._replace(began_with=""),
            THEIRS,
            None,
            "both",
            "run ci-7",
            "Both sides moved: production, the tests (with run ci-7).",
        ),
        (None, None, Origin("ci-9", 60), "candidate", "run ci-9", "The tests moved (with run ci-9)."),
        (None, None, Origin("", 60), "candidate", "", "The tests moved."),
        (
            OURS,
            None,
            Origin("ci-9", 60),
            "reference",
            "shop 2",
            "Production moved (with shop 2), and the tests did not follow.",
        ),
    ],
)
def test_who_moved(
    reference: Shift | None,
    candidate: Shift | None,
    new_in: Origin | None,
    who: str,
    began_with: str,
    says: str,
) -> None:
    """Whoever changed explains the gap; a gap that is new without any change is the tests'."""
    assert who_moved(reference, candidate, GAP._replace(new_in=new_in)) == (who, began_with, says)
