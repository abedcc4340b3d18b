"""How many units `Mix` and `Mean` need: what the verdict `insufficient` rests on."""

import pytest

from monitor.stats import mean, mix
from monitor.stats.mean import Mean
from monitor.stats.timing import TWICE_AS_SLOW

THRESHOLDS = [10.0**digits for digits in range(1, 10)]


@pytest.mark.parametrize(
    ("categories", "delta", "expected"),
    [
        (2, 0.1, (63, 151, 241)),
        (8, 0.1, (81, 164, 262)),
        (8, 0.25, (82, 181, 264)),
        (16, 0.1, (88, 246, 365)),
    ],
)
def test_a_mix_needs_so_many_units(categories: int, delta: float, expected: tuple[int, int, int]) -> None:
    """The table at A = 1e3, 1e6 and 1e9 for a difference of .2 beyond the tolerance."""
    assert tuple(mix.units_to_tell(categories, delta, delta + 0.2, a) for a in (1e3, 1e6, 1e9)) == expected


@pytest.mark.parametrize(("tau", "expected"), [(0.1, (55, 111, 167)), (0.15, (99, 251, 403))])
def test_a_slower_operation_needs_so_many_units(tau: float, expected: tuple[int, int, int]) -> None:
    """The table at A = 1e3, 1e6 and 1e9 for an operation twice as slow; twice as fast is as hard."""
    for level in (TWICE_AS_SLOW[0], 1.0 - TWICE_AS_SLOW[0]):
        effect = (level, TWICE_AS_SLOW[1])
        found = tuple(mean.units_to_tell(0.5 - tau, 0.5 + tau, *effect, a) for a in (1e3, 1e6, 1e9))
        assert found == expected


def test_more_certainty_takes_more_units() -> None:
    """The units needed never fall when the threshold rises."""
    mixes = [mix.units_to_tell(8, 0.1, 0.3, a) for a in THRESHOLDS]
    means = [mean.units_to_tell(0.4, 0.6, 0.8, 0.03, a) for a in THRESHOLDS]
    assert mixes == sorted(mixes)
    assert means == sorted(means)


def test_what_lies_within_the_tolerance_is_never_told() -> None:
    """The answer lies beyond the limit, not at it; so does a reference too small for the effect."""
    assert mix.units_to_tell(8, 0.3, 0.3, 1e3) == 4097
    assert mix.units_to_tell(8, 1.0, 1.2, 1e3) == 4097
    assert mix.units_to_tell(8, 0.1, 0.12, 1e3, limit=5) == 6
    assert mean.units_to_tell(0.4, 0.6, 0.6, 0.03, 1e3) == 4097
    assert mean.units_to_tell(0.0, 1.0, 1.0, 0.0, 1e3) == 4097


def test_distances_are_rounded_to_the_safe_side() -> None:
    """A tolerance is rounded up and an effect down to the hundredth: few questions, no ok too soon."""
    assert mix.units_to_tell(8, 0.101, 0.3, 1e6) == mix.units_to_tell(8, 0.11, 0.3, 1e6)
    assert mix.units_to_tell(8, 0.1, 0.309, 1e6) == mix.units_to_tell(8, 0.1, 0.3, 1e6)
    assert mix.units_to_tell(8, 0.1, 0.1 + 0.2, 1e6) == mix.units_to_tell(8, 0.1, 0.3, 1e6)
    assert mean.units_to_tell(0.395, 0.605, 0.8, 0.03, 1e6) == mean.units_to_tell(0.39, 0.61, 0.8, 0.03, 1e6)
    assert mean.units_to_tell(0.4, 0.3 + 0.3, 0.8, 0.03, 1e6) == mean.units_to_tell(0.4, 0.6, 0.8, 0.03, 1e6)


@pytest.mark.parametrize(("level", "variance"), [(1.0, 0.0), (1.0, 0.3), (0.9, 0.5), (0.0, 0.1), (0.5, 0.0)])
def test_a_variance_that_no_law_has_is_cut(level: float, variance: float) -> None:
    """The typical units stay between 0 and 1 and keep their mean, whatever is asked."""
    assert mean.units_to_tell(0.2, 0.45, level, variance, 1e3) < 100


def test_a_constant_is_told_by_the_exact_fold() -> None:
    """Without variance the answer is what a detector fed with that constant needs."""
    detector = Mean()
    while detector.update(0.9, 0.4, 0.6) < 1e6:
        pass
    assert mean.units_to_tell(0.4, 0.6, 0.9, 0.0, 1e6) == detector.units
