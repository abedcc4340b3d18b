"""The answer of a gate: what all shards and partitions say of a run, as one verdict with its reasons."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from monitor.dimensions.words import counted
from monitor.dimensions.words import share as percent
from monitor.drift.gate import BY_EVIDENCE, FALSE_DISCOVERIES, Counts, Finding, Remark, RunPart
from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.multiple import discoveries


class Answer(Counts, kw_only=True):
    """The verdict on a run: pass, drift or insufficient, with its reason in one sentence.

    reasons: what differs, path by path. unproven: what the run does not prove, the busiest first. notes: what
    drifts by other runs. untried: branches of production that the run never takes, or never skips. lines: all
    of that for people, each finding once. not_judged: what the run leaves out, in numbers. traffic: share
    (0..1, None without any) of production's traffic that is proven, of what the suite exercised before and
    what the run proves beside it; in a suite's first run of what it exercised. found_by_run: paths that
    differ by the evidence of this run alone.
    """

    state: str
    reason: str
    reasons: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    not_judged: str = ""
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
        **{name: getattr(part, name) for name in Counts.__struct_fields__},
        state=state,
        reason=_says(part, state, len(alone), traffic),
        reasons=tuple(dict.fromkeys(map(str, findings))),
        unproven=tuple(dict.fromkeys(map(str, unproven))),
        notes=tuple(dict.fromkeys(map(str, part.notes))),
        untried=tuple(dict.fromkeys(map(str, part.untried))),
        lines=(
            *_once("", findings, lambda each: (each.dimension, each.subject or each.says)),
            *_once("not proven: ", unproven, lambda each: _without_numbers(each.says)),
            *_once("note: ", part.notes, lambda each: each.says),
            *_once("not tried: ", part.untried, lambda each: each.says),
        ),
        not_judged=_not_judged(part),
        traffic=traffic,
        min_traffic=part.min_traffic,
        found_by_run=len(discovered),
    )


def _traffic(part: RunPart) -> float | None:
    newly_proven = part.proven_weight - part.before_proven_weight
    of = part.before_weight + newly_proven if part.before_weight else part.ran_weight
    return round(part.proven_weight / of, 6) if of else None


def _state(part: RunPart, alone: int, traffic: float | None) -> str:
    if part.drift or alone:
        return "drift"
    return "pass" if traffic is not None and traffic >= part.min_traffic else "insufficient"


_Entry = TypeVar("_Entry", Finding, Remark)


def _once(kind: str, entries: Iterable[_Entry], about: Callable[[_Entry], object]) -> Iterator[str]:
    """A line for all entries about one thing: the first, and in how many more paths it is the same."""
    alike: dict[object, dict[str, _Entry]] = {}
    for each in entries:
        alike.setdefault(about(each), {})[str(each)] = each
    for first, *others in (list(group.values()) for group in alike.values()):
        same = "The same" if all(other.says == first.says for other in others) else "Similar"
        more = f" {same} in {counted(len(others), 'more path')}." if others else ""
        yield f"{kind}{first}{more}"


def _without_numbers(says: str) -> str:
    """What a sentence says whatever its numbers are: paths that wait for more evidence are alike."""
    return re.sub(r"\d[\d,]*( more evidence unit)s?", r"\1", says)


def _says(part: RunPart, state: str, alone: int, traffic: float | None) -> str:
    if state == "drift":
        return f"This run differs from production in {part.drift + alone:,} of {counted(part.paths, 'path')}."
    if traffic is None:
        return "Production has none of what this run exercised, or its suite before."
    whose = "its suite's" if part.before_weight else "its own"
    but = "and" if state == "pass" else "but only"
    return (
        f"Nothing drifts, {but} {percent(traffic)} of {whose} traffic is proven "
        f"(the gate asks for {percent(part.min_traffic)})."
    )


def _not_judged(part: RunPart) -> str:
    missed = f"{counted(part.missed, 'flow')} of the suite that did not run" if part.missed else ""
    unjudged = f"{counted(part.unjudged, 'call')} of production" if part.unjudged else ""
    return ", ".join(filter(None, (missed, unjudged)))
