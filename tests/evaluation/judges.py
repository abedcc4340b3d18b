"""What others judge by, once and on all values at hand: Kayenta's judge and the usual two-sample tests."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2_contingency, ks_2samp, norm, rankdata

from tests.evaluation.traffic import Array

CONFIDENCE = 0.98
TOLERANCE = 0.25
"""Of the Hodges-Lehmann estimate; both are what Kayenta's judge and the reports of its users have."""

SIGNIFICANT = 0.05


def mann_whitney_judge(experiment: Sequence[float], control: Sequence[float]) -> str:
    """'high' or 'low' where the interval of the shift clears the tolerance, else 'pass'; 'nodata' of none.

    The interval is that of the rank sum's normal approximation with ties and continuity correction (Bauer
    1972, as in R's wilcox.test); the bounds are +-TOLERANCE of the estimate.
    """
    if not (experiment and control):
        return "nodata"
    low, estimate, high = shift_interval(np.array(experiment), np.array(control))
    bound = TOLERANCE * abs(estimate)
    return "high" if low > bound else "low" if high < -bound else "pass"


def shift_interval(x: Array, y: Array) -> tuple[float, float, float]:
    """Lower end, Hodges-Lehmann estimate and upper end of x less y, at CONFIDENCE."""
    z = float(norm.isf((1.0 - CONFIDENCE) / 2.0))
    ends = float(x.min() - y.max()), float(x.max() - y.min())

    def at(quantile: float) -> float:
        if _standardised(x, y, ends[0]) <= quantile:
            return ends[0]
        if _standardised(x, y, ends[1]) >= quantile:
            return ends[1]
        return float(brentq(lambda shift: _standardised(x, y, shift) - quantile, *ends, xtol=1e-4))

    return at(z), at(0.0), at(-z)


def _standardised(x: Array, y: Array, shift: float) -> float:
    n, m = len(x), len(y)
    ranks = rankdata(np.concatenate([x - shift, y]))
    over = float(ranks[:n].sum()) - n * (n + 1) / 2 - n * m / 2
    _, ties = np.unique(ranks, return_counts=True)
    variance = n * m / 12 * (n + m + 1 - float((ties**3 - ties).sum()) / ((n + m) * (n + m - 1)))
    return float((over - np.sign(over) * 0.5) / np.sqrt(variance))


def chi_square_drifts(counts: Sequence[float], production: Sequence[float]) -> bool:
    """Whether two rows of counts differ significantly."""
    return bool(chi2_contingency([counts, production]).pvalue < SIGNIFICANT)


def kolmogorov_drifts(experiment: Array, control: Array) -> bool:
    """Whether two samples differ significantly."""
    return bool(ks_2samp(experiment, control).pvalue < SIGNIFICANT)
