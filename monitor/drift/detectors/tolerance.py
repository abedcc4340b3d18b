"""What is tolerated of a trait, by how often production has it: the rules behind every presence detector."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from monitor.dimensions import BEHAVIOUR, Whole, has, traits_had
from monitor.dimensions.dimension import Presence
from monitor.dimensions.trait import Trait
from monitor.drift.detectors.stream import Expected
from monitor.fingerprints.snapshot import Share, Size, Snapshot
from monitor.fingerprints.span_gaps import lost_by
from monitor.stats.interval import clopper_pearson, widened, wilson
from monitor.stats.rate import units_to_tell

NEARLY_ALL = 0.99
HARDLY_ANY = 0.001
MOST_UNITS = 4096
"""A reference that needs more units than this before it can decide anything is too small for a verdict."""
Lost = Mapping[str, float]
"""The share of its spans that each service loses; 1.0 where nothing can be said of what is missing."""
NONE_LOST: Lost = MappingProxyType({})


@lru_cache(maxsize=65536)
def expected(known: Share, judge: Presence, lost: float = 0.0) -> Expected:
    """The tolerated rate of a trait that production has in a share of its traces.

    One-sided, as the question is: tests may always make a call that production nearly always makes.
    Counts are whole and have an exact interval; effective ones (weighted) have Wilson's. lost: the share of
    the traces with it that do not show it, since spans get lost on the way: there it is not missing.
    """
    rate = known.present / known.traces
    exact = (round(known.present), round(known.traces))
    interval = wilson(rate, known.traces) if known.weighted else clopper_pearson(*exact)
    low, high = widened(*interval, judge.rho)
    error = max(rate - interval[0], interval[1] - rate)
    low = 0.0 if rate <= judge.never else low * (1.0 - lost)
    return Expected(low, 1.0 if rate >= judge.always else high, rate, error)


def is_branch(known: Share, judge: Presence) -> bool:
    """Whether production has it now and then: that is no evidence for anything."""
    return known.traces > 0 and judge.never < known.present / known.traces < judge.always


def is_always(known: Share, judge: Presence) -> bool:
    """Whether production has it wherever the question arises."""
    return known.traces > 0 and known.present / known.traces >= judge.always


def is_usual(done: Whole, reference: Snapshot) -> bool:
    """Whether a trace has what nearly every one of the reference has, and nothing that hardly any has.

    done: its variant, its order or its contents, each of which says some of that.
    """
    had = traits_had(done)
    for dimension in BEHAVIOUR:
        if dimension.name not in had:
            continue
        traits, counts = had[dimension.name], reference.of(dimension.name)
        if any(_is_rare(counts.share(trait), dimension.evidence) for trait in traits):
            return False
        for trait, known in counts.shares.get(dimension.name, {}).items():
            if known.present >= NEARLY_ALL * known.traces and trait not in traits and has(done, trait.given):
                return False
    return True


def _is_rare(known: Share, judge: Presence) -> bool:
    return known.traces > 0 and not is_branch(known, judge) and known.present <= HARDLY_ANY * known.traces


def hidden(trait: Trait, judge: Presence, lost: Lost) -> float:
    """The share of the traces with a trait that do not show it, since its spans get lost."""
    rate = lost_by(judge.seen_by(trait), lost)
    return 1.0 - judge.shown(trait, rate) if rate < 1.0 else 1.0


def needed(size: Size, judge: Presence, warn: float, lost: float = 0.0) -> int:
    """Units after which a trait of all production traces, were it missing, would have been found."""
    traces = int(size.traces)
    if traces == 0:
        return MOST_UNITS + 1
    # A little fewer traces need no fewer units; so rounded, a growing reference gives few distinct questions.
    coarse = traces >> max(0, traces.bit_length() - 5) << max(0, traces.bit_length() - 5)
    null = expected(Share(coarse, coarse, size.weighted), judge, lost).null
    return units_to_tell(False, *null, warn, MOST_UNITS)
