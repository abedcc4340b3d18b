"""The answer of a gate: what all shards and partitions say of a run, as one verdict with its reasons."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from monitor.dimensions.words import counted
from monitor.dimensions.words import share as percent
from monitor.drift.gate import BY_EVIDENCE, FALSE_DISCOVERIES, Counts, Finding, Remark, RunPart
from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.multiple import discoveries


class Answer(Counts):
    """The verdict on a run: pass, drift or insufficient, with its reason in one sentence.

    reasons: what differs, path by path. unproven: what the run does not prove, the busiest first. notes: what
    drifts by other runs. lines: all of that for people, each finding once. traffic: share (0..1, None without
    any) of production's traffic that is proven, of what the suite exercised before, or in its first run of
    what it exercised now. found_by_run: paths that differ by the evidence of this run alone.
    """

    state: str
    reason: str
    reasons: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    traffic: float | None = None
    min_traffic: float | None = None
    found_by_run: int = 0


def answer(part: RunPart) -> Answer:
    """The verdict on a whole run."""
    e_values = [*part.e_values, *[0.0] * (part.paths - len(part.e_values))]
    discovered = [e_values[place] for place in discoveries(e_values, FALSE_DISCOVERIES)]
    least = min(discovered, default=MAX_EVIDENCE)
    findings = [each for each in part.findings if each.rank < BY_EVIDENCE or each.e_value >= least]
    alone = {(each.flow, each.outcome) for each in findings if each.rank == BY_EVIDENCE}
    unproven = [each for each in part.unproven if (each.flow, each.outcome) not in alone]
    traffic = _traffic(part)
    state = _state(part, len(alone), traffic)
    return Answer(
        **{name: getattr(part, name) for name in Counts.model_fields},
        state=state,
        reason=f"{_says(part, state, len(alone), traffic)}{_says_unproven(part)}",
        reasons=tuple(dict.fromkeys(map(str, findings))),
        unproven=tuple(dict.fromkeys(map(str, unproven))),
        notes=tuple(dict.fromkeys(map(str, part.notes))),
        lines=(
            *_once("", findings, lambda each: (each.dimension, each.subject or each.says)),
            *_once("not proven: ", unproven, lambda each: each.says),
            *_once("note: ", part.notes, lambda each: each.says),
        ),
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


_Entry = TypeVar("_Entry", Finding, Remark)


def _once(kind: str, entries: Iterable[_Entry], about: Callable[[_Entry], object]) -> Iterator[str]:
    """A line for all entries about one thing: the first, and in how many more paths it is the same."""
    same: dict[object, dict[str, None]] = {}
    for each in entries:
        same.setdefault(about(each), {})[str(each)] = None
    for first, *others in same.values():
        more = f" The same in {counted(len(others), 'more path')}." if others else ""
        yield f"{kind}{first}{more}"


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
