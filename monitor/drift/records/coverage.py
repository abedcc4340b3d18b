"""Coverage in the record of a comparison."""

import msgspec

from monitor.base.units import LogTime


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Shares (0..1) of the reference that the candidate exercises; None where there is nothing to share.

    faithful: by traffic, discounted by each flow's drift score. unknown_mass: an upper bound of the share
    of traffic in paths that the reference has not shown yet.
    """

    flows: float | None = None
    traffic: float | None = None
    failures: float | None = None
    faithful: float | None = None
    unknown_mass: float = 1.0


class Covered(Shares, frozen=True, kw_only=True):
    """The shares, with the flows of one side only; missing: and their shares of the traffic."""

    missing: tuple[tuple[str, float], ...] = ()
    dead: tuple[tuple[str, LogTime | None], ...] = ()
    out_of_scope: tuple[tuple[str, float, str, str | None], ...] = ()
