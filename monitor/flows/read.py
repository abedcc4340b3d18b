"""Trace -> Flow: what a closed fragment says, as rows without values.

What depends on the facts of a span alone (operation, pass-through, inner) is worked out once per `Facts`
object, and every shape is kept once: equal flows share it, so later layers compare by identity first.
"""

from dataclasses import dataclass, field
from itertools import count
from operator import attrgetter
from typing import NamedTuple

from monitor.base.units import MAX_WEIGHT
from monitor.flows.carried import carried_within
from monitor.flows.carriers import carriers
from monitor.flows.flow import Flaw, Flow, FlowId, Node, Operation, Shape, Versions
from monitor.flows.identity import FlowSettings, any_glob, flow_id, identity, is_bare
from monitor.flows.ignore import Ignored, ignoring
from monitor.flows.notes import UNROUTED
from monitor.flows.operation import is_unrouted, operation, with_carried
from monitor.flows.outcome import ending
from monitor.flows.routes import routes
from monitor.stats.histogram import bin_of
from monitor.traces.fragment import Context, Fragment
from monitor.traces.tree import ENTRY_KINDS, Tree, build
from monitor.wire.span import UNKNOWN, Facts, Kind
from monitor.wire.url_path import is_catch_all

_MAX_KNOWN = 50_000
"""Facts and shapes kept; when full, all are dropped and learned again: a bound on memory, not a policy."""


_MAX_INNER_SPANS = 20_000
"""Spans of all inner rows of one fragment together: where each is nested in the one before, they would be
half the square of the fragment's."""


@dataclass(slots=True)
class Tally:
    """What no row holds.

    beside: spans neither below nor above their group's entry, as of the later calls of a job. inner:
    entries of inner flows beyond what one fragment may give. ignored: entries of `flows.ignore`.
    """

    beside: int = 0
    inner: int = 0
    ignored: Ignored = field(default_factory=Ignored)


class _Known(NamedTuple):
    """What the facts of a span say by themselves.

    number: stands for the operation in keys of shapes. ignored: the kind of `flows.ignore`, '' for a flow.
    carries: what the request around an INTERNAL span carries. notes: of the spans in shapes. deployed: the
    service and its version.
    """

    operation: Operation
    number: int
    flow: FlowId
    pass_through: bool
    inner: bool
    ignored: str
    carries: str
    notes: tuple[str, ...]
    deployed: tuple[str, str]


_carries = attrgetter("carries")


