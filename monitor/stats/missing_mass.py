"""Missing mass: the share of traffic in variants that production has but has not shown yet.

Source: Good, 'The population frequencies of species' (Biometrika 40, 1953), with Turing's estimate.
"""

from math import sqrt

_Z = 1.645  # one-sided 95 %


def missing_mass(singletons: int, total: int) -> float:
    """Good-Turing's estimate N1 / N: variants seen once among all traces; 1.0 before the first trace."""
    return singletons / total if total else 1.0


def missing_mass_upper(singletons: int, doubletons: int, total: int) -> float:
    """An upper bound of the missing mass at about 95 % (94 to 99 % by simulation), at most 1.0.

    `singletons` and `doubletons` are the variants seen exactly once and twice among `total` traces.
    """
    if not total:
        return 1.0
    estimate = missing_mass(singletons, total)
    spread = sqrt(singletons * (1.0 - estimate) + 2.0 * doubletons) / total
    return min(1.0, estimate + _Z * spread + 3.0 / total)
