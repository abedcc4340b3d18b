"""The presence detector: what it is fed, what it says, what bounds it."""

from collections.abc import Sequence

import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.dependency import DEPENDENCY
from monitor.dimensions.structure import STRUCTURE
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import share
from monitor.drift.detectors import presence as presences
from monitor.drift.detectors.presence import PresenceDetector
from monitor.drift.detectors.stream import Expected, RateStream
from monitor.drift.detectors.tolerance import MOST_UNITS, expected, needed
from monitor.fingerprints import things as things_module
from monitor.fingerprints.days import Days
from monitor.fingerprints.snapshot import Counts, Share, Size, Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Origin, Unit
from monitor.flows.flow import Operation, Outcome
from monitor.wire.span import Kind
from tests.rows import row
from tests.traits import ENTRY, call, client

PAGE = 1e6
CHARGE = call("POST /charge")
JUDGE = STRUCTURE.evidence


def test_batches_and_mean_count_from_the_onset() -> None:
    """Quiet units before a drift do not thin out what is said of it, nor count as its runs."""
    stream = RateStream()
    assert stream.mean is None
    tolerated = Expected(0.97, 1.0, 1.0)
    for number in range(20):
        stream.feed([1.0], tolerated, Origin(f"run {number}", 0), LogTime(number), PAGE)
    for _ in range(3):
        stream.feed([0.0], tolerated, Origin("bad", 0), LogTime(99), PAGE)
    assert [stream.batches, stream.onset, stream.mean] == [1, 99, 0.0]
    stream.feed([0.0], tolerated, Origin("worse", 0), LogTime(100), PAGE)
    assert (stream.batches, stream.onset) == (2, 99)
    assert RateStream.unpack(stream.pack()).pack() == stream.pack()


def days_of(
    traces: int, calls: tuple[str, ...] = ("POST /charge",), weights: Sequence[int] = (1024,)
) -> Days:
    days = Days()
    for place in range(traces):
        days.observe(row(place, calls=calls, weight=weights[place % len(weights)]))
    return days


def frozen(days: Days) -> Snapshot:
    return Snapshot.take(days, 7 * DAY_MS, LogTime(0))


def reference(traces: int, calls: tuple[str, ...] = ("POST /charge",)) -> Snapshot:
    return frozen(days_of(traces, calls))


def unit(*calls: str) -> Unit:
    tally = Tally()
    tally.observe(row(0, calls=calls))
    return Unit((tally,))


def feed(structure: PresenceDetector, known: Snapshot, *units: Unit) -> None:
    for number, one in enumerate(units):
        structure.feed([one], known, Origin(f"run {number}", 0), LogTime(number), PAGE)


def test_a_branch_that_production_takes_now_and_then_is_no_evidence() -> None:
    """Between 1 and 95 % of production an edge has no detector: tests choose branches on purpose."""
    known = frozen(days_of(60).merge(days_of(40, ())))
    structure = PresenceDetector(STRUCTURE)
    feed(structure, known, unit(), unit("POST /charge"))
    assert (structure.streams, structure.updates, structure.units) == ({}, 0, 2)


def test_a_call_that_became_a_branch_begins_anew() -> None:
    """Production makes it now and then by now: what was held against tests that did not is forgotten."""
    structure = PresenceDetector(STRUCTURE)
    feed(structure, reference(2000), *[unit()] * 3)
    assert structure.streams[CHARGE].detector.evidence > 1e3
    feed(structure, frozen(days_of(60).merge(days_of(40, ()))), unit())
    assert structure.streams[CHARGE].detector.units == 0


def test_a_call_that_comes_late_has_its_past_folded() -> None:
    """A test-only call first seen after many units starts with those absences, so it tells later."""
    known = reference(2000)
    early, late = PresenceDetector(STRUCTURE), PresenceDetector(STRUCTURE)
    feed(early, known, *[unit("POST /charge", "seed")] * 3)
    feed(late, known, *[unit("POST /charge")] * 50, *[unit("POST /charge", "seed")] * 3)
    seed = call("seed")
    assert late.streams[seed].detector.units == 53
    assert early.streams[seed].detector.evidence >= 1e3