class Reader:
    """Reads fragments; keeps nothing but what repeats, so two readers give equal rows."""

    def __init__(self, settings: FlowSettings) -> None:
        self.tally = Tally()
        self._passes_through = any_glob(settings.pass_through)
        self._is_inner = any_glob(settings.inner)
        self._has_inner = bool(settings.inner)
        self._ignore = ignoring(settings.ignore)
        self._route = routes(settings.templates)
        self._known: dict[Facts, _Known] = {}
        self._carriers: dict[tuple[Facts, str], _Known] = {}
        self._numbers: dict[tuple[Operation, tuple[str, ...]], int] = {}
        self._unused = count()
        self._shapes: dict[tuple[tuple[int, ...], ...], Shape] = {}
        self._versions: dict[frozenset[tuple[str, str]], Versions] = {}

    def read(self, fragment: Fragment) -> list[Flow]:
        """The rows of a closed fragment: its own, and one for each inner entry in it; none of one to ignore.

        A group whose parent never came is a flow of its own. It is flawed (ORPHANED) unless its top is a
        SERVER or CONSUMER: a caller that only injects the header (load generators, browsers) sends no span.
        """
        tree = build(fragment.spans)
        known = [self._look_up(span[5]) for span in tree.spans]
        if any(map(_carries, known)):
            self._name_carriers(tree, known)
        entry = tree.entry
        end = tree.end(entry) if entry else len(known)
        named = entry
        if known[entry].pass_through:
            named = identity([each.operation for each in known], entry, end)
        facts = tree.spans[entry].facts
        kind = known[entry].ignored if named == entry else self._ignore(facts, known[named].operation)
        if kind:
            self.tally.ignored.note(_environment(fragment, tree, facts), kind, known[named].operation)
            return []
        rows = [self._row(fragment, tree, known, entry, end, known[named].flow, 0)]
        if len(rows[0].shape) < len(known):
            self.tally.beside += len(known) - (end - entry) - tree.depth(entry)
        if self._has_inner:
            rows += self._inner_rows(fragment, tree, known, (entry, end, named), rows[0].id)
        return rows

    def _inner_rows(
        self, fragment: Fragment, tree: Tree, known: list[_Known], where: tuple[int, int, int], outer: FlowId
    ) -> list[Flow]:
        """A row for each inner entry below the entry, but for the span that already names the flow."""
        entry, end, named = where
        counts = {outer: 1}
        room = _MAX_INNER_SPANS
        rows = []
        for place in range(entry + 1, end):
            if not known[place].inner or place == named:
                continue
            if room <= 0:
                self.tally.inner += 1
                continue
            flow, below = known[place].flow, tree.end(place)
            ordinal = counts.get(flow, 0)
            counts[flow] = ordinal + 1
            room -= below - place
            rows.append(self._row(fragment, tree, known, place, below, flow, ordinal))
        return rows

    def _row(
        self,
        fragment: Fragment,
        tree: Tree,
        known: list[_Known],
        entry: int,
        end: int,
        flow: FlowId,
        ordinal: int,
    ) -> Flow:
        span = tree.spans[entry]
        facts = span.facts
        above = tree.parents[entry]
        end_of = ending(facts, tree.spans[above].facts if above >= 0 else None)
        context = _context(fragment, tree, facts)
        flaws = _flaws(fragment, tree.spans[0].facts.kind)
        if flaws & Flaw.ORPHANED and entry == tree.entry:
            entry, end = 0, len(known)  # what hangs in the air shows whose span is lost: its parent's
        return Flow(
            fragment.offset,
            fragment.index,
            ordinal,
            flow,
            _environment(fragment, tree, facts),
            end_of.outcome,
            end_of.status,
            end_of.error,
            context.suite,
            context.run,
            context.case,
            min(facts.weight, MAX_WEIGHT),
            fragment.began,
            fragment.trace_id,
            self._shape(tree, known, entry, end),
            tuple([bin_of(time) for time in tree.self_times[entry:end]]),
            max(span.duration, 0),
            flaws,
            self._version_set(known, entry, end),
        )

    def _shape(self, tree: Tree, known: list[_Known], entry: int, end: int) -> Shape:
        """The subtree at `entry`, which becomes the top: a caller's span above it is context, not shape."""
        parents = tree.parents[entry:end]
        if entry:
            parents = [-1, *(parent - entry for parent in parents[1:])]
        overlaps = tree.overlaps[entry:end]
        overlaps[0] = 0
        key = (tuple([each[1] for each in known[entry:end]]), tuple(parents), tuple(overlaps))
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _MAX_KNOWN:
                self._shapes.clear()
            operations = [each.operation for each in known[entry:end]]
            notes = [each.notes for each in known[entry:end]]
            shape = self._shapes[key] = tuple(map(Node, operations, parents, overlaps, notes))
        return shape

    def _version_set(self, known: list[_Known], entry: int, end: int) -> Versions:
        """What was deployed of the services in the subtree at `entry`; the same object for the same set."""
        key = frozenset([each.deployed for each in known[entry:end]])
        versions = self._versions.get(key)
        if versions is None:
            if len(self._versions) >= _MAX_KNOWN:
                self._versions.clear()
            versions = self._versions[key] = tuple(sorted(pair for pair in key if pair[1]))
        return versions

    def _look_up(self, facts: Facts) -> _Known:
        return self._known.get(facts) or self._learn(facts)

    def _learn(self, facts: Facts) -> _Known:
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
            self._numbers.clear()
            self._shapes.clear()
            self._carriers.clear()
        known = self._known[facts] = self._judge(facts, operation(facts, self._route))
        return known

    def _judge(self, facts: Facts, name: Operation) -> _Known:
        """What is known of facts, given the operation."""
        unrouted = facts.kind is Kind.SERVER and is_unrouted(facts, self._route)
        notes = (UNROUTED,) if unrouted else ()
        number = self._numbers.get((name, notes))
        if number is None:
            # Never used twice: a fragment that is read while the tables are emptied holds both.
            number = self._numbers[name, notes] = next(self._unused)
        ignored = self._ignore(facts, name)
        bare = is_bare(name.name) or is_catch_all(facts.attributes.get("http.route", ""))
        return _Known(
            operation=name,
            number=number,
            flow=flow_id(name),
            pass_through=bare or self._passes_through(name),
            inner=facts.kind is Kind.SERVER and self._is_inner(name) and not ignored,
            ignored=ignored,
            carries=carried_within(facts),
            notes=notes,
            deployed=(facts.service, facts.resource.get("service.version", "")),
        )

    def _name_carriers(self, tree: Tree, known: list[_Known]) -> None:
        """Name each request by what it carries, too, where that is told by spans below it."""
        operations = [each.operation for each in known]
        for place, words in carriers(tree, operations, list(map(_carries, known))).items():
            facts = tree.spans[place].facts
            carrier = self._carriers.get((facts, words))
            if carrier is None:
                name = operations[place]._replace(name=with_carried(operations[place].name, words))
                carrier = self._carriers[facts, words] = self._judge(facts, name)
            known[place] = carrier


def _environment(fragment: Fragment, tree: Tree, entry: Facts) -> str:
    """The entry's, if known; else that of the topmost span that knows its own, else the runner's.

    Test frameworks mark their own spans, often the root alone; the services below say nothing.
    """
    if entry.environment != UNKNOWN:
        return entry.environment
    for span in tree.spans:
        if span[5].environment != UNKNOWN:
            return span[5].environment
    return fragment.context.environment or UNKNOWN


def _context(fragment: Fragment, tree: Tree, entry: Facts) -> Context:
    """Suite, run, case: of the entry, else the first span in preorder that states it, else the runner."""
    suite, run, case = entry.suite, entry.run, entry.case
    if suite and run and case:
        return Context(suite, run, case)
    for span in tree.spans:
        facts = span[5]
        suite, run, case = suite or facts.suite, run or facts.run, case or facts.case
    context = fragment.context
    return Context(suite or context.suite, run or context.run, case or context.case)


def _flaws(fragment: Fragment, top: Kind) -> Flaw:
    flaws = Flaw.NONE
    if fragment.missing and top not in ENTRY_KINDS:
        flaws |= Flaw.ORPHANED
    if fragment.truncated:
        flaws |= Flaw.TRUNCATED
    if fragment.split:
        flaws |= Flaw.SPLIT
    if fragment.cyclic:
        flaws |= Flaw.CYCLIC
    return flaws
