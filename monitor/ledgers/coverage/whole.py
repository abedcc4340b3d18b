"""Flows of one side only, and shares of the other: the section of the report, and lines that never page."""

from collections.abc import Iterator, Sequence

from monitor.base.durations import about
from monitor.base.moments import rfc3339, to_the_minute
from monitor.base.units import LogTime
from monitor.dimensions.words import share
from monitor.drift.records.coverage import Covered, ReleaseCovered
from monitor.drift.records.sums import ReleaseSums
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.ledgers.coverage.about import NAME, SEVERITY
from monitor.ledgers.fleet import DEAD_MS, Fleet, ratio
from monitor.stats.missing_mass import missing_mass_upper

LEAST_SHARE = 0.001
"""Share of production's traffic from which a flow without any test is reported."""
DEAD_AFTER = 1000
"""Production traces without a flow before it counts as dead: its share is then under 0.5 % at 99 %."""
NEVER_TESTED = "never tested"
NOT_ANY_MORE = "not tested any more"
DEAD = "dead in the reference"
UNSEEN = "not seen in the reference"


def section(fleet: Fleet) -> Covered:
    """Ratios are None where their denominator is 0."""
    sums, weight = fleet.sums, fleet.sums.reference_weight
    return Covered(
        flows=ratio(sums.covered_flows, sums.reference_flows),
        traffic=ratio(sums.covered_weight, weight),
        failures=ratio(sums.covered_failing_weight, sums.failing_weight),
        faithful=ratio(sums.faithful_weight, weight),
        unknown_mass=missing_mass_upper(sums.paths_seen_once, sums.paths_seen_twice, sums.reference_traces),
        missing=tuple((flow, ratio(part, weight) or 0.0) for flow, part in sums.missing),
        dead=tuple(_dead(fleet)),
        out_of_scope=tuple(
            (flow, ratio(part, weight + sums.out_of_scope_weight) or 0.0, reason, until)
            for flow, part, reason, until in sums.out_of_scope
        ),
        releases=tuple(map(_release, sums.releases)),
        gone=sums.gone,
        watched_ms=sums.watched_ms,
    )


def _release(sums: ReleaseSums) -> ReleaseCovered:
    names = tuple(flow for flow, _ in sums.missing)
    return ReleaseCovered(
        release=sums.release,
        since=sums.since,
        new=sums.new,
        changed=sums.changed,
        tested=sums.tested,
        missing=names,
    )


def _dead(fleet: Fleet) -> Sequence[tuple[str, LogTime | None]]:
    """Flows without production count as dead only once production has shown enough of itself."""
    return fleet.sums.dead if fleet.sums.reference_traces >= DEAD_AFTER else ()


def lines(fleet: Fleet) -> Iterator[Verdict]:
    """A line per flow that no test exercises, or that production does not have."""
    yield from _untested(fleet)
    for flow, last in _dead(fleet):
        seen = f"{fleet.candidate} exercises it and {fleet.reference} {_seen(last, fleet.sums.watched_ms)}"
        if last is None and fleet.sums.watched_ms < DEAD_MS:
            reason = f"{seen}; after {about(DEAD_MS)} without it, it counts as dead."
            yield _line(flow, State.INSUFFICIENT, UNSEEN, reason, fleet)
        else:
            yield _line(flow, State.SUSPECT, DEAD, f"{seen}.", fleet)


def _untested(fleet: Fleet) -> Iterator[Verdict]:
    """A line per flow with a noticeable share of the reference that no test exercises: never a page.

    Without any unit of the candidate it is not yet suspect. Whether a suite lost one is for its account.
    """
    total, gone = fleet.sums.reference_weight, dict(fleet.sums.gone)
    state = State.SUSPECT if fleet.sums.units > 0 else State.INSUFFICIENT
    for flow, part in fleet.sums.missing:
        goes = f"{share(part / total)} of the traffic of {fleet.reference} goes here and nothing"
        if part < LEAST_SHARE * total:
            continue
        if flow in gone:
            reason = f"{goes} in {fleet.candidate} has exercised it since {to_the_minute(gone[flow])}."
            yield _line(flow, State.INSUFFICIENT, NOT_ANY_MORE, reason, fleet)
        else:
            yield _line(flow, state, NEVER_TESTED, f"{goes} in {fleet.candidate} has exercised it.", fleet)


def _seen(last: LogTime | None, watched_ms: int) -> str:
    if last is None:
        return f"has not had it since flowdrift began to watch, {about(watched_ms)} ago"
    return f"had it last at {rfc3339(last)}"


def _line(flow: str, state: State, subject: str, reason: str, fleet: Fleet) -> Verdict:
    return Verdict(
        flow=flow,
        outcome="",
        dimension=NAME,
        severity=SEVERITY,
        subject=subject,
        service="",
        state=state,
        effect=1.0,
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=0.0,
        reference_n=fleet.sums.reference_traces,
        candidate_n=0,
        onset=None,
        moved=STILL.who,
        began_with=STILL.began_with,
        reason=reason,
        examples=Examples(),
    )