def test_the_detectors_of_a_path_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls with ever new names get no detector beyond the limit."""
    monkeypatch.setattr(presences, "MOST_STREAMS", 2)
    structure = PresenceDetector(STRUCTURE)
    feed(structure, reference(100), *[unit("POST /charge", f"call {n}") for n in range(5)])
    assert len(structure.streams) == 2


def test_what_was_not_counted_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where production has more calls than are counted, an unknown one is not taken for test-only."""
    monkeypatch.setattr(things_module, "MOST_THINGS", 2)
    monkeypatch.setattr("monitor.fingerprints.days.MOST_VARIANTS", 0)
    known = reference(1000, ("a", "b", "c"))
    assert known.of("structure").share(call("c")).traces == 0


def test_an_edge_that_production_lost_is_not_shown() -> None:
    """A detector without any reference behind it says nothing."""
    structure = PresenceDetector(STRUCTURE)
    feed(structure, reference(1000), unit(), unit())
    [path] = structure.signals(Outcome.OK, Snapshot(), 1e3)
    assert path.subject == ""
    assert path.says == "The reference has no complete trace of this path: too few for a verdict."


def test_a_drift_whose_caller_production_lost_is_still_told() -> None:
    """What fired stays until it is over, and says that the reference has nothing to hold against it."""
    structure = PresenceDetector(STRUCTURE)
    feed(structure, reference(20_000), *[unit()] * 6)
    _, told = structure.signals(Outcome.OK, Snapshot(), 1e3)
    assert told.firing
    assert told.says.endswith("drifted, and production has shown nothing of its caller since.")


def test_a_gap_is_new_after_units_without_it() -> None:
    """So many that it would have been told: then the run of the onset is named, of what is not tolerated."""
    structure = PresenceDetector(STRUCTURE)
    feed(structure, reference(20_000), *[unit("POST /charge")] * 60, *[unit()] * 4)
    _, told = structure.signals(Outcome.OK, reference(20_000), 1e3)
    assert told.new_in is not None
    _, usual = structure.signals(Outcome.OK, reference(2000, ()), 1e3)
    assert usual.new_in is None


