"""What one test run says of a trait by itself."""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.dimensions.trait import Trait
from monitor.drift.detectors.stream import Expected
from monitor.fingerprints.snapshot import Share
from monitor.stats.detector import MAX_EVIDENCE


class Own(NamedTuple):
    """What the units of one run say of a trait: its share in each unit in which the question arises.

    known: production's share before the run. tolerated: what of it is. cases: test cases in the units. bet:
    what the run won on the trait against 'within the tolerance', or lost.
    """

    trait: Trait
    known: Share
    tolerated: Expected
    xs: tuple[float, ...]
    cases: int
    bet: float

    @property
    def mean(self) -> float:
        """Mean of the units' shares."""
        return sum(self.xs) / len(self.xs)

    @property
    def agrees(self) -> bool:
        """Whether any unit is as in production: that contradicts a drift."""
        return any(map(self.tolerated.allows, self.xs))

    @property
    def differs(self) -> bool:
        """Whether the units lie, in the mean, beyond the tolerance."""
        return not self.tolerated.allows(self.mean)


def joined(owns: Iterable[Own]) -> list[Own]:
    """What the units of a run say that were folded one after the other, as if they had been together."""
    found: dict[Trait, Own] = {}
    for own in owns:
        before = found.get(own.trait)
        if before is not None:
            won = min(before.bet * own.bet, MAX_EVIDENCE)
            own = before._replace(xs=before.xs + own.xs, cases=before.cases + own.cases, bet=won)
        found[own.trait] = own
    return list(found.values())
