"""A kind of failure in the record of a flow: what production has shown of it, and what the tests have."""

from enum import StrEnum

import msgspec

from monitor.base.units import LogTime


class Standing(StrEnum):
    """What became of a failure of production."""

    ESCAPED = "escaped"
    """No test has shown it."""
    REPRODUCED = "reproduced"
    """A test has shown it, after production did."""
    GUARDED = "guarded"
    """A test that showed it has passed since."""
    REGRESSED = "regressed"
    """Production shows it again, though a test guards."""
    KNOWN = "known"
    """A test had shown it before production did."""
    UNJUDGED = "unjudged"
    """No test could have shown it: of what failed, the tests send no telemetry."""
    STALE = "stale"
    """Production has not shown it for a long time."""

    @property
    def is_open(self) -> bool:
        """Whether something is to be done about it."""
        return self in (Standing.ESCAPED, Standing.REGRESSED)

    @property
    def is_recalled(self) -> bool:
        """Whether tests had shown it before, or show it now."""
        return self in (Standing.REPRODUCED, Standing.GUARDED, Standing.REGRESSED, Standing.KNOWN)

    @property
    def counts(self) -> bool:
        """Whether it counts in the recall ratio."""
        return self.is_open or self.is_recalled


class Gap(StrEnum):
    """What keeps the tests from showing a failure."""

    NONE = ""
    FLOW = "flow not exercised"
    FAILURE = "exercised, never failing there"
    DATA = "exercised, never with such data"
    SILENT = "dependency simulated or silent"
    PATH = "another path"
    DETAIL = "no detail"
    ERRORS = "errors without end"
    SAMPLED = "tests are sampled"
    LOSS = "tests lose spans"


IN_NO_TEST = " and in no test: "
"""In a sentence on what has escaped, before the reason."""
NOT_JUDGED = "; not judged: "
"""The same of what no test could have shown."""


class FailureKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of failure of a flow, in a comparison.

    id: the same everywhere, of the flow and its signature. outcome, service, operation, error, via, asks: of
    the signature. caller, callee: between what it crossed, '' where it crossed nothing. gap: what keeps the
    tests from showing it. says: all of it, for people. since: of the state; first, last: of production (log
    times). traces, weight (1/1024): of production. shown: when tests first had it. guarded: since when
    `guard`, a case of `suite`, has guarded. reference, candidate: trace ids; the latter of the nearest test
    traces, where no test has shown it.
    """

    id: str
    flow: str
    state: Standing
    gap: Gap = Gap.NONE
    says: str
    outcome: str
    service: str
    operation: str
    error: str = ""
    via: tuple[str, ...] = ()
    asks: str = ""
    caller: str = ""
    callee: str = ""
    since: LogTime
    first: LogTime
    last: LogTime
    traces: int
    weight: int
    versions: tuple[str, ...] = ()
    shown: LogTime | None = None
    guarded: LogTime | None = None
    guard: str = ""
    suite: str = ""
    reference: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()


MOMENTS = ("since", "first", "last", "shown", "guarded")
"""Its fields that are log times."""
