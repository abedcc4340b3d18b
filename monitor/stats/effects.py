"""How large a difference is, for people: effects say nothing of proof, and go with their noise floor."""

from collections.abc import Mapping, Sequence
from math import pi, sqrt
from typing import TypeVar

Key = TypeVar("Key")


def weighted_jaccard_distance(production: Mapping[Key, float], test: Mapping[Key, float]) -> float:
    """1 - sum min / sum max over the shares of edges or fields: 0.0 the same, 1.0 nothing in common.

    What one side lacks has share 0 there; two empty sides are the same.
    """
    larger = smaller = 0.0
    for key in [*production, *(key for key in test if key not in production)]:
        p, t = production.get(key, 0.0), test.get(key, 0.0)
        larger += max(p, t)
        smaller += min(p, t)
    return 1.0 - smaller / larger if larger else 0.0


def total_variation(production: Sequence[float], test: Sequence[float]) -> float:
    """The share of test traffic that would have to change to look like production: `Mix`, 0.0 to 1.0."""
    return sum(abs(t - p) for p, t in zip(production, test, strict=True)) / 2.0


def cliffs_delta(relative: float) -> float:
    """From x, the mean PIT of `timing`: 0.0 as fast as in production, 1.0 always slower (or faster)."""
    return abs(2.0 * relative - 1.0)


def noise_floor(categories: int, units: float) -> float:
    """The distance that chance alone brings between a share and `units` units of it, at most 1.0.

    The mean total variation of `units` draws over equally likely `categories`: sqrt((K - 1) / (2 pi n)).
    """
    return min(1.0, sqrt((categories - 1) / (2.0 * pi * units))) if units > 0.0 else 1.0
