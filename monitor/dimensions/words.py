"""The words that sentences share: how many of a thing, and which share of it."""

from monitor.dimensions.dimension import SLOTS


def counted(number: int, thing: str) -> str:
    """A number of things: `1 trace`, `1,426 traces`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def share(rate: float) -> str:
    """A rate as a percentage that never rounds something to nothing, or most to all."""
    if 0 < rate < 0.001:
        return "under 0.1 %"
    if 0.999 < rate < 1:
        return "over 99.9 %"
    return f"{100 * rate:.3g} %"


def more_evidence(missing: int, per: str) -> str:
    """How much more evidence decides; `per`: what a run gives units of, a path or a flow."""
    return (
        f"{counted(missing, 'more evidence unit')} would decide (a test run gives up to {SLOTS} per {per})."
    )
