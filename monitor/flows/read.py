"""Trace -> Flow: what a closed fragment says, as rows without values.

What depends on the facts of a span alone (operation, pass-through, inner) is worked out once per `Facts`
object, and every shape is kept once: equal flows share it, so later layers compare by identity first.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.base.steps import SPANS_PER_STEP, Steps, result_of
from monitor.base.units import MAX_WEIGHT
from monitor.flows.context import around, flaws_of, is_unfinished
from monitor.flows.entries import callers_places, entries, parted
from monitor.flows.flow import Flow, FlowId, Shape
from monitor.flows.hops import Merging, standing
from monitor.flows.identity import FlowSettings, Named, identity
from monitor.flows.ignore import Ignored
from monitor.flows.known import Known, Names
from monitor.flows.outcome import ending
from monitor.flows.shapes import MAX_KNOWN, Numbers, Shapes
from monitor.stats.histogram import bin_of
from monitor.traces.fragment import Context, Fragment
from monitor.traces.tree import ENTRY_KINDS, Tree, building
from monitor.wire.span import UNKNOWN

_MAX_INNER_SPANS = 20_000
"""Spans of all inner rows of one fragment together: where each is nested in the one before, they would be
half the square of the fragment's."""


@dataclass(slots=True)
class ReadCounts:
    """What no row holds.

    callers: spans above or beside the entries of their groups, as of a page load or a job. repeated: entries
    that are in two rows, their own and their caller's. inner: entries of inner flows beyond what one fragment
    may give. hops: spans of proxies, and those that said once more what another one says. ignored: entries
    of `flows.ignore`.
    """

    callers: int = 0
    repeated: int = 0
    inner: int = 0
    hops: int = 0
    ignored: Ignored = field(default_factory=Ignored)


class _Part(NamedTuple):
    """A row to be: the subtree from `entry` to before `end`, and the place that names its flow.

    places: of the spans that it is made of, () for all of the subtree.
    """

    entry: int
    end: int
    named: int
    places: tuple[int, ...] = ()


class _Reading(NamedTuple):
    """A tree of a fragment, with what is known of its spans and around it.

    counts: how many rows the fragment has given so far, by flow. numbers, parents: of the tree, and together
    all that its rows depend on, but for times and what was deployed.
    """

    fragment: Fragment
    context: Context
    counts: dict[FlowId, int]
    tree: Tree
    known: list[Known]
    numbers: Numbers
    parents: Numbers


