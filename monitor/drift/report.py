"""The report: what `replay -o json` prints and `GET /api/v1/report` answers.

It is made from records of the verdicts topic alone, so that both ways of running give the same one.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from monitor.base.errors import FlowdriftError
from monitor.base.moments import rfc3339
from monitor.base.units import LogTime
from monitor.dimensions import PLACES
from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted
from monitor.drift.blame import blamed
from monitor.drift.clocks import clocks
from monitor.drift.crossed import Reach, reaches
from monitor.drift.dropped import Dropped, dropped
from monitor.drift.hints import LISTED, Hint, hints
from monitor.drift.inside import known_inside, of_the_whole
from monitor.drift.passed import ways
from monitor.drift.recall import Recall, plain_recall, recall_of
from monitor.drift.records.audit import RunAudit
from monitor.drift.records.comparison import ComparisonRecord, Input, Sides, TelemetryLost
from monitor.drift.records.concurrency import AtOnce
from monitor.drift.records.coverage import Covered, ReleaseCovered, Shares
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.latest import Latest
from monitor.drift.records.parity import Parity
from monitor.drift.records.summary import Summary
from monitor.drift.silent import behind, silent_services, together, unseen_fronts
from monitor.drift.strangers import strangers
from monitor.drift.taken import untaken
from monitor.drift.verdict import State, Verdict


class Compared(Sides, frozen=True, kw_only=True):
    """The sides of a comparison, its name, and the names of the other ones that are shown."""

    name: str = ""
    others: tuple[str, ...] = ()


class MissingFlow(msgspec.Struct, frozen=True):
    """A flow of the reference that no test exercises, and its share of the traffic (0..1).

    since: log time since which no run has had it; None: none ever had.
    """

    flow: str
    share: float
    since: LogTime | None = None


class DeadFlow(msgspec.Struct, frozen=True):
    """A flow that tests exercise and the reference does not have (any more); when it was last seen there."""

    flow: str
    last_seen: LogTime | None


class OutOfScopeFlow(msgspec.Struct, frozen=True):
    """A flow that needs no test, as somebody decided: its share of the traffic (0..1), why, until when."""

    flow: str
    share: float
    reason: str
    until: str | None


class Coverage(Shares, frozen=True, kw_only=True):
    """Which share of the reference the candidate exercises, and the flows of one side only.

    out_of_scope: flows that count in none of it. releases: those with new or changed flows, the latest first.
    watched_ms: for how long the reference has been watched: what it has not shown since may still come.
    operations, services, dependencies, seams: what the flows cross, added up over them.
    """

    missing: tuple[MissingFlow, ...]
    dead: tuple[DeadFlow, ...]
    out_of_scope: tuple[OutOfScopeFlow, ...] = ()
    releases: tuple[ReleaseCovered, ...] = ()
    watched_ms: int = 0
    operations: Reach = Reach()
    services: Reach = Reach()
    dependencies: Reach = Reach()
    seams: Reach = Reach()

    @property
    def aside(self) -> str:
        """What the shares leave out, and why, to be said behind every one of them; '' for nothing."""
        if not self.out_of_scope:
            return ""
        reasons = ", ".join(dict.fromkeys(each.reason for each in self.out_of_scope))
        return f"; {counted(len(self.out_of_scope), 'flow')} out of scope ({reasons})"


class ServiceScore(msgspec.Struct, frozen=True):
    """How much drift sits in a service's own behaviour, 0..1; says: what of its times is off, if any is."""

    service: str
    score: float
    says: str = ""


class ServiceAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a service in the last test runs, and those of which something is not recorded."""

    service: str
    calls: int
    unaudited: int

    @property
    def completeness(self) -> float:
        """Share (0..1) of its calls that are audited."""
        return round(1 - self.unaudited / self.calls, 6)


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of the last complete run of each suite, and those of which something is not recorded.

    completeness: share (0..1) of those that are audited, None without any. payloads: calls by what is
    recorded of their payload, from nothing to the body. services: those with unaudited calls first.
    """

    completeness: float | None = None
    calls: int = 0
    unaudited: int = 0
    payloads: tuple[int, ...] = ()
    services: tuple[ServiceAudit, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one comparison; lost: None while the candidate's telemetry comes as it should."""

    comparison: Compared
    input: Input
    lost: TelemetryLost | None = None
    coverage: Coverage
    parity: Parity = Parity()
    verdicts: tuple[Verdict, ...]
    services: tuple[ServiceScore, ...]
    recall: Recall = Recall()
    audit: Audit = Audit()
    concurrency: AtOnce = AtOnce()
    hints: tuple[Hint, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For JSON: moments are texts, as RFC 3339 has them."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        coverage = plain["coverage"]
        moments = (
            (plain["verdicts"], "onset"),
            (coverage["missing"], "since"),
            (coverage["dead"], "last_seen"),
            (coverage["releases"], "since"),
        )
        for of, moment in moments:
            for each in of:
                each[moment] = rfc3339(each[moment])
        plain["recall"] = plain_recall(self.recall)
        if self.lost:
            plain["lost"]["since"] = rfc3339(self.lost.since)
        return plain


class UnknownComparisonError(FlowdriftError):
    """Nothing is known of that comparison (yet)."""


def known_comparison(records: Latest, name: str) -> ComparisonRecord:
    """The record of a comparison.

    Raises UnknownComparisonError until the owner of partition 0 has published it; it says what has arrived.
    """
    known = records.comparisons().get(name)
    if known is None:
        said = f"nothing is known of comparison '{name}' yet. {_arrived(records)}"
        raise UnknownComparisonError(said, code="comparison")
    return known


def lines_of(record: ComparisonRecord, flows: list[FlowVerdicts]) -> list[Verdict]:
    """Every line of a comparison: those of the records of flows, and those beside them."""
    return [*lines_beside(record, flows), *(line for flow in flows for line in flow.verdicts)]


def lines_beside(record: ComparisonRecord, flows: list[FlowVerdicts]) -> list[Verdict]:
    """The lines that no record of a flow has: of whole flows, of services, and what several flows show."""
    return [*of_the_whole(record, known_inside(flows)), *ways(flows), *untaken(flows)]


def build_report(records: Latest, comparison: str) -> Report:
    """The report on `comparison`, from the verdicts topic alone; raises as `known_comparison`."""
    known = known_comparison(records, comparison)
    flows, candidate = records.flows(comparison), known.comparison.candidate
    inside = known_inside(flows)
    silent = silent_services(flows)
    lines = sorted(lines_of(known, flows), key=_worst_first)
    named = {line.seen_by for line in lines if line.subject}
    unnamed = {service: count for service, count in silent.items() if service not in named}
    return Report(
        comparison=_compared(records, comparison, known.comparison),
        input=known.input,
        lost=known.lost,
        coverage=_coverage(known.coverage, inside, flows),
        parity=known.parity,
        verdicts=tuple(together(lines, silent, candidate)),
        services=tuple(_services(lines, flows)),
        recall=recall_of(flows),
        audit=_audit(known.audit),
        concurrency=known.concurrency,
        hints=(
            *strangers(records),
            *clocks(records),
            *hints(records, comparison),
            *behind(unnamed, candidate),
            *unseen_fronts(flows, known.comparison.reference),
        ),
        dropped=tuple(dropped(records, comparison)),
    )


def _compared(records: Latest, name: str, sides: Sides) -> Compared:
    others = tuple(sorted(other for other in records.comparisons() if other != name))
    return Compared(**msgspec.structs.asdict(sides), name=name, others=others)


def _arrived(records: Latest) -> str:
    """Which environments there are, and what to set for those that no comparison has."""
    names = sorted({name for summary in records.every(Summary) for name in summary.tallies.flows})
    hints = "".join(f" {hint.says} Set {hint.remedy}" for hint in strangers(records))
    arrived = f"Flows of {', '.join(names[:LISTED])} have arrived." if names else "No flow has arrived."
    return f"{arrived}{hints}"


def _audit(audit: RunAudit) -> Audit:
    services = [ServiceAudit(service=name, calls=n, unaudited=m) for name, (n, m) in audit.services.items()]
    return Audit(
        completeness=audit.completeness,
        calls=audit.calls,
        unaudited=audit.unaudited,
        payloads=audit.payloads,
        services=tuple(sorted(services, key=lambda each: (-each.unaudited, each.service))),
    )


def _coverage(covered: Covered, inside: frozenset[str], flows: Iterable[FlowVerdicts]) -> Coverage:
    known = msgspec.structs.asdict(covered)
    gone = dict(known.pop("gone"))
    missing = tuple(MissingFlow(flow, share, gone.get(flow)) for flow, share in covered.missing)
    dead = tuple(DeadFlow(flow, last) for flow, last in covered.dead if flow not in inside)
    aside = tuple(OutOfScopeFlow(*each) for each in covered.out_of_scope)
    reached = reaches(flows, {each.flow for each in aside}, gone)
    listed = {"missing": missing, "dead": dead, "out_of_scope": aside}
    return Coverage(**{**known, **listed, **reached._asdict()})


def _worst_first(line: Verdict) -> tuple[Any, ...]:
    return (-line.state.rank, -line.evidence_log10, line.flow, line.outcome, line.dimension, line.subject)


def _services(lines: Iterable[Verdict], flows: Iterable[FlowVerdicts]) -> list[ServiceScore]:
    """Per service how far it is off itself, the most drifted first.

    That is the largest effect of what it does differently, or what it is to blame for of all that is slow.
    """
    blame = blamed(slow for flow in flows for slow in flow.slow)
    scores = {
        service: ServiceScore(service, round(each.score, 6), each.says) for service, each in blame.items()
    }
    for line in lines:
        reports = line.severity is Severity.REPORTS or line.dimension in _TIMED
        if line.service and not reports and line.state in (State.SUSPECT, State.DRIFT):
            known = scores.get(line.service)
            if known is None or line.effect > known.score:
                scores[line.service] = ServiceScore(line.service, line.effect, known.says if known else "")
    found = (each for each in scores.values() if each.score > 0.0)
    return sorted(found, key=lambda each: (-each.score, each.service))


_TIMED = frozenset([dimension.name for dimension in PLACES])
"""Of what is slow, blame is told by roles."""
