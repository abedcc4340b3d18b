"""Many e-values at once: the findings of one finished run, and how evidence may be merged.

An e-value is evidence at a time fixed before looking: the product of `Detector.bet` over the units of one
run, not the M of a stream that is looked at all the time (its running maximum is no e-value).
"""

from collections.abc import Sequence
from math import isnan, prod


def discoveries(e_values: Sequence[float], rate: float = 0.1) -> list[int]:
    """e-BH: which hypotheses to reject, as places in `e_values`, in order.

    Of the rejected, at most `rate` are expected to be true, however the e-values depend on each other: the
    k largest are rejected, k the largest number for which the k-th largest is at least m / (rate k). A
    NaN is no evidence. ValueError unless 0 < rate <= 1. Source: Wang and Ramdas (JRSSB 84, 2022).
    """
    if not 0.0 < rate <= 1.0:
        raise ValueError(f"a false discovery rate of {rate}: give one above 0, at most 1")
    m = len(e_values)
    known = [0.0 if isnan(e) else e for e in e_values]
    ranked = sorted(range(m), key=lambda place: (-known[place], place))
    enough = [k for k, place in enumerate(ranked, start=1) if rate * k * known[place] >= m]
    return sorted(ranked[: enough[-1]]) if enough else []


def merged_dependent(e_values: Sequence[float]) -> float:
    """One e-value of several about the same hypothesis, whatever their dependence: the mean; 1.0 of none.

    Means of M over dimensions of a flow are detectors too. Source: Vovk and Wang (Ann. Statist. 49, 2021).
    """
    return sum(e_values) / len(e_values) if e_values else 1.0


def merged_disjoint(e_values: Sequence[float]) -> float:
    """One e-value of several from disjoint units, each bet knowing only the past: the product."""
    return prod(e_values)
