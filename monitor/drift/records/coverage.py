"""Coverage in the record of a comparison."""

import msgspec

from monitor.base.moments import to_the_minute
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


class ReleaseCovered(msgspec.Struct, frozen=True, kw_only=True):
    """Flows that are new or changed with a release (`orders 2.4.0`), of which tests have had `tested` since.

    since: log time of its first new flow, or of its first change. missing: flows without a test, at most 20,
    the busiest first.
    """

    release: str
    since: LogTime
    new: int
    changed: int
    tested: int
    missing: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """What it brought, and what of that no test has had since, in one or two sentences."""
        brought = [
            f"{number:,} {what}" for what, number in (("new", self.new), ("changed", self.changed)) if number
        ]
        flows = "flow" if self.new + self.changed == 1 else "flows"
        head = f"{self.release} (since {to_the_minute(self.since)}): {' and '.join(brought)} {flows}"
        said = f"{head}; tests have had {self.tested:,} since."
        return f"{said} Without a test: {', '.join(self.missing)}." if self.missing else said


class Covered(Shares, frozen=True, kw_only=True):
    """The shares, with the flows of one side only; missing: and their shares of the traffic.

    releases: those that brought something, the latest first. gone: of those missing that tests once had, the
    log time since which no run has. watched_ms: for how long the reference has been watched.
    """

    missing: tuple[tuple[str, float], ...] = ()
    dead: tuple[tuple[str, LogTime | None], ...] = ()
    out_of_scope: tuple[tuple[str, float, str, str | None], ...] = ()
    releases: tuple[ReleaseCovered, ...] = ()
    gone: tuple[tuple[str, LogTime], ...] = ()
    watched_ms: int = 0
