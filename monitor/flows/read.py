"""Trace -> Flow: what a closed fragment says, as rows without values.

What depends on the facts of a span alone (operation, pass-through, inner) is worked out once per `Facts`
object, and every shape is kept once: equal flows share it, so later layers compare by identity first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from monitor.base.steps import SPANS_PER_STEP, Steps, result_of
from monitor.base.units import MAX_WEIGHT
from monitor.flows.context import around, flaws_of, is_unfinished
from monitor.flows.entries import parted
from monitor.flows.failing import failure_of
from monitor.flows.flow import Flow, FlowId, Shape
from monitor.flows.hops import Merging
from monitor.flows.identity import FlowSettings
from monitor.flows.ignore import Ignored
from monitor.flows.known import Known, Names
from monitor.flows.order import order_of
from monitor.flows.outcome import as_seen
from monitor.flows.plan import Part, Plan, Plans
from monitor.flows.shapes import Shapes
from monitor.stats.histogram import bin_of
from monitor.traces.fragment import Context, Fragment
from monitor.traces.tree import Tree, building
from monitor.wire.span import UNKNOWN, Kind

_deployed = attrgetter("deployed")
_grade = attrgetter("grade")

_MILLISECOND = 1_000_000
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


class _Reading(NamedTuple):
    """A tree of a fragment, with what is known of its spans and around it.

    counts: how many rows the fragment has given so far, by flow.
    """

    fragment: Fragment
    context: Context
    counts: dict[FlowId, int]
    tree: Tree
    known: list[Known]
    plan: Plan


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
        self._plans = Plans()
        self._shapes = Shapes()

    def _forget(self) -> None:
        """The numbers of operations will stand for something else."""
        for table in (self._merging, self._plans, self._shapes):
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
        if read.plan.places:
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
        known = self._names.of(tree.spans[:SPANS_PER_STEP])
        for begin in range(SPANS_PER_STEP, len(tree.spans), SPANS_PER_STEP):
            yield
            known += self._names.of(tree.spans[begin : begin + SPANS_PER_STEP])
        plan = yield from self._plans.of(tree, known)
        if plan.carried:
            for number, (place, name) in enumerate(plan.carried.items(), 1):
                if number % SPANS_PER_STEP == 0:
                    yield
                operation = known[place].operation._replace(name=name)
                known[place] = self._names.named(tree.spans[place].facts, operation)
            plan = yield from self._plans.of(tree, known)
        return _Reading(fragment, context, counts, tree, known, plan)

    def _without_hops(self, read: _Reading) -> Steps[_Reading]:
        """The same without the spans that are no step."""
        places = read.plan.places
        left = yield from building((yield from self._merging.without(read.tree, places)))
        self.tally.hops += len(places) - len(left.spans)
        return (yield from self._reading(*read[:3], left))

    def _rows(self, read: _Reading) -> Steps[list[Flow]]:
        if is_unfinished(read.fragment, read.tree.spans[0]):
            parts: tuple[Part, ...] = (Part(0, len(read.known), 0),)
            kept = parts
        else:
            parts = read.plan.parts
            self._count(parts, len(read.known))
            kept = tuple([part for part in parts if not self._ignores(read, part)])
        if self._has_inner and kept:
            kept += tuple(self._inner(read, parts))
        rows: list[Flow] = []
        for part in kept:
            rows += [(yield from self._row(read, part))]
        return rows

    def _ignores(self, read: _Reading, part: Part) -> bool:
        """Whether a row would be of what is no use of the system; then it is counted."""
        named = read.known[part.named]
        if part.named == part.entry:
            kind = named.ignored
        else:
            kind = self._names.ignores(read.tree.spans[part.entry].facts, named.operation)
        if kind:
            facts = read.tree.spans[part.entry].facts
            environment = facts.environment if facts.environment != UNKNOWN else read.context.environment
            self.tally.ignored.note(environment, kind, named.operation)
        return bool(kind)

    def _count(self, parts: tuple[Part, ...], spans: int) -> None:
        """Count what is in no row, or in two, of a tree with this many spans."""
        repeated = len(parts) - 1 if parts and parts[0].places else 0
        held = sum([len(part.places) or part.end - part.entry for part in parts]) - repeated
        self.tally.repeated += repeated
        self.tally.callers += spans - held

    def _inner(self, read: _Reading, parts: tuple[Part, ...]) -> Iterator[Part]:
        """A row to be for each inner entry, but for the span that already names a flow."""
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
            yield Part(place, end, place)

    def _row(self, read: _Reading, part: Part) -> Steps[Flow]:
        fragment, context, counts, tree, known, _ = read
        flow = known[part.named].flow
        ordinal = counts.get(flow, 0)
        counts[flow] = ordinal + 1
        span = tree.spans[part.entry]
        facts = span.facts
        ended = known[part.entry].ended
        above = tree.parents[part.entry]
        if above >= 0 and tree.spans[above].facts.kind is Kind.CLIENT:
            ended = as_seen(ended, known[above].ended)
        if len(known) > part.end - part.entry or part.places:
            places = part.places or range(part.entry, part.end)
            if len(known) > SPANS_PER_STEP:
                yield
            read = yield from self._reading(fragment, context, counts, tree.only(places))
        shape, run = self._shape(read), facts.run or context.run
        deployed = self._shapes.deployed(map(_deployed, read.known))
        if len(known) > SPANS_PER_STEP:
            yield
        return Flow(
            fragment.offset,
            fragment.index,
            ordinal,
            flow,
            facts.environment if facts.environment != UNKNOWN else context.environment,
            ended.outcome,
            ended.status,
            ended.error,
            facts.suite or context.suite,
            run,
            facts.case or context.case,
            min(facts.weight, MAX_WEIGHT),
            fragment.began,
            fragment.trace_id,
            shape,
            tuple(map(bin_of, read.tree.self_times)),
            max(span.duration, 0),
            flaws_of(fragment, span, self._patience_ns),
            deployed.versions,
            order_of(shape, read.tree.spans),
            failure_of(read.tree, read.known, ended),
            fragment.began - span.start // _MILLISECOND,
            tuple(map(_grade, read.known)) if run else (),
            context.result,
            deployed.stated,
        )

    def _shape(self, read: _Reading) -> Shape:
        said = ((each.operation, each.notes) for each in read.known)
        return self._shapes.shape(read.plan.number, read.tree.parents, said)
