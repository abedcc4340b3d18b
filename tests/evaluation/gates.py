"""What others do: tests of equality and distances, looked at again and again. Each alarms at 1.0."""

import numpy as np
from scipy.stats import chi2

from tests.evaluation.traffic import Array

FIRST_LOOK = 20


class ChiSquareGate:
    """Chi-square of all units so far against production, p < .01, looked at from the 20th unit on."""

    def __init__(self, production: Array) -> None:
        self.p, self.counts, self.units = production, np.zeros_like(production), 0
        self.critical = float(chi2.isf(0.01, production.shape[1] - 1))

    def update(self, units: Array) -> Array:
        """Fold one unit of every stream; the statistic over its critical value."""
        self.counts, self.units = self.counts + units, self.units + 1
        expected = np.maximum(self.p * self.units, 1e-9)
        statistic = ((self.counts - expected) ** 2 / expected).sum(axis=1) / self.critical
        return np.asarray(statistic if self.units >= FIRST_LOOK else 0.0 * statistic)


class DistanceGate:
    """A distance of the last whole batch to production, over its customary limit."""

    def __init__(self, production: Array, distance: str, limit: float, batch: int = 200) -> None:
        self.p, self.limit, self.batch, self.distance = production, limit, batch, distance
        self.counts, self.units = np.zeros_like(production), 0

    def update(self, units: Array) -> Array:
        """Fold one unit of every stream; 0.0 between batches."""
        self.counts, self.units = self.counts + units, self.units + 1
        if self.units % self.batch:
            return np.zeros(len(self.p))
        q = self.counts / self.batch
        self.counts = np.zeros_like(self.p)
        return (psi(self.p, q) if self.distance == "psi" else jensen_shannon(self.p, q)) / self.limit


def psi(p: Array, q: Array) -> Array:
    """Population stability index, empty categories filled with 1e-4 as is customary."""
    p, q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=1))


def jensen_shannon(p: Array, q: Array) -> Array:
    """Jensen-Shannon distance, the square root of the divergence, natural logs."""
    middle = (p + q) / 2.0

    def divergence(a: Array) -> Array:
        return np.asarray((a * np.log(np.maximum(a, 1e-12) / np.maximum(middle, 1e-12))).sum(axis=1))

    return np.sqrt(np.maximum((divergence(p) + divergence(q)) / 2.0, 0.0))


class KolmogorovGate:
    """Kolmogorov-Smirnov of all PITs so far against uniform, p < .01, by 64 bins (so a little late)."""

    def __init__(self, streams: int) -> None:
        self.counts, self.units = np.zeros((streams, 64)), 0

    def update(self, x: Array) -> Array:
        """Fold one unit of every stream; sqrt(n) D over its critical value."""
        self.units += 1
        self.counts[np.arange(len(x)), np.minimum((x * 64).astype(int), 63)] += 1.0
        ecdf = np.cumsum(self.counts, axis=1) / self.units
        d = np.abs(ecdf - np.arange(1, 65) / 64.0).max(axis=1)
        return np.asarray(d * np.sqrt(self.units) / 1.628 * (self.units >= FIRST_LOOK))
