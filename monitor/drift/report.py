"""The report: what `replay -o json` prints and `GET /api/v1/report` answers.

It is made from records of the verdicts topic alone, so that both ways of running give the same one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from monitor.base.errors import FlowdriftError
from monitor.base.moments import rfc3339
from monitor.dimensions.dimension import Severity
from monitor.drift.dropped import dropped
from monitor.drift.hints import LISTED, hints
from monitor.drift.silent import behind, silent_services, together
from monitor.drift.strangers import strangers
from monitor.drift.verdict import State


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Compared(_Part):
    """Which environments, and how many evidence units the candidate gave.

    name: of the comparison. others: the names of the other ones that are shown. span_loss: per side the
    share of spans that must have been and did not come; None where none must.
    """

    reference: str
    candidate: str
    units: int
    span_loss: dict[str, float | None] = {}
    name: str = ""
    others: tuple[str, ...] = ()


class Input(_Part):
    """What the observers read since they took their partitions over.

    unfinished: groups of spans whose parent did not come in time, which are no flows.
    """

    spans: int
    traces: int
    flows: int
    late: int
    duplicates: int
    incomplete: int
    unfinished: int = 0
    rejected: int
    ignored: int = 0


class DroppedLine(_Part):
    """What the program dropped or could not judge: nothing is claimed of it (`drift.dropped`)."""

    kind: str
    count: int
    says: str
    remedy: str


class MissingFlow(_Part):
    """A flow of the reference that no test exercises, and its share of the traffic (0..1)."""

    flow: str
    share: float


class DeadFlow(_Part):
    """A flow that tests exercise and the reference does not have (any more); when it was last seen there."""

    flow: str
    last_seen: str | None


class OutOfScopeFlow(_Part):
    """A flow that needs no test, as somebody decided: its share of the traffic (0..1), why, until when."""

    flow: str
    share: float
    reason: str
    until: str | None


class Coverage(_Part):
    """Shares (0..1) of the reference that the candidate exercises; None where there is nothing to share.

    faithful: by traffic, discounted by each flow's drift score. unknown_mass: an upper bound of the share
    of traffic in paths that the reference has not shown yet. out_of_scope: flows that count in none of it.
    """

    flows: float | None
    traffic: float | None
    failures: float | None
    faithful: float | None
    unknown_mass: float
    missing: tuple[MissingFlow, ...]
    dead: tuple[DeadFlow, ...]
    out_of_scope: tuple[OutOfScopeFlow, ...] = ()


class Line(_Part):
    """One verdict.

    missing_units: how many more evidence units it needs before silence means `ok`. seen_by: the service
    without whose spans nothing is known of it.
    """

    flow: str
    outcome: str
    dimension: str
    severity: Severity = Severity.WARNS
    subject: str
    service: str
    state: State
    effect: float
    noise_floor: float
    lower_bound: float
    evidence_log10: float
    reference_n: int
    candidate_n: int
    onset: str | None
    moved: Literal["reference", "candidate", "both", "unknown"]
    began_with: str = ""
    reason: str
    examples: dict[str, tuple[str, ...]]
    missing_units: int = 0
    seen_by: str = ""


class ServiceScore(_Part):
    """How much drift sits in a service's own behaviour, 0..1."""

    service: str
    score: float


class Recall(_Part):
    """Share of production's failure signatures that tests guard; None until there are any."""

    ratio: float | None
    escapes: tuple[str, ...]


class LostTelemetry(_Part):
    """Telemetry of the candidate is lost: since when, and why, in sentences."""

    since: str
    reasons: tuple[str, ...]


class HintLine(_Part):
    """What a person should set because of what the telemetry shows (`drift.hints`), and the line to paste."""

    kind: Literal["environment", "gateway", "inner", "sampling", "silent", "split", "unrouted"]
    subject: str
    says: str
    remedy: str


class Report(_Part):
    """Everything about one comparison; lost: None while the candidate's telemetry comes as it should."""

    comparison: Compared
    input: Input
    lost: LostTelemetry | None = None
    coverage: Coverage
    verdicts: tuple[Line, ...]
    services: tuple[ServiceScore, ...]
    recall: Recall
    hints: tuple[HintLine, ...] = ()
    dropped: tuple[DroppedLine, ...] = ()


