"""The findings of a report for people, however they are printed: the worst first, each thing once."""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.base.durations import about
from monitor.base.moments import rfc3339, to_the_minute
from monitor.dimensions import OPTIONAL
from monitor.dimensions.dimension import SLOTS, Severity
from monitor.dimensions.words import counted, path_name, share
from monitor.drift.crossed import Unreached
from monitor.drift.report import MissingFlow, Report
from monitor.drift.verdict import State, Verdict
from monitor.ledgers import LEDGERS, OF_FLOWS

_WHOLE = frozenset([ledger.name for ledger in LEDGERS])
"""Questions whose lines are about whole flows, or services; other lines are about a path."""
PLENTY = 1000
"""Reference traces with which a path needs few evidence units; with more hardly fewer."""


class Findings(NamedTuple):
    """Lines in the order of the report; what is said in a table of flows is in none of them.

    undecided: in groups of which the first speaks, since the others have the same reason or path.
    """

    drifts: list[Verdict]
    suspects: list[Verdict]
    undecided: list[list[Verdict]]
    untested: dict[str, str]
    """Flows that no test exercises, with their share of the traffic, and since when; the largest first."""
    dead: dict[str, str]
    """Flows that only tests have, with when the reference had them last."""
    releases: list[str]
    """What releases brought that no test has had since, the latest first."""
    untried: list[Verdict]
    """Branches of production that no test takes, or that all take, the largest shares first."""
    seams: dict[str, str]
    """Edges between services that no test crosses, or in no flow that fails, with shares; worst first."""


def findings(report: Report) -> Findings:
    """The findings of a report."""
    drifts = list(_once(line for line in report.verdicts if line.state is State.DRIFT))
    lost = {line.flow for line in drifts if line.dimension in OF_FLOWS}
    untested = {each.flow: _untested(each) for each in report.coverage.missing if each.flow not in lost}
    watched = f"not in {about(report.coverage.watched_ms)}" if report.coverage.watched_ms else "never"
    dead = {each.flow: rfc3339(each.last_seen) or watched for each in report.coverage.dead}
    listed = untested.keys() | dead.keys()
    lines = [line for line in report.verdicts if line.dimension != OPTIONAL.name]
    untried = [line for line in report.verdicts if line.dimension == OPTIONAL.name and line.subject]
    untried.sort(key=lambda line: (-line.effect, path(line)))
    others = [line for line in lines if line.dimension not in OF_FLOWS or line.flow not in listed]
    suspects = list(_once(line for line in others if line.state is State.SUSPECT))
    releases = [each.says for each in report.coverage.releases if each.missing]
    seams = {each.name: _uncrossed(each) for each in report.coverage.seams.missing}
    return Findings(drifts, suspects, _undecided(others), untested, dead, releases, untried, seams)


def _untested(flow: MissingFlow) -> str:
    since = "" if flow.since is None else f", not tested since {to_the_minute(flow.since)}"
    return f"{share(flow.share)}{since}"


def _uncrossed(seam: Unreached) -> str:
    failures = "" if seam.failures is None else f", {share(seam.failures)} of failures"
    return f"{share(seam.share)}{failures}{'; crossed, but in no flow that fails' if seam.tested else ''}"


def _once(lines: Iterable[Verdict]) -> Iterable[Verdict]:
    return {(line.flow, line.outcome, line.dimension, line.subject): line for line in lines}.values()


def _undecided(lines: Iterable[Verdict]) -> list[list[Verdict]]:
    """Undecided lines by the path where something differs, else by what they wait for."""
    alike: dict[tuple[str, ...], list[Verdict]] = {}
    for line in lines:
        if line.state in (State.INSUFFICIENT, State.ACCEPTED):
            alike.setdefault((line.state, line.dimension, *_about(line)), []).append(line)
    return list(alike.values())


def _about(line: Verdict) -> tuple[str, ...]:
    if line.state is State.ACCEPTED:
        return line.flow, line.outcome, line.subject
    return (line.flow, line.outcome) if line.subject else (line.reason,)


def reaches(report: Report, state: State) -> bool:
    """Whether any verdict is in this state or a worse one, of those that do not stand in reports alone."""
    counting = (line for line in report.verdicts if line.severity is not Severity.REPORTS)
    return any(line.state.rank >= state.rank for line in counting)


def path(line: Verdict) -> str:
    """The path that a line is about."""
    return path_name(line.flow, line.outcome)


def too_small(report: Report) -> str:
    """One sentence where nothing could be decided of any path, with the number that is needed; else ''.

    Which flows are exercised is known of any capture.
    """
    lines = [line for line in report.verdicts if line.dimension not in (*_WHOLE, OPTIONAL.name)]
    if not lines or any(line.state is not State.INSUFFICIENT for line in lines):
        return ""
    says = "This capture is too small for a verdict on any path"
    waiting = [line for line in lines if line.missing_units and line.reference_n]
    if not waiting:
        return f"{says}: at least 1 complete trace of one in the reference is needed."
    nearest = min(waiting, key=lambda line: line.missing_units)
    larger = f" With more than {nearest.reference_n:,} reference traces fewer would do."
    return (
        f"{says}: {counted(nearest.missing_units, 'more evidence unit')} would do for {path(nearest)}, "
        f"which needs the fewest (a test run gives up to {SLOTS}, a minute of tests without run ids 1)."
        f"{larger if nearest.reference_n < PLENTY else ''}"
    )
