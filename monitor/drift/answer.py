"""The answer of a gate: what all shards and partitions say of a run, as one verdict with its reasons."""

from collections.abc import Iterable, Iterator

from monitor.dimensions.words import counted
from monitor.dimensions.words import share as percent
from monitor.drift.gate import BY_EVIDENCE, FALSE_DISCOVERIES, Counts, Finding, RunPart
from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.multiple import discoveries


class Answer(Counts, kw_only=True):
    """The verdict on a run: pass, drift or insufficient, with its reason in one sentence.

    reasons: what differs, each once. unproven: what the run does not prove, the busiest first. notes: what
    drifts by other runs. traffic: share (0..1, None without any) of production's traffic that is proven, of
    what the suite exercised before, or in its first run of what it exercised now. found_by_run: paths that
    differ by the evidence of this run alone.
    """

    state: str
    reason: str
    reasons: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    traffic: float | None = None
    min_traffic: float | None = None
    found_by_run: int = 0


def answer(part: RunPart) -> Answer:
    """The verdict on a whole run."""
    e_values = [*part.e_values, *[0.0] * (part.paths - len(part.e_values))]
    discovered = [e_values[place] for place in discoveries(e_values, FALSE_DISCOVERIES)]
    least = min(discovered, default=MAX_EVIDENCE)
    findings = [each for each in part.findings if each.rank < BY_EVIDENCE or each.e_value >= least]
    alone = sum(each.rank == BY_EVIDENCE for each in findings)
    traffic = _traffic(part)
    state = _state(part, alone, traffic)
    return Answer(
        **{name: getattr(part, name) for name in Counts.__struct_fields__},
        state=state,
        reason=f"{_says(part, state, alone, traffic)}{_says_unproven(part)}",
        reasons=tuple(_once(findings)),
        unproven=tuple(dict.fromkeys(map(str, part.unproven))),
        notes=tuple(dict.fromkeys(map(str, part.notes))),
        traffic=traffic,
        min_traffic=part.min_traffic,
        found_by_run=len(discovered),
    )


def _traffic(part: RunPart) -> float | None:
    proven, of = part.proven_weight, part.ran_weight
    if part.before_weight:
        proven, of = part.before_proven_weight, part.before_weight
    return round(proven / of, 6) if of else None


def _state(part: RunPart, alone: int, traffic: float | None) -> str:
    if part.drift or alone:
        return "drift"
    return "pass" if traffic is not None and traffic >= part.min_traffic else "insufficient"


def _once(findings: Iterable[Finding]) -> Iterator[str]:
    """A sentence per subject, with the number of further paths that show the same."""
    same: dict[tuple[str, ...], list[Finding]] = {}
    for each in findings:
        same.setdefault((each.dimension, each.subject or str(each.order)), []).append(each)
    for first, *others in same.values():
        more = f" The same in {counted(len(others), 'more path')}." if others else ""
        yield f"{first.flow} ({first.outcome}): {first.says}{more}"


def _says(part: RunPart, state: str, alone: int, traffic: float | None) -> str:
    if state == "drift":
        return f"This run differs from production in {part.drift + alone:,} of {counted(part.paths, 'path')}."
    if traffic is None:
        return "Production has none of what this run exercised, or its suite before."
    whose = "the suite exercised before" if part.before_weight else "this run exercised"
    return (
        f"Nothing drifts in this run; its paths that are ok carry {percent(traffic)} of the traffic that "
        f"{whose} (the gate asks for {percent(part.min_traffic)})."
    )


def _says_unproven(part: RunPart) -> str:
    missed = f"{counted(part.missed, 'flow')} of the suite that did not run" if part.missed else ""
    unjudged = f"{counted(part.unjudged, 'call')} of production" if part.unjudged else ""
    parts = list(filter(None, (missed, unjudged)))
    return f" Not judged: {', '.join(parts)}." if parts else ""
