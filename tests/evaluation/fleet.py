"""The detectors over many streams at once: the formulas a second time, in numpy.

`test_fleet.py` shows that they are those of monitor.stats, stream by stream.
"""

import numpy as np

from tests.evaluation.traffic import Array, Bools

RATE_HALF_LIVES = np.array([2.0, 16.0, 64.0, 256.0])
HALF_LIVES = np.array([16.0, 64.0, 256.0])


class Fleet:
    """M of every stream and bettor."""

    def __init__(self, streams: int, half_lives: Array) -> None:
        self.wealth = np.zeros((streams, len(half_lives)))
        self.decays = 0.5 ** (1.0 / half_lives)

    def settle(self, bets: Array) -> Array:
        """Fold S (streams, bettors) and return the evidence (streams,)."""
        self.wealth = np.where(bets != 1.0, np.minimum(bets * (self.wealth + 1.0), 1e300), self.wealth)
        return np.asarray(self.wealth.mean(axis=1))

    def restart(self, which: Bools) -> None:
        """Evidence of these streams starts anew after an alarm."""
        self.wealth[which] = 0.0


class RateFleet(Fleet):
    """`Rate`: x, and low, high and prior per stream."""

    def __init__(self, low: Array, high: Array, prior: Array) -> None:
        super().__init__(len(prior), RATE_HALF_LIVES)
        self.low, self.high, self.lean = low[:, None], high[:, None], 2.0 * (0.75 * prior[:, None] + 0.125)
        self.hits = np.zeros_like(self.wealth)
        self.weights = np.zeros(len(RATE_HALF_LIVES))

    def update(self, x: Array) -> Array:
        """Fold one unit of every stream."""
        q = (self.hits + self.lean) / (self.weights + 2.0)
        nearest, x = np.clip(q, self.low, self.high), x[:, None]
        bets = x * q / nearest + (1.0 - x) * (1.0 - q) / (1.0 - nearest)
        self.hits = self.hits * self.decays + x
        self.weights = self.weights * self.decays + 1.0
        return self.settle(np.where(q == nearest, 1.0, bets))

    def update_run(self, x: Array, units: int) -> Array:
        """Fold so many equal units of one run, learnt when it is over; returns the largest evidence."""
        before, best = (self.hits, self.weights), np.zeros(len(x))
        for _ in range(units):
            self.hits, self.weights = before
            best = np.maximum(best, self.update(x))
        self.hits, self.weights = before
        for _ in range(units):
            self.hits = self.hits * self.decays + x[:, None]
            self.weights = self.weights * self.decays + 1.0
        return best


class MixFleet(Fleet):
    """`Mix`: units (streams, K), production (streams, K) and delta per stream."""

    def __init__(self, production: Array, delta: Array) -> None:
        super().__init__(len(production), HALF_LIVES)
        self.p, self.delta = production[:, None, :], delta[:, None]
        self.counts = np.zeros((len(production), len(HALF_LIVES), production.shape[1]))
        self.unlearnt = np.zeros_like(production)
        self.units = self.waiting = 0

    def update(self, units: Array) -> Array:
        """Fold one unit of every stream."""
        if self.units < 16 or self.units % 8 == 0:
            self.counts = self.counts * (self.decays**self.waiting)[:, None] + self.unlearnt[:, None, :]
            self.unlearnt, self.waiting = np.zeros_like(self.unlearnt), 0
            q = (self.counts + 6.0 * self.p) / (self.counts.sum(axis=2, keepdims=True) + 6.0)
            self.bets = robust_bets(q, np.broadcast_to(self.p, q.shape), self.delta)
        self.units, self.waiting = self.units + 1, self.waiting + 1
        self.unlearnt = self.unlearnt + units
        bets = np.einsum("nbk,nk->nb", self.bets, units)
        return self.settle(np.where(np.ptp(self.bets, axis=2) == 0.0, 1.0, bets))


def robust_bets(q: Array, p: Array, delta: Array) -> Array:
    """Huber's clipped ratio along the last axis, by all prefixes instead of the best one."""
    ratio = np.where(p > 0.0, q / np.where(p > 0.0, p, 1.0), np.where(q > 0.0, np.inf, 1.0))
    order = np.argsort(ratio, axis=2)
    q_up, p_up = (np.take_along_axis(each, order, axis=2) for each in (q, p))
    q_from, p_from = (np.cumsum(each[..., ::-1], axis=2) for each in (q_up, p_up))
    high = (q_from / (p_from + delta[..., None] + 1e-12)).max(axis=2)
    q_to, room = np.cumsum(q_up, axis=2), np.cumsum(p_up, axis=2) - delta[..., None] - 1e-12
    low = np.where(room > 0.0, q_to / np.where(room > 0.0, room, 1.0), np.inf).min(axis=2)
    bets = np.clip(ratio, low[..., None], high[..., None])
    return np.where((np.abs(q - p).sum(axis=2) <= 2.0 * (delta + 1e-12))[..., None], 1.0, bets)


class MeanFleet(Fleet):
    """`Mean`: x per stream, one tolerance for all."""

    def __init__(self, streams: int, low: float, high: float) -> None:
        super().__init__(streams, HALF_LIVES)
        self.low, self.high = low, high
        self.weights = np.ones(len(HALF_LIVES))
        self.sums = np.full_like(self.wealth, 0.5)
        self.squares = np.full_like(self.wealth, 0.5)

    def update(self, x: Array) -> Array:
        """Fold one unit of every stream."""
        m, x = self.sums / self.weights, x[:, None]
        v = np.maximum(self.squares / self.weights - m * m, 0.0)
        over, under = m - self.high, self.low - m
        up = 1.0 + np.minimum(over / (v + over**2 + 1e-300), 0.95 / self.high) * (x - self.high)
        down = 1.0 + np.minimum(under / (v + under**2 + 1e-300), 0.95 / (1.0 - self.low)) * (self.low - x)
        self.weights = self.weights * self.decays + 1.0
        self.sums = self.sums * self.decays + x
        self.squares = self.squares * self.decays + x * x
        return self.settle(np.where(over > 0.0, up, np.where(under > 0.0, down, 1.0)))
