"""How many requests of a service each side has at once, in the record of a comparison."""

import msgspec


class ServiceConcurrency(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of a service at once, as one of them sees it: itself, and the others that it overlaps with.

    reference_n, candidate_n: requests of the hour that this is made from.
    """

    service: str
    reference: float
    candidate: float
    reference_n: int
    candidate_n: int

    @property
    def times(self) -> float:
        """How many production has for each one of the tests."""
        return self.reference / self.candidate


class AtOnce(msgspec.Struct, frozen=True, kw_only=True):
    """Every service of which both sides had enough requests, those that differ most first."""

    services: tuple[ServiceConcurrency, ...] = ()
