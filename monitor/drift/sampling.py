"""What may be read from production, by how its traces were sampled (statistics 3).

Choosing traces by chance, of all flows alike, changes no share. A tail sampler looks at traces first: one
that keeps every failed trace shows far more failures than there are, one that keeps slow traces shows them
slower. What is asked of traces with one outcome (structure, and which tests cover them) stays as it is.
Sampling weights put shares right where the sampler that looked states them; they put no times right, which
are counted without weights.
"""

from collections.abc import Set as AbstractSet
from typing import Literal

from monitor.dimensions.dimension import Need
from monitor.fingerprints.shares import Shares

Sampling = Literal["head", "tail", "none", "unknown"]
"""Before a trace is known, after, not at all; unknown: nobody has said."""


def withheld(needs: AbstractSet[Need], sampling: Sampling, shares: Shares | None = None) -> bool:
    """Whether sampling hides what a dimension needs; shares: what it needs shares of.

    After a tail sampler, shares are production's own only where weights differ from trace to trace: one
    weight for all was stated by a sampler before it. Where nobody has said, any weight is taken for what the
    sampler did. A tail sampler may have looked at times.
    """
    if Need.UNBIASED_TIMES in needs and sampling == "tail":
        return True
    if Need.UNBIASED_SHARES not in needs or shares is None:
        return False
    if sampling == "tail":
        return not shares.unevenly_weighted
    return sampling == "unknown" and not shares.weighted
