"""What audits say: the section of the report, and a line for each call of which something is missing."""

from collections.abc import Iterator

from monitor.dimensions.dimension import Severity
from monitor.drift.records.audit import MOST_FOUND, RunAudit, Unaudited
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.ledgers.fleet import AuditedRun, Fleet

NAME = "audit"
SEVERITY = Severity.REPORTS


def section(fleet: Fleet) -> RunAudit:
    """The audits of the last run of each suite together."""
    total = RunAudit()
    for run in fleet.runs:
        total = total.merge(run.audit)
    return total


def lines(fleet: Fleet) -> Iterator[Verdict]:
    """A line per call of which something is missing, of the last run of each suite."""
    found = [(run, each) for run in fleet.runs for each in run.audit.found if each.flow]
    for run, each in sorted(found, key=lambda one: one[1].place)[:MOST_FOUND]:
        yield Verdict(
            flow=each.flow,
            outcome="",
            dimension=NAME,
            severity=SEVERITY,
            subject=f"{each.caller} {each.call}".strip(),
            service=each.service if each.partner else each.caller or each.service,
            state=State.INSUFFICIENT,
            effect=round(each.unaudited / each.calls, 6),
            noise_floor=0.0,
            lower_bound=0.0,
            evidence_log10=0.0,
            reference_n=0,
            candidate_n=each.calls,
            onset=None,
            moved=STILL.who,
            began_with=STILL.began_with,
            reason=says(run, each),
            examples=Examples((), (each.trace,) if each.trace else ()),
        )


def says(run: AuditedRun, each: Unaudited) -> str:
    """What is missing, and what to do about it."""
    asks = f" of {each.service}" if each.service else ""
    by = f"{each.caller} calls '{each.call}'{asks}" if each.caller else f"The tests call '{each.call}'{asks}"
    missing, remedies = zip(*_missing(each), strict=True)
    return f"{by}: in run {run.run} {', and '.join(missing)}. {' '.join(remedies)}"


def _missing(each: Unaudited) -> Iterator[tuple[str, str]]:
    """What is missing, and what to do about that."""
    who = each.caller or each.service
    if each.partner:
        yield (
            f"no span of {each.service} arrived for {_of(each.partner, each)}",
            f"Let {each.service} send telemetry, alias its stub (services.aliases), or see what drops spans.",
        )
    if each.outcome:
        yield (
            f"nothing says how {_of(each.outcome, each)} ended",
            f"Let the instrumentation of {who} record the status code.",
        )
    if each.payload:
        yield (
            f"nothing is recorded of the payload of {_of(each.payload, each)}",
            f"Let {who} record it for all of them.",
        )


def _of(number: int, each: Unaudited) -> str:
    if number == each.calls:
        return "this call" if number == 1 else f"any of {number:,} calls"
    return f"{number:,} of {each.calls:,} calls"
