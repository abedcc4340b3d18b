"""The generator of the evaluation: seeded streams of units, made without the code that they test."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

CATEGORIES = 8


def zipf(k: int = CATEGORIES) -> Array:
    """Proportions 1 : 1/2 : 1/3 ..."""
    weights = 1.0 / np.arange(1, k + 1)
    return np.asarray(weights / weights.sum())


def moved(p: Array, tv: float, receivers: int = 1) -> Array:
    """Proportions at total variation `tv` from p: taken from the largest, given to the smallest ones."""
    law, left = p.copy(), tv
    for y in range(len(p) - receivers):
        taken = min(law[y], left)
        law[y] -= taken
        left -= taken
    law[-receivers:] += (tv - left) / receivers
    return law


def categories(rng: np.random.Generator, laws: Array, streams: int) -> Array:
    """One unit per stream, one-hot (streams, K); `laws` is (K,) or (streams, K)."""
    reached = np.cumsum(np.broadcast_to(laws, (streams, laws.shape[-1])), axis=1)
    reached[:, -1] = 1.0
    y = (rng.random((streams, 1)) >= reached).sum(axis=1)
    return np.asarray(np.eye(laws.shape[-1])[y])


def coins(rng: np.random.Generator, rates: Array | float, streams: int) -> Array:
    """One unit per stream, 0.0 or 1.0."""
    return (rng.random(streams) < rates).astype(np.float64)


def references(rng: np.random.Generator, p: Array, traces: int, streams: int) -> Array:
    """Each stream's own estimate of p from so many production traces."""
    return rng.multinomial(traces, p, streams) / traces


def self_times_ns(
    rng: np.random.Generator,
    medians_ns: Array,
    traces: int,
    scatter: float = 0.6,
    speeds: Array | float = 1.0,
) -> Ints:
    """Self times (traces, operations): lognormal, every trace on a machine of its own speed."""
    noise = np.exp(rng.normal(0.0, scatter, (traces, len(medians_ns))))
    return np.asarray(np.rint(medians_ns * noise * np.reshape(speeds, (-1, 1))), dtype=np.int64)
