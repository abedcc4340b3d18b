"""Timing: six operations on a test machine of its own speed and scatter, from histograms as in the daemon."""

from typing import NamedTuple

import numpy as np

from monitor.stats.histogram import Histogram, bin_of
from monitor.stats.mean import Mean
from monitor.stats.timing import Distribution, common_move, pace_of, relative_times
from tests.evaluation.gates import KolmogorovGate
from tests.evaluation.streams import NEVER
from tests.evaluation.traffic import Array, Ints, self_times_ns

MEDIANS_NS = np.array([2e5, 1e6, 3e6, 1e7, 4e7, 1.5e8])
REMEMBERED = 16
"""Units whose usual times say how the pace moved."""
CHANGED = 4
"""The operation that is slower (or mocked) in tests; not the one that sets the pace."""


class Machine(NamedTuple):
    """Where tests run: so many times slower, with so much of production's scatter, drifting by the run."""

    slower: float = 1.8
    scatter: float = 0.8
    run_noise: float = 0.15


def histograms(times: Ints) -> dict[int, Histogram]:
    """One histogram per operation, of times (traces, operations) relative to the pace of each trace."""
    found = {op: Histogram() for op in range(times.shape[1])}
    for trace in times.tolist():
        bins = [bin_of(ns) for ns in trace]
        for op, each in enumerate(bins):
            found[op].add(each - (pace_of(bins) or 0))
    return found


def production(rng: np.random.Generator, traces: int = 5000) -> dict[int, Distribution]:
    """What production took."""
    return {op: Distribution(each) for op, each in histograms(self_times_ns(rng, MEDIANS_NS, traces)).items()}


def units(
    rng: np.random.Generator,
    known: dict[int, Distribution],
    factor: float,
    machine: Machine,
    n: int,
    traces: int,
) -> Array:
    """The x of every operation in n units (n, operations), with one operation `factor` times slower."""
    medians = MEDIANS_NS.copy()
    medians[CHANGED] *= factor
    speeds = machine.slower * np.exp(rng.normal(0.0, machine.run_noise, n))
    rows: list[list[float]] = []
    means: list[list[float]] = []
    past: list[float] = []
    for speed in speeds:
        times = self_times_ns(rng, medians, traces, 0.6 * machine.scatter, speed)
        found = relative_times(histograms(times), known, common_move(past))
        rows.append([each.x for each in found.values()])
        means.append([each.mean - known[op].mean for op, each in found.items()])
        past = [float(each) for each in np.mean(means[-REMEMBERED:], axis=0)]
    return np.array(rows)


def first_told(x: Array, tau: float, threshold: float = 1e6) -> float:
    """The unit at which `Mean` tells one operation, or NEVER."""
    mean = Mean()
    for t, value in enumerate(x.tolist(), start=1):
        if mean.update(value, 0.5 - tau, 0.5 + tau) >= threshold:
            return float(t)
    return NEVER


class Told(NamedTuple):
    """Units until the changed operation is reported, and whether any of the others was, by stream."""

    changed: Array
    others: Array


def timing_delays(
    rng: np.random.Generator,
    factor: float,
    tau: float = 0.1,
    machine: Machine | None = None,
    streams: int = 20,
    length: int = 300,
    traces: int = 1,
) -> Told:
    """Streams of so many units of so many traces, each against a production of its own."""
    changed, others = [], []
    for _ in range(streams):
        x = units(rng, production(rng, 2000), factor, machine or Machine(), length, traces)
        found = [first_told(x[:, op], tau) for op in range(x.shape[1])]
        changed.append(found.pop(CHANGED))
        others.append(min(found))
    return Told(np.array(changed), np.array(others))


def kolmogorov_false_alarms(rng: np.random.Generator, machine: Machine, streams: int, length: int) -> float:
    """Share of streams without any slower operation in which a KS gate alarms on operation CHANGED."""
    known = production(rng, 5000)
    gate = KolmogorovGate(streams)
    x = np.array([units(rng, known, 1.0, machine, length, 1)[:, CHANGED] for _ in range(streams)])
    alarmed = np.zeros(streams, dtype=bool)
    for t in range(length):
        alarmed |= gate.update(x[:, t]) >= 1.0
    return float(alarmed.mean())
