"""Good-Turing's missing mass, against streams whose missing mass is known."""

import random
from collections import Counter
from itertools import accumulate
from statistics import fmean

import pytest

from monitor.stats.missing_mass import missing_mass, missing_mass_upper

SHARES = [1.0 / rank for rank in range(1, 501)]
CUMULATIVE = list(accumulate(SHARES))


def draw(rng: random.Random, traces: int) -> tuple[float, float, float]:
    """True missing mass, estimate and upper bound after `traces` draws from 500 Zipf variants."""
    seen = Counter(rng.choices(range(500), cum_weights=CUMULATIVE, k=traces))
    times = Counter(seen.values())
    true = 1.0 - sum(SHARES[variant] for variant in seen) / CUMULATIVE[-1]
    return true, missing_mass(times[1], traces), missing_mass_upper(times[1], times[2], traces)


def test_the_estimate_has_no_bias() -> None:
    """On average the estimate is the share of traffic in variants not yet seen."""
    true, estimate, _ = zip(*[draw(random.Random(seed), 1500) for seed in range(60)], strict=True)
    assert fmean(estimate) == pytest.approx(fmean(true), rel=0.05)


def test_the_upper_bound_holds_nineteen_times_in_twenty() -> None:
    """The truth lies below the bound in at least 94 % of the streams."""
    draws = [draw(random.Random(seed), 1500) for seed in range(100)]
    assert sum(true <= upper for true, _, upper in draws) >= 94


def test_before_the_first_trace_everything_is_missing() -> None:
    """Without a trace the missing mass is the whole."""
    assert missing_mass(0, 0) == missing_mass_upper(0, 0, 0) == 1.0


def test_one_trace_says_that_the_next_may_be_new() -> None:
    """A single trace, seen once, leaves the bound at 1."""
    assert missing_mass_upper(1, 0, 1) == 1.0


def test_nothing_seen_only_once_leaves_the_rule_of_three() -> None:
    """Without singletons and doubletons the bound is 3 / N."""
    assert missing_mass_upper(0, 0, 1000) == pytest.approx(0.003)
