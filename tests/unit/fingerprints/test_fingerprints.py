"""Fingerprints, tallies, units and samples: what is counted, and what is bounded."""

from typing import get_args

import pytest

from monitor.base.units import LogTime
from monitor.fingerprints import tally as tallies
from monitor.fingerprints import units as units_module
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.sample import SIZE, sampled, with_one
from monitor.fingerprints.structure import Edge, structure_of
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import PART_MS, SLOTS, Batch, OpenUnits, UnitKind, batch_of
from monitor.flows.flow import Flaw, Node, Operation, Outcome
from monitor.wire.span import Kind
from tests.rows import row

ENTRY = Operation("shop", Kind.SERVER, "POST /orders")
CHARGE = Operation("shop", Kind.CLIENT, "POST /charge")
EDGE = Edge(ENTRY, CHARGE)
KINDS = get_args(UnitKind)


def tally_of(*calls: tuple[str, ...]) -> Tally:
    tally = Tally()
    for place, some in enumerate(calls):
        tally.observe(row(place, calls=some))
    return tally


def test_presence_counts_traces_not_calls() -> None:
    """A trace that makes a call twice counts once."""
    tally = tally_of(("POST /charge", "POST /charge"), ("POST /charge",), ())
    assert (tally.traces, tally.operations[ENTRY], tally.edges[EDGE]) == (3, 3, 2)


def test_a_partner_is_no_edge_of_its_own() -> None:
    """The SERVER below a CLIENT and the CONSUMER below a PRODUCER belong to the caller's edge."""
    for caller, partner in ((Kind.CLIENT, Kind.SERVER), (Kind.PRODUCER, Kind.CONSUMER)):
        shape = (
            Node(ENTRY, -1),
            Node(Operation("shop", caller, "out"), 0),
            Node(Operation("pay", partner, "in"), 1),
            Node(Operation("pay", Kind.CLIENT, "db"), 2),
        )
        edges = structure_of(shape).edges
        assert [(edge.caller.name, edge.callee.name) for edge in edges] == [
            ("POST /orders", "out"),
            ("in", "db"),
        ]


def test_an_edge_names_the_other_service_only() -> None:
    """Inside one service the callee's name is enough; across services both are named."""
    assert str(EDGE) == "shop POST /orders -> POST /charge"
    assert str(Edge(ENTRY, CHARGE._replace(service="pay"))) == "shop POST /orders -> pay POST /charge"


def test_the_structures_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the cache by identity is full it starts anew, and answers stay right."""
    monkeypatch.setattr("monitor.fingerprints.structure._MOST_RECENT", 2)
    shapes = [row(0, calls=(f"call {n}",)).shape for n in range(5)]
    assert [structure_of(shape).edges[0].callee.name for shape in shapes] == [f"call {n}" for n in range(5)]


def test_operations_of_a_path_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit names are not counted, no count is without its caller, and absence is not claimed."""
    monkeypatch.setattr(tallies, "MOST", 3)
    tally = tally_of(("a", "b"), ("c", "d"), ("a",))
    assert [operation.name for operation in tally.operations] == ["POST /orders", "a", "b"]
    assert [edge.callee.name for edge in tally.edges] == ["a", "b"]
    assert not tally.lacks(Edge(ENTRY, CHARGE))
    assert Tally.unpack(tally.pack()) == tally


def test_squares_of_weights_may_pass_64_bits() -> None:
    """Stored as text, they come back whole."""
    tally = Tally()
    tally.observe(row(0, weight=1 << 40))
    assert Tally.unpack(tally.pack()).squares == 1 << 80


def test_incomplete_flows_are_counted_apart() -> None:
    """Incomplete flows are traffic, with a time and an example, and no evidence."""
    fingerprint = Fingerprint()
    fingerprint.observe(row(1, began=50))
    fingerprint.observe(row(2, began=20, flaws=Flaw.ORPHANED))
    assert (fingerprint.traces, fingerprint.weight) == (2, 2048)
    assert (fingerprint.days.traces, fingerprint.incomplete) == (1, 1)
    assert (fingerprint.first, fingerprint.last) == (20, 50)
    assert len(fingerprint.examples) == 2


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


def test_the_cases_of_a_batch_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases with ever new names are counted together, in the slots where they belong."""
    monkeypatch.setattr(units_module, "MOST_CASES", 3)
    some = OpenUnits()
    for place in range(200):
        some.observe(row(place, run="ci", case=f"case {place}"))
    assert len(some.tallies) == 3 + SLOTS
    assert sum(unit.traces for _, unit in some.units()) == 200


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
    names = [f"case {n}" for n in range(40)]
    first, second = same_slot(names)
    for place in range(9):
        units.observe(row(place, run="ci", case=first))
    units.observe(row(9, run="ci", case=second, calls=()))
    [(_, unit)] = units.units()
    assert unit.presence(EDGE) == 0.5
    assert list(unit.edges()) == [EDGE]


def same_slot(names: list[str]) -> tuple[str, str]:
    """Two names that share a slot."""
    for name in names[1:]:
        units = OpenUnits()
        units.observe(row(0, run="ci", case=names[0]))
        units.observe(row(1, run="ci", case=name))
        if len(list(units.units())) == 1:
            return names[0], name
    raise AssertionError("40 names and no two in one of four slots")


def test_a_caller_that_is_absent_says_nothing_of_its_calls() -> None:
    """Presence is conditional on the caller: without it, it is unknown, not zero."""
    units = OpenUnits()
    units.observe(row(0))
    [(_, unit)] = units.units()
    assert unit.presence(Edge(Operation("pay", Kind.SERVER, "x"), CHARGE)) is None


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
