"""The reference by day: what is kept, how it decays, and when a snapshot of it is due."""

import json

import pytest

from monitor.base.units import DAY_MS, HOUR_MS, LogTime
from monitor.fingerprints import things as things_module
from monitor.fingerprints.days import Days
from monitor.fingerprints.snapshot import Share, Size, Snapshot
from monitor.flows.flow import Operation
from monitor.flows.notes import asks
from tests.rows import row
from tests.traits import call

CHARGE = call("POST /charge")
WEEK = 7 * DAY_MS


def days_of(*traces: tuple[int, tuple[str, ...]], weight: int = 1024) -> Days:
    """One trace per (day, calls)."""
    days = Days()
    for place, (day, calls) in enumerate(traces):
        days.observe(row(place, began=day * DAY_MS + place, calls=calls, weight=weight))
    return days


def at(day: int) -> LogTime:
    return LogTime(day * DAY_MS)


def share(days: Days, day: int) -> Share:
    """Of the charge, in a snapshot of this day."""
    return Snapshot.take(days, WEEK, at(day)).of("structure").share(CHARGE)


def calls_in(snapshot: Snapshot) -> dict[str, float]:
    """In how many traces each call was."""
    shares = snapshot.of("structure").shares.get("structure", {})
    return {
        trait.what.name: known.present for trait, known in shares.items() if isinstance(trait.what, Operation)
    }


def test_a_week_halves_what_a_day_counts() -> None:
    """A hundred traces count a hundred on their day, fifty after a half life; rates stay."""
    days = days_of(*[(0, ("POST /charge",))] * 80, *[(0, ())] * 20)
    shares = [share(days, day) for day in (0, 7, 14)]
    assert shares == [Share(80, 100, False), Share(40, 50, False), Share(20, 25, False)]


def test_what_is_older_than_eight_half_lives_does_not_count() -> None:
    """And a call that only those days had is one that the reference never makes."""
    days = days_of(*[(0, ("POST /charge",))] * 9000, *[(57, ())] * 10)
    assert share(days, 56).traces > 35
    assert share(days, 57) == Share(0, 10, False)


def test_a_call_that_is_always_made_stays_one() -> None:
    """Decay and rounding treat a call and its caller alike: a hundred percent stay that."""
    days = days_of(*[(day, ("POST /charge",)) for day in range(30) for _ in range(day % 7)])
    for day in range(29, 60):
        known = share(days, day)
        assert known.present == known.traces


def test_days_that_a_wrong_clock_made_count_in_full() -> None:
    """A day in the future, by a clock that jumped back since, has an age of 0: no error, no growth."""
    snapshot = Snapshot.take(days_of((9, ()), (0, ())), WEEK, at(0))
    assert snapshot.of("structure").size == Size(2)


def test_old_days_are_forgotten_with_their_names() -> None:
    """The last days that have anything are kept; totals are not lessened."""
    days = days_of((3, ("old",)), (5, ("POST /charge",)), (400, ("POST /charge", "new")), weight=2048)
    days.forget(5)
    assert sorted(days.days) == [3, 5, 400]
    days.forget(2)
    assert (sorted(days.days), days.traces, days.weight) == ([5, 400], 3, 3 * 2048)
    assert [operation.name for operation in days.operations] == ["POST /orders", "POST /charge", "new"]
    assert Days.unpack(json.loads(json.dumps(days.pack()))) == days
    same = days_of((5, ("POST /charge",)), (400, ("POST /charge", "new")), weight=2048)
    assert calls_in(Snapshot.take(days, WEEK, at(400))) == calls_in(Snapshot.take(same, WEEK, at(400)))


