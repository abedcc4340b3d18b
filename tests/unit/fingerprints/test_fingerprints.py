"""Fingerprints, tallies, units and samples: what is counted, and what is bounded."""

from typing import get_args

import pytest

from monitor.base.units import LogTime
from monitor.dimensions.dimension import SLOTS
from monitor.dimensions.structure import STRUCTURE
from monitor.dimensions.trait import Trait
from monitor.fingerprints import tally as tallies
from monitor.fingerprints.digest import digest_of
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.sample import SIZE, sampled, with_one
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import PART_MS, Batch, OpenUnits, UnitKind, batch_of
from monitor.flows.flow import Flaw, Node, Operation, Outcome
from monitor.wire.span import Kind
from tests.rows import row
from tests.traits import call

ENTRY = Operation("shop", Kind.SERVER, "POST /orders")
CHARGE = call("POST /charge")
KINDS = get_args(UnitKind)


def tally_of(*calls: tuple[str, ...]) -> Tally:
    tally = Tally()
    for place, some in enumerate(calls):
        tally.observe(row(place, calls=some))
    return tally


def test_presence_counts_traces_not_calls() -> None:
    """A trace that makes a call twice counts once."""
    tally = tally_of(("POST /charge", "POST /charge"), ("POST /charge",), ())
    assert (tally.traces, tally.had[ENTRY], tally.had[CHARGE]) == (3, 3, 2)


def test_a_partner_is_no_edge_of_its_own() -> None:
    """The SERVER below a CLIENT and the CONSUMER below a PRODUCER belong to the caller's edge."""
    for caller, partner in ((Kind.CLIENT, Kind.SERVER), (Kind.PRODUCER, Kind.CONSUMER)):
        shape = (
            Node(ENTRY, -1),
            Node(Operation("shop", caller, "out"), 0),
            Node(Operation("pay", partner, "in"), 1),
            Node(Operation("pay", Kind.CLIENT, "db"), 2),
        )
        calls = list(STRUCTURE.evidence.extract(digest_of(shape).variant))
        assert [str(each) for each in calls] == ["pay in -> db", "shop POST /orders -> out"]


def test_an_edge_names_the_other_service_only() -> None:
    """Inside one service the callee's name is enough; across services both are named."""
    assert str(CHARGE) == "shop POST /orders -> POST /charge"
    other = CHARGE._replace(what=Operation("pay", Kind.SERVER, "POST /charge"))
    assert str(other) == "shop POST /orders -> pay POST /charge"


def test_operations_of_a_path_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit things are not counted, and the absence of one is not claimed."""
    monkeypatch.setattr(tallies, "MOST_VARIANTS", 1)
    monkeypatch.setattr(tallies, "MOST_THINGS", 5)
    tally = tally_of(("a",), ("c", "d"), ("a",))
    assert [str(thing) for thing in tally.things if isinstance(thing, Trait)] == ["shop POST /orders -> a"]
    assert tally.share(call("a")) == 2 / 3
    assert tally.share(CHARGE) is None
    assert Tally.unpack(tally.pack()) == tally


def test_incomplete_flows_are_counted_apart() -> None:
    """Incomplete flows are traffic, with a time and an example, and no evidence."""
    fingerprint = Fingerprint()
    fingerprint.observe(row(1, began=50))
    fingerprint.observe(row(2, began=20, flaws=Flaw.ORPHANED))
    assert (fingerprint.traces, fingerprint.weight) == (2, 2048)
    assert (fingerprint.days.traces, fingerprint.incomplete) == (1, 1)
    assert (fingerprint.first, fingerprint.last) == (20, 50)
    assert len(fingerprint.examples) == 2


def test_the_newest_complete_trace_is_shown_first() -> None:
    """It shows the path as it is now; a sample of all follows, and the state of 0.1 has no more than that."""
    fingerprint = Fingerprint()
    for offset in range(20):
        fingerprint.observe(row(offset, began=offset))
    newest = row(19).trace_id.hex()
    fingerprint.observe(row(30, began=40, flaws=Flaw.ORPHANED))
    first, *others = fingerprint.traces_to_show
    assert (first, others) == (newest, [each.hex() for each in fingerprint.examples if each.hex() != newest])
    assert Fingerprint.unpack(fingerprint.pack()) == fingerprint
    assert Fingerprint.unpack(fingerprint.pack()[:-2]).newest is None
    assert Fingerprint.unpack(fingerprint.pack()[:-1]) == fingerprint  # from before versions were kept


def test_a_sample_does_not_depend_on_the_order() -> None:
    """The same few ids are kept however they come, one by one or together."""
    ids = [bytes([n]) * 16 for n in range(20)]
    one_by_one: tuple[bytes, ...] = ()
    for trace in reversed(ids):
        one_by_one = with_one(one_by_one, trace)
    assert one_by_one == sampled(ids)
    assert len(one_by_one) == SIZE


def batch(kind: UnitKind, *, run: str = "", case: str = "", began: int = 90_000) -> tuple[str, int] | None:
    """Run and start of the batch of a flow; its run began at 10 s."""
    found = batch_of(row(0, run=run, case=case, began=began), kind, 60_000, LogTime(10_000))
    return found and (found.run, found.bucket)


def test_a_batch_is_a_run_or_a_bucket() -> None:
    """A flow with a run id belongs to the run's batch, else to its minute, as the setting allows."""
    bucket, run = ("", 60_000), ("ci", 10_000)
    found = {kind: [batch(kind), batch(kind, run="ci"), batch(kind, run="ci", case="a")] for kind in KINDS}
    assert found == {
        "auto": [bucket, run, run],
        "run+case": [None, None, run],
        "run": [None, run, run],
        "bucket": [bucket, bucket, bucket],
        "trace": [bucket, run, run],
    }


