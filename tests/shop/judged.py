"""Holds what came of a scenario to what must be reported: everything injected, in time, and nothing else."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.dimensions.dimension import Severity
from monitor.drift.records.alert import Alert, FlowLabels
from monitor.drift.report import Report
from monitor.drift.verdict import State
from tests.shop.playing import Played
from tests.shop.scenario import Expected

FOUND = (State.SUSPECT, State.DRIFT)
FIRING = "firing"
OF_THE_WHOLE = ("failures", "gate", "lost", "loss", "hint sampling")
"""Findings that are about no flow."""
LITTLE = 0.01
"""Share of spans from which it is worth a word that they get lost."""


class Finding(NamedTuple):
    """One line of a report that says that something is wrong; by: as in `Expected`."""

    by: str
    state: str
    flow: str
    says: str
    moved: str = ""

    def __str__(self) -> str:
        return f"{self.by} {self.state}: {self.flow}: {self.says}"


def findings(report: Report) -> Iterator[Finding]:
    """Everything that a report says is wrong."""
    for line in report.verdicts:
        if line.state in FOUND:
            says = f"{line.subject}: {line.reason}" if line.subject else line.reason
            yield Finding(line.dimension, line.state, line.flow, says, line.moved)
    yield from (Finding("missing", "", each.flow, f"{each.share:.1%}") for each in report.coverage.missing)
    yield from (Finding("dead", "", each.flow, "") for each in report.coverage.dead)
    for release in report.coverage.releases:
        if release.missing:
            yield Finding("release", "", ", ".join(release.missing), release.says)
    yield from (Finding(f"hint {hint.kind}", "", hint.subject, hint.says) for hint in report.hints)
    if report.coverage.failures == 0.0:
        yield Finding("failures", "", "", "no test exercises any failing path of production")
    if (report.comparison.span_loss.candidate or 0.0) > LITTLE:
        yield Finding("loss", "", "", f"{report.comparison.span_loss.candidate:.1%}")
    if report.lost:
        yield Finding("lost", "", "", " ".join(report.lost.reasons))


def problems(played: Played) -> list[str]:
    """What is wrong with the product, in sentences; none: it does as it must."""
    found = [*findings(played.report), *_gate(played)]
    return [
        *(f"not reported: {each}" for each in _missed(played, found)),
        *(f"reported beside it: {each}" for each in found if not _is_due(played, each)),
        *_alerts(played),
        *_late(played),
    ]


def _gate(played: Played) -> Iterator[Finding]:
    """The answer on the last run, where the scenario asks for it."""
    if played.answers and any(each.by == "gate" for each in played.scenario.must):
        last = played.answers[-1]
        yield Finding("gate", last.state, "", last.reason)


def _missed(played: Played, found: list[Finding]) -> Iterator[str]:
    said = [*found, *_reported(played.report)]
    for expected in played.scenario.must:
        if not any(_is(expected, each) and _is_about(played, each) for each in said):
            yield " ".join(filter(None, expected))


def _reported(report: Report) -> Iterator[Finding]:
    """What stands in reports alone, and proves no difference."""
    for line in report.verdicts:
        if line.severity is Severity.REPORTS and line.state is State.INSUFFICIENT:
            yield Finding(line.dimension, line.state, line.flow, f"{line.subject}: {line.reason}", line.moved)


def _is(expected: Expected, finding: Finding) -> bool:
    state, _, other = expected.state.partition("not ")
    if other:
        return expected.by == finding.by and finding.state != other
    if state and expected.by == "gate":
        return finding == finding._replace(by="gate", state=state)
    bad_enough = not state or State(finding.state).rank >= State(state).rank
    return expected.by == finding.by and bad_enough and expected.moved in ("", finding.moved)


def _is_due(played: Played, finding: Finding) -> bool:
    kinds = {*(each.by for each in played.scenario.must), *played.scenario.may}
    return finding.by in kinds and _is_about(played, finding)


def _is_about(played: Played, finding: Finding) -> bool:
    """Whether it names an injected flow, and one of the words that a person needs."""
    if finding.by in OF_THE_WHOLE:
        return True
    flows, words = played.injected.flows, played.injected.words
    whole = finding.by in ("coverage", "missing", "dead", "release") or finding.by.startswith("hint")
    in_flow = not flows or any(word in finding.flow for word in flows)
    return in_flow and (whole or any(word in finding.says for word in words))


def _fired(played: Played) -> Iterator[tuple[int, Alert]]:
    return ((run, alert) for run, alert in played.alerts if alert.phase == FIRING)


def _about(alert: Alert) -> str:
    """What an alert is by, as in `Expected`."""
    return alert.labels.dimension if isinstance(alert.labels, FlowLabels) else "lost"


def _alerts(played: Played) -> Iterator[str]:
    """Pages of what was not injected, and none of what was."""
    kinds = {*(each.by for each in played.scenario.must), *played.scenario.may}
    flows = played.injected.flows
    due = []
    for run, alert in _fired(played):
        about = not (flows and alert.flow) or any(word in alert.flow for word in flows)
        due.append(about and _about(alert) in kinds)
        if not due[-1]:
            yield f"an alert beside it, after run {run}: {alert.labels}"
    if played.scenario.pages and not any(due):
        yield "no alert"


def found_after(played: Played) -> int | None:
    """After how many runs the first alert on what was injected was sent; None: none was."""
    musts = {each.by for each in played.scenario.must}
    return min((run for run, alert in _fired(played) if _about(alert) in musts), default=None)


def _late(played: Played) -> Iterator[str]:
    promised, after = played.promised_runs, found_after(played)
    in_time = promised is None or (after or played.scenario.runs) <= promised
    if not in_time:
        yield f"found after {after} runs, where {promised} are promised"
