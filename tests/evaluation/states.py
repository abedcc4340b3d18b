"""The verdict on each primitive after every unit: `state_of` on its evidence, its effect and its power."""

from collections.abc import Iterable, Iterator, Sequence

from monitor.dimensions.dimension import Severity
from monitor.drift.policy import Policy
from monitor.drift.signal import Signal
from monitor.drift.verdict import State, state_of
from monitor.stats import mean, mix, rate
from monitor.stats.effects import total_variation
from monitor.stats.huber import reference_error
from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.timing import TWICE_AS_SLOW

POLICY = Policy()
RHO = 3.0
INTEREST = 0.2
"""What `ok` excludes of a mix, beyond its tolerance."""


def judged(evidence: float, beyond: bool, units: int, needed: int) -> State:
    """The state; a stream fires at the threshold of pages where its effect lies beyond the tolerance."""
    signal = Signal(
        outcome="ok",
        dimension="structure",
        severity=Severity.PAGES,
        subject="what the metric measures",
        service="shop",
        effect=0.0,
        noise_floor=0.0,
        evidence=evidence,
        beyond=beyond,
        reference_n=0,
        candidate_n=units,
        missing=max(0, needed - units),
        firing=beyond and evidence >= POLICY.page,
        onset=None,
        says="",
    )
    return state_of(signal, POLICY)


def rate_states(xs: Iterable[float], present: int, traces: int) -> Iterator[State]:
    """After each x in [0, 1], against production that had it in `present` of `traces`."""
    low, high = widened(*clopper_pearson(present, traces), RHO)
    prior = present / traces if traces else 0.5
    detector, total = rate.Rate(), 0.0
    needed = rate.units_to_tell(True, low, high, prior, POLICY.warn)
    for n, x in enumerate(xs, start=1):
        total += x
        evidence = detector.update(x, low, high, prior)
        yield judged(evidence, not low <= total / n <= high, n, needed)


def mix_states(
    units: Iterable[Sequence[float]], production: tuple[float, ...], traces: int, tolerance: float
) -> Iterator[State]:
    """After each unit, against proportions that are known from so many production traces."""
    k = len(production)
    delta = tolerance + reference_error(k, traces)
    detector, total = mix.Mix(k), [0.0] * k
    needed = mix.units_to_tell(k, delta, tolerance + INTEREST, POLICY.warn)
    for n, unit in enumerate(units, start=1):
        total = [seen + share for seen, share in zip(total, unit, strict=True)]
        beyond = total_variation(production, [seen / n for seen in total]) > delta
        yield judged(detector.update(unit, production, delta), beyond, n, needed)


def mean_states(xs: Iterable[float], tau: float) -> Iterator[State]:
    """After each x, the share of production that is faster."""
    low, high = 0.5 - tau, 0.5 + tau
    detector, total = mean.Mean(), 0.0
    needed = mean.units_to_tell(low, high, *TWICE_AS_SLOW, POLICY.warn)
    for n, x in enumerate(xs, start=1):
        total += x
        yield judged(detector.update(x, low, high), not low <= total / n <= high, n, needed)


def worst(*streams: Iterator[State]) -> list[State]:
    """After each unit, the worst state of several detectors: what people see of the flow."""
    return [max(states, key=lambda state: state.rank) for states in zip(*streams, strict=True)]
