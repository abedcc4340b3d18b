"""What may be read from production, by how its traces were sampled (statistics 3).

Choosing traces by chance, of all flows alike, changes no share. A tail sampler looks at traces first: one
that keeps every failed trace shows far more failures than there are, one that keeps slow traces shows them
slower. What is asked of traces with one outcome (structure, and which tests cover them) stays as it is.
Sampling weights put shares right where the sampler that looked states them; they put no times right, which
are counted without weights.
"""

from typing import Literal

from monitor.fingerprints.outcomes import Outcomes

Sampling = Literal["head", "tail", "none", "unknown"]
"""Before a trace is known, after, not at all; unknown: nobody has said."""


def tells_outcomes(sampling: Sampling, outcomes: Outcomes) -> bool:
    """Whether shares of outcomes are production's own.

    After a tail sampler they are only where weights differ from trace to trace: one weight for all was stated
    by a sampler before it. Where nobody has said, any weight is taken for what the sampler did.
    """
    if sampling == "tail":
        return outcomes.unevenly_weighted
    return sampling != "unknown" or outcomes.weighted


def tells_times(sampling: Sampling) -> bool:
    """Whether times are production's own: a tail sampler may have looked at them."""
    return sampling != "tail"