def test_a_long_run_is_cut_into_half_hours() -> None:
    """A long run is cut into half hours from its beginning."""
    starts = [batch("auto", run="ci", began=at) for at in (0, 10_000 + PART_MS - 1, 10_000 + 2 * PART_MS)]
    assert starts == [("ci", 10_000), ("ci", 10_000), ("ci", 10_000 + 2 * PART_MS)]
    assert Batch("test", "ci", LogTime(5)).end(60_000) == 5 + PART_MS
    assert Batch("test", "", LogTime(5)).end(60_000) == 60_005


@pytest.mark.parametrize(
    ("kind", "units"), [("auto", 4), ("run+case", 4), ("run", 1), ("bucket", 1), ("trace", 40)]
)
def test_what_is_one_unit(kind: UnitKind, units: int) -> None:
    """Forty traces of twenty cases are as many units as slots, one, or forty, by the setting."""
    some = OpenUnits()
    for place in range(40):
        some.observe(row(place, run="ci", case=f"case {place % 20}"), kind)
    assert len(list(some.units())) == units


def test_without_a_run_cases_are_one_unit() -> None:
    """A bucket is one unit, whatever cases its traces name."""
    some = OpenUnits()
    for place in range(40):
        some.observe(row(place, case=f"case {place}"))
    assert len(list(some.units())) == 1


def test_a_run_gives_at_most_four_units_per_path() -> None:
    """A hundred cases share the slots; the units come by outcome and slot."""
    units = OpenUnits()
    for case in range(100):
        units.observe(row(case, run="ci", case=f"case {case}"))
        units.observe(row(case, run="ci", case=f"case {case}", outcome=Outcome.FAILED))
    outcomes = [outcome for outcome, _ in units.units()]
    assert outcomes == [Outcome.FAILED] * SLOTS + [Outcome.OK] * SLOTS
    assert sum(unit.traces for outcome, unit in units.units() if outcome is Outcome.OK) == 100


def test_a_unit_is_the_mean_of_its_cases() -> None:
    """Repeats inside a case do not weigh more: nine traces with the call and one case without give a half."""
    units = OpenUnits()
    for place in range(9):
        units.observe(row(place, run="ci", case="a"))
    for place, case in enumerate("bcde", 9):
        units.observe(row(place, run="ci", case=case, calls=()))
    first, *others = (unit for _, unit in units.units())
    assert [unit.presence(CHARGE) for unit in (first, *others)] == [0.5, 0.0, 0.0, 0.0]
    assert list(first.traits("structure")) == [CHARGE]


def test_a_caller_that_is_absent_says_nothing_of_its_calls() -> None:
    """Presence is conditional on the caller: without it, it is unknown, not zero."""
    units = OpenUnits()
    units.observe(row(0))
    [(_, unit)] = units.units()
    assert unit.presence(call("POST /charge", Operation("pay", Kind.SERVER, "x"))) is None


def test_incomplete_flows_are_no_evidence() -> None:
    """A unit has complete flows only."""
    units = OpenUnits()
    units.observe(row(0, flaws=Flaw.TRUNCATED))
    assert list(units.units()) == []


def test_open_units_come_back_from_storage() -> None:
    """Open units come back from storage and give the same units."""
    units = OpenUnits()
    units.observe(row(0, run="ci", case="a"))
    units.observe(row(1, run="ci", case="b", calls=(), outcome=Outcome.FAILED))
    assert list(OpenUnits.unpack(units.pack()).units()) == list(units.units())


def test_fingerprints_compare_by_their_counts() -> None:
    """Equal counts are equal, whatever else is compared is not."""
    assert Fingerprint() == Fingerprint()
    assert tally_of(()) != tally_of()
    assert Fingerprint() != 5
    assert Tally() != 5
