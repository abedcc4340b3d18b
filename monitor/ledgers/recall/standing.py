"""Where a kind of failure stands: a pure function of what both environments have shown, with its reason.

    escaped -> reproduced -> guarded -> regressed; known; stale

A guard counts for a failure of production that came after it only if its case has not shown it since. What
production shows after that is a regression if it is of a version that had not failed so before: an older one
that still runs does not come back, it never went.
"""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.drift.records.failure import Standing
from monitor.ledgers.recall.case import Case
from monitor.ledgers.recall.sighting import Sighting

NO_TESTS = Sighting()


class Stand(NamedTuple):
    """The state of a failure, since when (log time), and the name and account of the case that guards."""

    state: Standing
    since: LogTime
    name: str = ""
    case: Case | None = None


def stand(production: Sighting, tests: Sighting, now: LogTime, kept_ms: int) -> Stand:
    """Where a failure stands at `now`, by the clock of production, which has shown it.

    kept_ms: for how long what production no longer shows is remembered.
    """
    first, last = LogTime(production.first or 0), LogTime(production.last or 0)
    if now - last > kept_ms:
        return Stand(Standing.STALE, LogTime(last + kept_ms))
    if tests.first is None:
        return Stand(Standing.ESCAPED, first)
    name, guard, again = _guard(production, tests.cases.items())
    if guard is not None and guard.guard is not None and guard.guard > first:
        if again is not None:
            return Stand(Standing.REGRESSED, again, name, guard)
        return Stand(Standing.GUARDED, guard.guard, name, guard)
    return Stand(Standing.KNOWN if tests.first < first else Standing.REPRODUCED, tests.first, name, guard)


def _guard(
    production: Sighting, cases: Iterable[tuple[str, Case]]
) -> tuple[str, Case | None, LogTime | None]:
    """The case that guards, and since when production has shown the failure again in spite of it."""
    guards = sorted(
        (case.guard, name, case) for name, case in cases if case.guard is not None and case.guards
    )
    name, guard, again = "", None, None
    for at, of, case in guards:
        if guard is None or (again is not None and case.last > again):
            name, guard, again = of, case, _again(production, at)
    return name, guard, again


def _again(production: Sighting, at: LogTime) -> LogTime | None:
    """When production showed a failure again after `at`."""
    times = (first if version else last for version, (first, last) in production.versions.items())
    return min((each for each in times if each > at), default=None)
