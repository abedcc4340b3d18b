"""What others do with the durations of spans: each gate compares an operation with production, uncorrected.

Kolmogorov-Smirnov at 1 %, the population stability index over production's deciles above .2, an error rate a
hundredth above production's, a 95th percentile twice as long. A service is blamed by its worst operation.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp

from tests.evaluation.gates import psi
from tests.evaluation.real.capture import Trace
from tests.evaluation.traffic import Array

LEAST_SPANS = 20
"""Of an operation, on both sides, before a gate looks at it."""
_DECILES = np.linspace(0.1, 0.9, 9)


class Seen(NamedTuple):
    """What a gate looks at: per (service, operation) the durations in ns, and the share of errors."""

    durations: Mapping[tuple[str, str], Array]
    errors: Mapping[tuple[str, str], float]


def seen(traces: Iterable[Trace]) -> Seen:
    """The operations of these traces that have enough spans."""
    durations: dict[tuple[str, str], list[int]] = {}
    errors: dict[tuple[str, str], int] = {}
    for trace in traces:
        for span in trace.spans:
            operation = span.facts.service, span.facts.name
            durations.setdefault(operation, []).append(span.duration)
            errors[operation] = errors.get(operation, 0) + span.facts.error
    many = {name: np.array(each, float) for name, each in durations.items() if len(each) >= LEAST_SPANS}
    return Seen(many, {name: errors[name] / len(each) for name, each in many.items()})


def _ks(production: Array, tests: Array) -> float:
    return float(0.01 / max(ks_2samp(production, tests).pvalue, 1e-300))


def _psi(production: Array, tests: Array) -> float:
    edges = np.quantile(production, _DECILES)
    shares = [
        np.bincount(np.searchsorted(edges, side), minlength=10) / len(side) for side in (production, tests)
    ]
    return float(psi(shares[0][None], shares[1][None])[0] / 0.2)


def _p95(production: Array, tests: Array) -> float:
    return float(np.quantile(tests, 0.95) / max(np.quantile(production, 0.95), 1.0) / 2.0)


_OF_DURATIONS: Mapping[str, Callable[[Array, Array], float]] = {
    "KS at 1 %": _ks,
    "PSI above .2": _psi,
    "p95 twice as long": _p95,
}
GATES = (*_OF_DURATIONS, "error rate")


def scores(gate: str, production: Seen, tests: Seen) -> dict[str, float]:
    """Per service its worst statistic over the limit of the gate: from 1.0 on it alarms."""
    worst: dict[str, float] = {}
    for operation in production.durations.keys() & tests.durations.keys():
        service = operation[0]
        if gate in _OF_DURATIONS:
            score = _OF_DURATIONS[gate](production.durations[operation], tests.durations[operation])
        else:
            score = (tests.errors[operation] - production.errors[operation]) / 0.01
        worst[service] = max(worst.get(service, 0.0), score)
    return worst