def test_power_grows_with_the_reference() -> None:
    """The units needed fall with its size, are never understated, and say when it is hopeless."""
    assert needed(Size(0), JUDGE, 1e3) == needed(Size(1), JUDGE, 1e3) == MOST_UNITS + 1
    sizes = [needed(Size(traces), JUDGE, 1e3) for traces in (30, 100, 1000, 20_000, 10**6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-2] == 2
    assert needed(Size(30, weighted=True), JUDGE, 1e3) > needed(Size(30), JUDGE, 1e3)


@pytest.mark.parametrize(
    ("asked", "made", "missing"), [(1000, "", 1), (1000, "POST /charge", 0), (500, "", 0)]
)
def test_silence_is_no_ok_where_the_tests_never_come(asked: int, made: str, missing: int) -> None:
    """Of a call that production always makes and tests never do, nobody can say that the same answers it."""
    charge = client("POST /charge")
    answer = Trait("dependency", charge, "answered by", "shop", "bank")
    counts = Counts()
    counts.size, counts.givens = Size(1000), {charge: Size(asked)}
    counts.shares = {"dependency": {answer: Share(asked, asked, weighted=False)}}
    known = Snapshot(counts={"dependency": counts})
    detector = PresenceDetector(DEPENDENCY)
    feed(detector, known, *[unit(*filter(None, [made]))] * MOST_UNITS)
    power = next(iter(detector.signals("ok", known, 1e3)))
    assert power.missing == missing
    assert power.says.startswith("The tests never come to 'shop POST /charge'") == bool(missing)


def test_ok_counts_what_the_tests_came_to() -> None:
    """A call below what the tests never reach, though production does now and then, is not one of them."""
    bank = Operation("bank", Kind.SERVER, "POST /charge")
    below = Trait("structure", bank, "writes", "bank")
    counts = Counts()
    counts.size, counts.givens = Size(1000), {ENTRY: Size(1000), bank: Size(500)}
    shares = {CHARGE: Share(1000, 1000, weighted=False), below: Share(500, 500, weighted=False)}
    counts.shares = {"structure": shares}
    known = Snapshot(counts={"structure": counts})
    detector = PresenceDetector(STRUCTURE)
    feed(detector, known, *[unit("POST /charge")] * MOST_UNITS)
    assert "(1 of 2 known calls judged)" in next(iter(detector.signals("ok", known, 1e3))).says


@pytest.mark.parametrize(("seen", "missing"), [("", True), ("POST /charge", False)])
def test_silence_is_no_ok_where_the_few_that_came_differ(seen: str, missing: bool) -> None:
    """Units that come to a branch, and do not do there what production always does, are no silence."""
    detector, known = PresenceDetector(STRUCTURE), reference(1000)
    feed(detector, known, *[unit("POST /charge")] * MOST_UNITS)
    bank = Operation("bank", Kind.SERVER, "POST /charge")
    rare = call("GET /rates", bank)
    known.counts["structure"].givens[bank] = Size(500)
    known.counts["structure"].shares["structure"][rare] = Share(500, 500, weighted=False)
    stream = detector.streams[rare] = RateStream()
    stream.feed([1.0 if seen else 0.0], Expected(0.97, 1.0, 1.0), Origin("a run", 0), LogTime(1), PAGE)
    power = next(iter(detector.signals("ok", known, 1e3)))
    assert bool(power.missing) is missing
    assert power.says.startswith("'bank POST /charge -> shop GET /rates' is not as in production") is missing


def test_the_interval_of_weighted_counts_is_wilsons() -> None:
    """Where weights differ from 1 an exact interval would claim too much; without them it is exact."""
    exact, wide = (expected(Share(1000, 1000, weighted), JUDGE) for weighted in (False, True))
    assert wide.low < exact.low < exact.prior == wide.prior
    known = frozen(days_of(1000, weights=(1024, 102_400)))
    charged = known.of("structure").share(CHARGE)
    assert not charged.present > charged.traces
    assert expected(charged, JUDGE).high == pytest.approx(1.0)


def test_a_share_is_never_rounded_to_nothing_or_all() -> None:
    """What is not zero does not read as zero."""
    assert [share(rate) for rate in (0, 0.0001, 0.5, 0.9999, 1)] == [
        "0 %",
        "under 0.1 %",
        "50 %",
        "over 99.9 %",
        "100 %",
    ]


@pytest.mark.parametrize(("present", "x"), [(960, 1.0), (994, 1.0), (6, 0.0)])
def test_tests_may_be_stricter_than_production(present: int, x: float) -> None:
    """A suite that always makes a call that production nearly always makes is never told, nor its mirror."""
    stream = RateStream()
    for number in range(3000):
        stream.feed(
            [x],
            expected(Share(present, 1000, False), JUDGE),
            Origin(f"run {number}", 0),
            LogTime(number),
            PAGE,
        )
    assert not stream.firing
    assert stream.detector.evidence < 10


def test_what_has_no_room_was_not_left_out_by_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of calls that are judged nothing is said of the others: tests may well make them."""
    monkeypatch.setattr(presences, "MOST_STREAMS", 1)
    detector = PresenceDetector(STRUCTURE)
    feed(detector, reference(1000, ("a", "b")), *[unit("a", "b")] * 40)
    power = next(iter(detector.signals("ok", reference(1000, ("a", "b")), 1e3)))
    assert "never come to" not in power.says
