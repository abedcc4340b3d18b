"""The detector of a flow's outcomes: what it says when, and what it never claims."""

from collections.abc import Sequence

import orjson
import pytest

from monitor.base.units import LogTime
from monitor.dimensions.outcome import OUTCOME
from monitor.drift.detectors.split import MOST_UNITS, SplitDetector, expected
from monitor.drift.signal import Signal
from monitor.fingerprints.shares import Shares
from monitor.fingerprints.units import Origin
from monitor.stats.spread import Spread

OK, FAILED = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]
HALF = [0.5, 0.0, 0.5]
WARN = 1e3
PAGE = 1e6


def production(ok: int = 98, failed: int = 2, traces: int = 10_000) -> Shares:
    outcomes = Shares(OUTCOME.evidence)
    outcomes.reference = [ok * traces * 1024 // 100, 0, failed * traces * 1024 // 100]
    outcomes.squares = traces * 1024 * 1024
    return outcomes


def feed(
    mix: SplitDetector, unit: Sequence[float], runs: int, reference: Shares | None = None
) -> SplitDetector:
    start = mix.seen
    for number in range(start, start + runs):
        mix.feed([unit, unit], reference or production(), Origin(f"ci-{number}", 0), LogTime(number), PAGE)
    return mix


def told(mix: SplitDetector, reference: Shares | None = None) -> Signal:
    [signal] = mix.signals(reference or production(), WARN)
    return signal


def test_without_a_reference_or_units_nothing_is_said() -> None:
    """A flow that production never ends, or tests never do."""
    assert list(SplitDetector(OUTCOME).signals(production(), WARN)) == []
    mix = feed(SplitDetector(OUTCOME), OK, 3, Shares(OUTCOME.evidence))
    assert (mix.seen, list(mix.signals(Shares(OUTCOME.evidence), WARN))) == (0, [])


def test_a_run_without_complete_flows_changes_nothing() -> None:
    """Its units are none: what was said before is said again."""
    mix = feed(SplitDetector(OUTCOME), OK, 30)
    before, line = mix.pack(), told(mix)
    mix.feed([], production(), Origin("ci-99", 0), LogTime(99), PAGE)
    assert (mix.pack(), told(mix)) == (before, line)


def test_a_drift_that_is_over_says_so_at_once() -> None:
    """In the very run in which it ends there is a line, and it is no finding."""
    mix = feed(SplitDetector(OUTCOME), FAILED, 60)
    assert told(mix).firing
    while mix.witness:
        feed(mix, OK, 1)
    line = told(mix)
    assert (line.firing, line.beyond, line.subject, line.effect) == (False, False, "", 0.0)
    assert line.says == "The flows end as in production again."
    assert told(feed(mix, OK, 1)).says.startswith("In the tests so far requests ended: ok 100 %")


def test_production_that_moves_there_ends_it() -> None:
    """The witness's share lies inside the tolerance of now."""
    mix = feed(SplitDetector(OUTCOME), FAILED, 60)
    feed(mix, FAILED, 1, production(ok=0, failed=100))
    assert mix.witness is None


def test_the_tolerance_is_delta_or_productions_own_spread() -> None:
    """And the error of a small reference on top."""
    large, small, varying = production(), production(traces=64), production()
    varying.spread = Spread.unpack([100, 50])
    assert expected(large, OUTCOME.evidence).delta == pytest.approx(
        OUTCOME.evidence.delta + expected(large, OUTCOME.evidence).error
    )
    assert expected(small, OUTCOME.evidence).delta > expected(large, OUTCOME.evidence).delta
    assert expected(varying, OUTCOME.evidence).delta == pytest.approx(
        0.5 + expected(large, OUTCOME.evidence).error
    )
    varying.spread = Spread.unpack([200, 50])
    assert expected(varying, OUTCOME.evidence).delta == 1.0


def test_a_reference_unlike_itself_is_never_ok() -> None:
    """Where everything is tolerated, silence after very many units still claims nothing."""
    reference = production()
    reference.spread = Spread.unpack([200, 50])
    mix = feed(SplitDetector(OUTCOME), OK, 1, reference)
    mix.seen = 10 * MOST_UNITS
    line = told(mix, reference)
    assert line.missing > MOST_UNITS
    assert line.says.startswith("The reference is too small, or differs too much from itself")


def test_few_units_say_how_many_are_missing() -> None:
    """Then, with enough of them, the flow is ok."""
    mix = feed(SplitDetector(OUTCOME), OK, 1)
    line = told(mix)
    assert f"{line.missing} more evidence units would decide" in line.says
    assert told(feed(mix, OK, (line.missing + 1) // 2)).missing == 0


@pytest.mark.parametrize("runs", [0, 1, 20, 60])
def test_it_goes_on_from_storage_as_if_it_had_not_been_there(runs: int) -> None:
    """Before and after it fired."""
    mix = feed(SplitDetector(OUTCOME), FAILED, runs)
    again = SplitDetector.unpack(OUTCOME, orjson.loads(orjson.dumps(mix.pack())))
    for unit in (FAILED, HALF, OK):
        feed(mix, unit, 20)
        feed(again, unit, 20)
        assert again.pack() == mix.pack()
