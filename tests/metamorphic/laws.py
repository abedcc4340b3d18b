"""What must hold between reports; each law answers with sentences, one per way in which it is broken."""

from collections.abc import Iterator

from monitor.drift.verdict import State
from tests.metamorphic.changes import Change
from tests.metamorphic.conclusions import COVERAGE, Conclusions, Subject
from tests.metamorphic.systems.flows import flows, flows_of
from tests.metamorphic.systems.model import System, word
from tests.metamorphic.systems.suite import Suite
from tests.metamorphic.transformations.transformation import Allows

MOST_HINTS = 2
"""Kinds of hints that one pair of transformations may add: more is a flood."""
EXACT = 1e-6
"""By which numbers of coverage may differ."""


def faithful(system: System, suite: Suite, seen: Conclusions) -> Iterator[str]:
    """Of a faithful suite without any transformation: every flow is there, once, and nothing is wrong."""
    for subject, state in seen.alarms().items():
        if not (subject.dimension == COVERAGE and subject.flow in seen.missing):
            yield f"{state}: {subject}, although tests do what production does"
    names = {flow: flow.lower() for flow in seen.flows}
    wanted = {word(flow) for flow in flows(system)}
    for each in wanted:
        found = [flow for flow, name in names.items() if each.lower() in name]
        if len(found) != 1:
            yield f"'{each}' should be one flow, and is {sorted(found)}"
    if len(seen.flows) > len(wanted):
        yield f"{len(wanted)} flows should be {sorted(wanted)}, and are {sorted(seen.flows)}"
    yield from _untested(system, suite, seen)


def _untested(system: System, suite: Suite, seen: Conclusions) -> Iterator[str]:
    """The flows of the entries that the suite leaves out are missing, and no others."""
    tested = {flow for place in suite.tested for flow in flows_of(system.entries[place].operation)}
    for flow in flows(system):
        is_missing = any(word(flow).lower() in name.lower() for name in seen.missing)
        if is_missing is not (flow not in tested):
            how = "missing, although tested" if is_missing else "untested, and not missing"
            yield f"'{word(flow)}' is {how}"


def same(before: Conclusions, after: Conclusions, allows: frozenset[Allows]) -> Iterator[str]:
    """Of another observation of the same system: no new alarm, no flood of hints, and all else equal."""
    hints = after.hints - before.hints
    excused = bool(hints) and Allows.HINTED in allows
    alarms = {s: state for s, state in after.alarms().items() if before.states.get(s) is not state}
    for subject, state in alarms.items():
        if not (excused and subject.dimension == COVERAGE and state is State.SUSPECT):
            yield f"new {state}: {subject}"
    if len({kind for kind, _ in hints}) > MOST_HINTS:
        yield f"too many kinds of hints at once: {sorted(hints)}"
    if not excused:
        yield from _differences(before, after, allows)


def _differences(before: Conclusions, after: Conclusions, allows: frozenset[Allows]) -> Iterator[str]:
    for flow in sorted(before.flows - after.flows):
        yield f"there is no flow '{flow}' any more"
    for flow in sorted(after.flows - before.flows):
        yield f"there is a new flow '{flow}'"
    for name in ("missing", "dead"):
        if getattr(before, name) != getattr(after, name):
            were, are = sorted(getattr(before, name)), sorted(getattr(after, name))
            yield f"{name} flows were {were}, and are {are}"
    yield from _shares(before, after, allows)
    if Allows.EVIDENCE not in allows:
        yield from _states(before, after)


def _shares(before: Conclusions, after: Conclusions, allows: frozenset[Allows]) -> Iterator[str]:
    for name, was in before.shares.items():
        now = after.shares[name]
        part_of_it = Allows.SHARES in allows and was not in (0.0, 1.0) and now not in (0.0, 1.0)
        if not part_of_it and _differ(was, now):
            yield f"coverage by {name} was {was}, and is {now}"


def _differ(was: float | None, now: float | None) -> bool:
    return was is not now if was is None or now is None else abs(was - now) > EXACT


def _states(before: Conclusions, after: Conclusions) -> Iterator[str]:
    for subject in sorted(before.states.keys() | after.states.keys()):
        was, now = before.states.get(subject), after.states.get(subject)
        if was is not now and subject.flow in before.flows & after.flows:
            yield f"'{subject}' was {was or 'absent'}, and is {now or 'absent'}"


def reported(change: Change, seen: Conclusions) -> bool:
    """Whether an alarm, or the list of untested flows, names what differs."""
    named = [*map(str, seen.alarms()), *seen.missing]
    return any(word.lower() in name.lower() for name in named for word in change.words)


def found(change: Change, seen: Conclusions) -> Iterator[str]:
    """Of a real difference: it is reported, or at least no `ok` claims that there is none."""
    if not reported(change, seen):
        for subject in claims(change, seen):
            yield f"'{subject}' is ok, although {change.says}"


def claims(change: Change, seen: Conclusions) -> list[Subject]:
    """The lines that say that all is well where something differs."""
    flows = {_claiming(names, seen) for names in change.flows}
    return sorted(subject for subject in seen.ok(change.claimed_by) if subject.flow in flows)


def _claiming(names: tuple[str, ...], seen: Conclusions) -> str:
    """The nearest flow of the report that a step belongs to; '' where there is none."""
    for name in names:
        for flow in sorted(seen.flows):
            if name.lower() in flow.lower():
                return flow
    return ""
