"""What one test run says of a trait by itself."""

from typing import NamedTuple

from monitor.dimensions.trait import Trait
from monitor.drift.detectors.stream import Expected
from monitor.fingerprints.snapshot import Share


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
