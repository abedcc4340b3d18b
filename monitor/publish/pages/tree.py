"""The merged tree of a path as rows of a table, each with what findings say of it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.dimensions import OPTIONAL
from monitor.drift.records.tree import CallSeen, PathTree
from monitor.drift.verdict import State, Verdict, strength
from monitor.publish.pages.states import words_of

_VERBS = {
    "client": "calls",
    "producer": "sends",
    "consumer": "receives",
    "server": "answers",
}


class Row(NamedTuple):
    """One operation: how deep it stands, in words, and what is said of it.

    state: of the worst line about it, '' for none; says: that in a few words. finding: the line.
    """

    depth: int
    service: str
    verb: str
    name: str
    reference: float | None
    candidate: float | None
    state: str
    says: str
    finding: Verdict | None


def rows(tree: PathTree, lines: Iterable[Verdict]) -> list[Row]:
    """The rows of a path; lines: about its flow."""
    subjects = [subject_of(call, tree.calls[call.above] if call.above >= 0 else None) for call in tree.calls]
    findings: dict[str, Verdict] = {}
    for line in sorted(lines, key=strength):
        if line.subject and line.outcome == tree.outcome and line.state is not State.OK:
            findings[_call_of(line.subject, subjects)] = line
    return list(_rows(tree, [findings.get(subject) for subject in subjects]))


def _call_of(subject: str, calls: Iterable[str]) -> str:
    """The call that a line is about: the longest of which its subject is made; '' for none."""
    return max((call for call in calls if _is_made_of(subject, call)), key=len, default="")


def _is_made_of(subject: str, call: str) -> bool:
    """Whether a subject is this call, or says something of it: that it is repeated, or who answers it."""
    rest = subject.removeprefix(call)
    return subject.startswith(call) and (not rest or (rest[0] == " " and not rest.startswith(" -> ")))


def _rows(tree: PathTree, findings: Iterable[Verdict | None]) -> Iterator[Row]:
    depths: list[int] = []
    for call, finding in zip(tree.calls, findings, strict=True):
        depths.append(depths[call.above] + 1 if call.above >= 0 else 0)
        verb = _VERBS.get(call.kind, "does")
        state, says = ("", "") if finding is None else (finding.state.value, _says(finding, call))
        yield Row(
            depths[-1], call.service, verb, call.name, call.reference, call.candidate, state, says, finding
        )


def subject_of(call: CallSeen, above: CallSeen | None) -> str:
    """How lines call this call: `shop POST /orders -> POST /charge`, as `Trait` has it."""
    name = f"{call.service} {call.name}"
    if above is None:
        return name
    return f"{above.service} {above.name} -> {call.name if call.service == above.service else name}"


def is_untried(line: Verdict) -> bool:
    """Whether a line is about a branch of production that no test takes, or that all take."""
    return line.dimension == OPTIONAL.name and bool(line.subject)


def _says(finding: Verdict, call: CallSeen) -> str:
    """That it differs, and how: by what the shares say, where they do."""
    if is_untried(finding):
        return "every test does this" if call.candidate else "no test does this"
    words = words_of(finding.state) if finding.state is not State.INSUFFICIENT else "differs, not proven yet"
    reference, candidate = call.reference or 0.0, call.candidate or 0.0
    if candidate < reference:
        return f"{words}: {'not in the tests' if not candidate else 'less often in the tests'}"
    if candidate > reference:
        return f"{words}: {'only in the tests' if not reference else 'more often in the tests'}"
    return words