def test_counting_goes_on_after_forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names have other places then, and shapes that were counted before are counted there."""
    monkeypatch.setattr(things_module, "_MOST_REMEMBERED", 2)
    monkeypatch.setattr("monitor.fingerprints.days.MOST_VARIANTS", 0)
    old, new = (0, ("old",)), (1, ("POST /charge",))
    days = days_of(old, new)
    days.forget(1)
    for day, calls in (new, (1, ("third",)), new):
        days.observe(row(9, began=day * DAY_MS, calls=calls))
    assert calls_in(Snapshot.take(days, WEEK, at(1))) == {"POST /charge": 3, "third": 1}


def test_weights_count_with_their_effective_size() -> None:
    """Ten traces that stand for a hundred each and ten of one: the share is theirs, the size that of Kish."""
    days = days_of(*[(0, ("POST /charge",))] * 10, weight=102_400).merge(days_of(*[(0, ())] * 10))
    known = share(days, 0)
    assert known.weighted
    assert known.traces == pytest.approx(1010**2 / (10 * 100**2 + 10))
    assert known.present / known.traces == pytest.approx(1000 / 1010)


def test_equal_weights_change_no_share() -> None:
    """A sampler that keeps one of a hundred leaves a reference of as many traces as came."""
    days = days_of(*[(0, ("POST /charge",))] * 8, *[(0, ())] * 2, weight=102_400)
    known = share(days, 0)
    assert (known.present, known.traces) == pytest.approx((8, 10))


def test_weights_of_nothing_are_no_reference() -> None:
    """Traces that stand for none are counted and say nothing; no division fails."""
    days = days_of((0, ("POST /charge",)), weight=0)
    assert (Snapshot.take(days, WEEK, at(0)).traces, share(days, 0)) == (0, Share(0, 0, False))


def test_names_beyond_the_limit_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all calls are counted, one without a count is unknown, not absent."""
    monkeypatch.setattr(things_module, "MOST_THINGS", 1)
    monkeypatch.setattr("monitor.fingerprints.days.MOST_VARIANTS", 0)
    days = days_of((0, ("a", "b")))
    assert list(calls_in(Snapshot.take(days, WEEK, at(0)))) == ["a"]
    assert share(days, 0) == Share(0, 0, False)


def test_a_snapshot_is_due_by_growth_or_by_the_hour() -> None:
    """A quarter more traces, or an hour later or earlier; else the old one holds."""
    days = days_of(*[(0, ())] * 100)
    snapshot = Snapshot.take(days, WEEK, at(1))
    assert not snapshot.is_due(days, at(1))
    assert snapshot.is_due(days, LogTime(at(1) + HOUR_MS))
    assert snapshot.is_due(days, LogTime(at(1) - HOUR_MS))
    assert not snapshot.is_due(days.merge(days_of(*[(0, ())] * 24)), at(1))
    assert snapshot.is_due(days.merge(days_of(*[(0, ())] * 25)), at(1))


@pytest.mark.parametrize("weight", [1024, 2048])
def test_a_snapshot_comes_back_from_storage(weight: int) -> None:
    """Packed and unpacked it says the same."""
    snapshot = Snapshot.take(days_of((0, ("a", "b")), (3, ("a",)), (3, ()), weight=weight), WEEK, at(4))
    again = Snapshot.unpack(json.loads(json.dumps(snapshot.pack())))
    assert again.pack() == snapshot.pack()
    one, other = again.of("structure"), snapshot.of("structure")
    assert (one.shares, one.givens, one.size) == (other.shares, other.givens, other.size)
    assert "structure" in one.complete


def test_what_stands_on_a_trait_comes_back_with_its_size() -> None:
    """Whom a call asks is asked of the traces that say it, also after a restart."""
    days = Days()
    for number in range(4):
        flow = row(number, calls=("POST /charge",))
        entry, charge = flow.shape
        days.observe(flow._replace(shape=(entry, charge._replace(notes=(asks("payments"),)))))
    taken = Snapshot.take(days, WEEK, at(0))
    again = Snapshot.unpack(json.loads(json.dumps(taken.pack())))
    assert again.of("dependency").shares == taken.of("dependency").shares