class Reader:
    """Reads fragments; keeps nothing but what repeats, so two readers give equal rows.

    patience_ms: how long a group waits for its parent (`assembly.orphan_wait`).
    """

    def __init__(self, settings: FlowSettings, patience_ms: int = 60_000) -> None:
        self.tally = ReadCounts()
        self._patience_ns = patience_ms * 1_000_000
        self._has_inner = bool(settings.inner)
        self._names = Names(settings, self._forget)
        self._merging = Merging()
        self._standing: dict[tuple[Numbers, Numbers], Numbers | None] = {}
        self._parts: dict[tuple[Numbers, Numbers], tuple[_Part, ...]] = {}
        self._shapes = Shapes()

    def _forget(self) -> None:
        """The numbers of operations will stand for something else."""
        for table in (self._merging, self._standing, self._parts, self._shapes):
            table.clear()

    def read(self, fragment: Fragment) -> list[Flow]:
        """The rows of a closed fragment: of each flow in it, and of each inner entry; none of one to ignore.

        A group that is unfinished is one row, for the sake of what it says of loss: flawed as ORPHANED, and
        no flow (`Flow.is_unfinished`).
        """
        return result_of(self.steps(fragment))

    def steps(self, fragment: Fragment) -> Steps[list[Flow]]:
        """The same step by step: take those of one fragment to their end before the next one's."""
        whole = yield from building(fragment.spans)
        read = yield from self._reading(fragment, around(fragment, whole.spans), {}, whole)
        read = yield from self._without_hops(read)
        if not fragment.shared:
            return (yield from self._rows(read))
        rows: list[Flow] = []
        for tree in parted(read.tree):
            part = yield from self._reading(*read[:3], tree)
            rows += yield from self._rows(part)
        return rows

    def _reading(
        self, fragment: Fragment, context: Context, counts: dict[FlowId, int], tree: Tree
    ) -> Steps[_Reading]:
        known: list[Known] = []
        for begin in range(0, len(tree.spans), SPANS_PER_STEP):
            if begin:
                yield
            known += [self._names.look_up(span[5]) for span in tree.spans[begin : begin + SPANS_PER_STEP]]
        self._names.name_carriers(tree, known)
        numbers = tuple([each[1] for each in known])
        return _Reading(fragment, context, counts, tree, known, numbers, tuple(tree.parents))

    def _without_hops(self, read: _Reading) -> Steps[_Reading]:
        """The same without the spans that are no step."""
        key = read[-2:]
        if key not in self._standing:
            if len(self._standing) >= MAX_KNOWN:
                self._standing.clear()
            self._standing[key] = yield from standing([each.hop for each in read.known], read.parents)
        places = self._standing[key]
        if places is None:
            return read
        left = yield from building((yield from self._merging.without(read.tree, places)))
        self.tally.hops += len(places) - len(left.spans)
        return (yield from self._reading(*read[:3], left))

    def _rows(self, read: _Reading) -> Steps[list[Flow]]:
        if is_unfinished(read.fragment, read.tree.spans[0]):
            parts: tuple[_Part, ...] = (_Part(0, len(read.known), 0),)
        else:
            parts = yield from self._parts_of(read)
            self._count(parts, len(read.known))
        kept = [part for part in parts if not self._ignores(read, part)]
        rows: list[Flow] = []
        for part in kept:
            rows += [(yield from self._row(read, part))]
        if self._has_inner and rows:
            yield from self._add_inner(rows, read, parts)
        return rows

    def _ignores(self, read: _Reading, part: _Part) -> bool:
        """Whether a row would be of what is no use of the system; then it is counted."""
        named = read.known[part.named]
        if is_unfinished(read.fragment, read.tree.spans[0]):
            return False
        if part.named == part.entry:
            kind = named.ignored
        else:
            kind = self._names.ignores(read.tree.spans[part.entry].facts, named.operation)
        if kind:
            facts = read.tree.spans[part.entry].facts
            environment = facts.environment if facts.environment != UNKNOWN else read.context.environment
            self.tally.ignored.note(environment, kind, named.operation)
        return bool(kind)

    def _parts_of(self, read: _Reading) -> Steps[tuple[_Part, ...]]:
        """The rows of a tree: what is left to the top where that is no entry, and its entries."""
        top = read.known[0].named
        if top.kind in ENTRY_KINDS and not top.pass_through:
            return (_Part(0, len(read.known), 0),)
        key = read[-2:]
        parts = self._parts.get(key)
        if parts is None:
            if len(self._parts) >= MAX_KNOWN:
                self._parts.clear()
            found = yield from _parts(read.tree, [each.named for each in read.known])
            parts = self._parts[key] = tuple(found)
        return parts

    def _count(self, parts: tuple[_Part, ...], spans: int) -> None:
        """Count what is in no row, or in two, of a tree with this many spans."""
        repeated = len(parts) - 1 if parts and parts[0].places else 0
        held = sum([len(part.places) or part.end - part.entry for part in parts]) - repeated
        self.tally.repeated += repeated
        self.tally.callers += spans - held

    def _add_inner(self, rows: list[Flow], read: _Reading, parts: tuple[_Part, ...]) -> Steps[None]:
        """Add a row for each inner entry, but for the span that already names a flow."""
        room = _MAX_INNER_SPANS
        named = {place for part in parts for place in (part.entry, part.named)}
        for place, each in enumerate(read.known):
            if not each.inner or place in named:
                continue
            if room <= 0:
                self.tally.inner += 1
                continue
            end = read.tree.end(place)
            room -= end - place
            rows += [(yield from self._row(read, _Part(place, end, place)))]

    def _row(self, read: _Reading, part: _Part) -> Steps[Flow]:
        fragment, context, counts, tree, known, *_ = read
        flow = known[part.named].flow
        ordinal = counts.get(flow, 0)
        counts[flow] = ordinal + 1
        span = tree.spans[part.entry]
        facts = span.facts
        above = tree.parents[part.entry]
        end_of = ending(facts, tree.spans[above].facts if above >= 0 else None)
        if len(known) > part.end - part.entry or part.places:
            places = part.places or range(part.entry, part.end)
            yield
            read = yield from self._reading(fragment, context, counts, tree.only(places))
        return Flow(
            fragment.offset,
            fragment.index,
            ordinal,
            flow,
            facts.environment if facts.environment != UNKNOWN else context.environment,
            end_of.outcome,
            end_of.status,
            end_of.error,
            facts.suite or context.suite,
            facts.run or context.run,
            facts.case or context.case,
            min(facts.weight, MAX_WEIGHT),
            fragment.began,
            fragment.trace_id,
            self._shape(read),
            tuple([bin_of(time) for time in read.tree.self_times]),
            max(span.duration, 0),
            flaws_of(fragment, span, self._patience_ns),
            self._shapes.versions([each.deployed for each in read.known]),
        )

    def _shape(self, read: _Reading) -> Shape:
        said = ((each.operation, each.notes) for each in read.known)
        return self._shapes.shape(read.numbers, read.parents, tuple(read.tree.overlaps), said)


def _parts(tree: Tree, named: list[Named]) -> Steps[list[_Part]]:
    below = entries(tree)
    places = callers_places(tree, below) if not below or below[0].place else ()
    parts = [_Part(0, len(named), 0, tuple(places) if below else ())] if places else []
    for place, end in below:
        parts += [_Part(place, end, (yield from identity(named, tree, place)))]
    return parts