class UnknownComparisonError(FlowdriftError):
    """Nothing is known of that comparison (yet)."""


def build_report(records: Mapping[str, Mapping[str, Any]], comparison: str) -> Report:
    """The report on `comparison` from the latest records of the verdicts topic.

    Raises UnknownComparisonError until the owner of partition 0 has published that comparison.
    """
    owned = records.get(f"comparison/{comparison}")
    if owned is None:
        raise UnknownComparisonError(
            f"nothing is known of comparison '{comparison}' yet. {_arrived(records)}", code="comparison"
        )
    keys = [key for key in sorted(records) if key.startswith(f"flow/{comparison}/")]
    flows = [line for key in keys for line in records[key]["verdicts"]]
    lines = sorted((_line(line) for line in [*owned["verdicts"], *flows]), key=_worst_first)
    silent = silent_services(records[key] for key in keys)
    unnamed = silent.difference(line.seen_by for line in lines if line.subject)
    candidate = owned["comparison"]["candidate"]
    found = [*strangers(records), *hints(records, comparison), *behind(unnamed, candidate)]
    return Report(
        comparison=_compared(records, comparison),
        input=Input.model_validate(owned["input"]),
        lost=_lost(owned.get("lost")),
        coverage=_coverage(owned["coverage"]),
        verdicts=tuple(together(lines, silent, candidate)),
        services=tuple(_services(lines)),
        recall=Recall(ratio=None, escapes=()),
        hints=tuple([HintLine(**hint._asdict()) for hint in found]),
        dropped=tuple(DroppedLine(**asdict(each)) for each in dropped(records, comparison)),
    )


def _compared(records: Mapping[str, Mapping[str, Any]], name: str) -> Compared:
    prefix = "comparison/"
    shown = sorted(key.removeprefix(prefix) for key in records if key.startswith(prefix))
    others = [other for other in shown if other != name]
    return Compared.model_validate({**records[prefix + name]["comparison"], "name": name, "others": others})


def _arrived(records: Mapping[str, Mapping[str, Any]]) -> str:
    """Which environments there are, and what to set for those that no comparison has."""
    summaries = (records[key]["tallies"]["flows"] for key in records if key.startswith("summary/"))
    names = sorted({name for flows in summaries for name in flows})
    hints = "".join(f" {hint.says} Set {hint.remedy}" for hint in strangers(records))
    arrived = f"Flows of {', '.join(names[:LISTED])} have arrived." if names else "No flow has arrived."
    return f"{arrived}{hints}"


def _lost(plain: Mapping[str, Any] | None) -> LostTelemetry | None:
    if plain is None:
        return None
    return LostTelemetry.model_validate({**plain, "since": rfc3339(plain["since"])})


def _coverage(plain: Mapping[str, Any]) -> Coverage:
    dead = [{"flow": flow, "last_seen": rfc3339(last)} for flow, last in plain["dead"]]
    missing = [{"flow": flow, "share": share} for flow, share in plain["missing"]]
    names = OutOfScopeFlow.model_fields
    aside = [dict(zip(names, each, strict=True)) for each in plain.get("out_of_scope", ())]
    return Coverage.model_validate({**plain, "missing": missing, "dead": dead, "out_of_scope": aside})


def _line(plain: Mapping[str, Any]) -> Line:
    return Line.model_validate({**plain, "onset": rfc3339(plain["onset"])})


def _worst_first(line: Line) -> tuple[Any, ...]:
    return (-line.state.rank, -line.evidence_log10, line.flow, line.outcome, line.dimension, line.subject)


def _services(lines: Iterable[Line]) -> list[ServiceScore]:
    """Per service the largest effect of what it does differently itself, the most drifted first."""
    scores: dict[str, float] = {}
    for line in lines:
        reports = line.severity is Severity.REPORTS
        if line.service and not reports and line.state in (State.SUSPECT, State.DRIFT):
            scores[line.service] = max(line.effect, scores.get(line.service, 0.0))
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return [ServiceScore(service=service, score=score) for service, score in ranked]
