"""What an update costs while every bettor bets, as a share of a Python loop beside it.

Both run in turn and the best of many rounds counts, so the claim is a ratio. The loop adds STEPS products:
4 microseconds, what an update may cost, where a step takes 18 ns. The limits leave a quarter for the noise of
a machine that others use. Sixteen categories in every unit are the one case that costs more: 5.5.
`pytest -s` prints the microseconds.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from time import thread_time
from typing import Any, NamedTuple

import pytest

from monitor.stats.mean import Mean
from monitor.stats.mix import Mix
from monitor.stats.rate import Rate
from tests.benchmarks.bench_detectors import zipf

pytestmark = [pytest.mark.slow, pytest.mark.alone]

STEPS = 220
WARM_UNITS, TIMED_UNITS, ROUNDS = 64, 128, 40

Units = Sequence[Any]


class Case(NamedTuple):
    """A detector to make, its null, its units, and how much of the loop one update may cost."""

    make: Callable[[], Rate | Mix | Mean]
    null: tuple[Any, ...]
    units: Units
    most: float


def traces(k: int, cases: int) -> Units:
    """Units in which the rarest category has become common; each the mean of so many traces."""
    rng, shifted = random.Random(k), [*zipf(k)[:-1], 1.0]
    drawn = [rng.choices(range(k), shifted, k=cases) for _ in range(WARM_UNITS + TIMED_UNITS)]
    return [tuple([unit.count(y) / cases for y in range(k)]) for unit in drawn]


def shares(mean: float) -> Units:
    rng = random.Random(1)
    return [min(1.0, rng.random() * 2.0 * mean) for _ in range(WARM_UNITS + TIMED_UNITS)]


def mix(k: int, cases: int, most: float) -> Case:
    return Case(lambda: Mix(k), (zipf(k), 0.05), traces(k, cases), most)


CASES = {
    "rate": Case(Rate, (0.9, 1.0, 1.0), shares(0.4), 0.5),
    "mean": Case(Mean, (0.4, 0.6), shares(0.45), 0.8),
    "mix of 4, one trace": mix(4, 1, 1.1),
    "mix of 8, one trace": mix(8, 1, 1.25),
    "mix of 16, one trace": mix(16, 1, 1.5),
    "mix of 4, many traces": mix(4, 64, 1.4),
    "mix of 8, many traces": mix(8, 64, 1.6),
    "mix of 16, many traces": mix(16, 64, 2.2),
}


def seconds_of_update(case: Case) -> float:
    """Mean over the units after the first ones, at which bets are reconsidered every time."""
    update: Callable[..., float] = case.make().update
    for unit in case.units[:WARM_UNITS]:
        update(unit, *case.null)
    began = thread_time()
    for unit in case.units[WARM_UNITS:]:
        update(unit, *case.null)
    return (thread_time() - began) / TIMED_UNITS


def seconds_of_loop() -> float:
    """A dot product of STEPS numbers, as a loop; the mean of several."""
    numbers = [1.0 / step for step in range(1, STEPS + 1)]
    began = thread_time()
    for _ in range(TIMED_UNITS // 4):
        total = 0.0
        for x in numbers:
            total += x * x
    return (thread_time() - began) / (TIMED_UNITS // 4)


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    """Whoever measures coverage slows calls and loops by other factors: not while we measure."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.mark.parametrize("name", CASES)
def test_an_update_costs_little(name: str) -> None:
    """An update costs at most its share of the loop that runs beside it, while every bettor bets."""
    rounds = [(seconds_of_update(CASES[name]), seconds_of_loop()) for _ in range(ROUNDS)]
    update, loop = (min(column) for column in zip(*rounds, strict=True))
    print(f"{update * 1e6:6.2f} us  {update / loop:5.2f} of the loop  {name}")
    assert update <= CASES[name].most * loop
