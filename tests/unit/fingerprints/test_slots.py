"""How the cases of a run become its units: evenly, whatever their names and the order of their traces."""

import json
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import LogTime
from monitor.dimensions.dimension import SLOTS
from monitor.dimensions.outcome import OUTCOME
from monitor.fingerprints import units as units_module
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import (
    Batch,
    OpenUnits,
    Origin,
    Unit,
    UnitKind,
    Values,
    by_outcome,
    in_turn,
    shares_of,
)
from monitor.flows.flow import Flow, Outcome
from tests.rows import row

MOST = 5
names = st.text(min_size=1, max_size=3)


def traces(cases: Sequence[str], rng: Random) -> list[Flow]:
    """Some traces of each case, with and without the call, most of them ok."""
    return [
        row(
            place,
            run="ci",
            case=case,
            calls=("POST /charge",) if rng.random() < 0.7 else (),
            outcome=rng.choice((Outcome.OK, Outcome.OK, Outcome.FAILED)),
        )
        for place, case in enumerate(list(cases) * 3)
    ]


def opened(flows: Sequence[Flow], kind: UnitKind = "auto") -> OpenUnits:
    units = OpenUnits()
    for flow in flows:
        units.observe(flow, kind)
    return units


def read(units: OpenUnits) -> tuple[dict[Outcome, list[Unit]], list[Values]]:
    return by_outcome(units), shares_of(units, OUTCOME.evidence)


@given(cases=st.lists(names, unique=True, min_size=1, max_size=12))
def test_cases_are_spread_evenly(cases: list[str]) -> None:
    """n cases give min(4, n) units, and no two units differ by more than one case."""
    units = opened([row(place, run="ci", case=case) for place, case in enumerate(cases)])
    sizes = [len(unit.cases) for _, unit in units.units()]
    assert (len(sizes), sum(sizes)) == (min(SLOTS, len(cases)), len(cases))
    assert max(sizes) - min(sizes) <= 1
    assert len(shares_of(units, OUTCOME.evidence)) == len(sizes)


@given(cases=st.lists(names, max_size=3 * MOST), rng=st.randoms(use_true_random=False), cut=st.floats(0, 1))
def test_the_order_of_arrival_does_not_matter(cases: list[str], rng: Random, cut: float) -> None:
    """Nor does a restart: however the traces of a run come, more cases than can be told apart among them."""
    flows = traces(cases, rng)
    shuffled = rng.sample(flows, len(flows))
    place = round(cut * len(flows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units_module, "MOST_CASES", MOST)
        restored = OpenUnits.unpack(json.loads(json.dumps(opened(shuffled[:place]).pack())))
        for flow in shuffled[place:]:
            restored.observe(flow)
        assert read(opened(flows)) == read(opened(shuffled)) == read(restored)


def test_the_cases_of_a_batch_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones by name are distinguished; all others count as one case, and no trace is left out."""
    monkeypatch.setattr(units_module, "MOST_CASES", 3)
    some = opened([row(place, run="ci", case=f"case {place:03}") for place in reversed(range(200))])
    assert sorted(member.case for member in some.tallies) == ["", "case 000", "case 001", "case 002"]
    assert sorted(unit.traces for _, unit in some.units()) == [1, 1, 1, 197]


def test_traces_without_a_case_are_one_more() -> None:
    """A run gives at most four units, also where some of its traces belong to no case."""
    flows = [row(place, run="ci", case=case) for place, case in enumerate(("a", "b", "c", "d", "", ""))]
    assert [unit.traces for _, unit in opened(flows).units()] == [3, 1, 1, 1]


def test_units_of_version_0_1_are_read() -> None:
    """It packed the number of a slot beside each case, and a nameless tally a slot beyond the limit."""
    one, other = Tally(), Tally()
    one.observe(row(0))
    other.observe(row(1, calls=()))
    packed = [["ok", "3", "a", one.pack()], ["ok", "1", "", one.pack()], ["ok", "2", "", other.pack()]]
    trace = "00" * 16
    units = OpenUnits.unpack([*packed, ["failed", trace, "", one.pack()]])
    assert [(*member, tally.traces) for member, tally in units.tallies.items()] == [
        ("ok", "", "a", 1),
        ("ok", "", "", 2),
        ("failed", trace, "", 1),
    ]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("", None),
        ("ci-1 60000", Origin("ci-1", 60_000)),
        ("my run 7 60000", Origin("my run 7", 60_000)),
        (" 60000", Origin("", 60_000)),
        ("12", Origin("", 12)),
        ("ci-1", Origin("ci-1", 0)),
    ],
)
def test_the_origins_of_version_0_1_are_read(text: str, origin: Origin | None) -> None:
    """It packed them as text: run and part, a bucket, a slice of production, or a complete run."""
    assert Origin.read(text) == origin
    assert Origin.read(json.loads(json.dumps(origin))) == origin


def test_traces_are_fed_one_by_one_by_their_starts() -> None:
    """As units of their own, each with its own origin; what shares a batch is fed together."""
    flows = [row(place, began=began, case="c", run="ci") for place, began in enumerate((7000, 2000, 9000))]
    batch = Batch("production", "ci", LogTime(0))
    [(_, alone)] = by_outcome(opened(flows, "trace")).items()
    turns = list(in_turn(alone, batch, LogTime(0)))
    assert [(len(together), at, origin.run) for together, origin, at in turns] == [
        (1, 2000, "ci"),
        (1, 7000, "ci"),
        (1, 9000, "ci"),
    ]
    assert len({origin for _, origin, _ in turns}) == 3
    [(_, cases)] = by_outcome(opened(flows)).items()
    assert [(origin, at) for _, origin, at in in_turn(cases, batch, LogTime(0))] == [(batch.origin, 0)]
    shares = shares_of(opened(flows, "trace"), OUTCOME.evidence)
    assert [at for _, _, at in in_turn(shares, batch, LogTime(0))] == [2000, 7000, 9000]


def test_the_origin_of_a_trace_comes_back_from_storage() -> None:
    """Others are stored as the release before stored them."""
    for origin, plain in ((Origin("ci", 3, "ab"), ["ci", 3, "ab"]), (Origin("ci", 3), ["ci", 3])):
        assert origin.pack() == plain
        assert Origin.read(plain) == origin
