"""A closed fragment as a tree: who caused whom, in which order, and where the time went.

Structure never depends on clocks across services: parents come from ids, the order among siblings from
their start times, which one parent's clock wrote. Nothing here recurses.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from monitor.base.steps import Steps, result_of
from monitor.wire.span import Kind, Span

ENTRY_KINDS = (Kind.SERVER, Kind.CONSUMER)
_PER_STEP = 1_024
_span_id, _start = itemgetter(1), itemgetter(3)


class Tree(NamedTuple):
    """Spans in preorder, siblings by (start, service, name, id); lists of equal length.

    parents: place of each span's parent, -1 for the top. self_times: ns, see `build`. entry: the first SERVER
    or CONSUMER span, else the top.
    """

    spans: list[Span]
    parents: list[int]
    self_times: list[int]
    entry: int

    def end(self, place: int) -> int:
        """One past the last place of the subtree at `place`: a subtree is a slice of the preorder."""
        parents = self.parents
        end = place + 1
        while end < len(parents) and parents[end] >= place:
            end += 1
        return end

    def holds(self, above: int, place: int) -> bool:
        """Whether `place`, which comes after `above`, is in its subtree; looks at what is between them."""
        parents = self.parents
        while place > above:
            place = parents[place]
        return place == above

    def only(self, places: Sequence[int]) -> "Tree":
        """The tree of the spans at these places, in preorder; each but the first has its parent among them.

        Self times are those of the whole tree: what is left out still took its time.
        """
        new = {place: number for number, place in enumerate(places)}
        spans = [self.spans[place] for place in places]
        entry = next((n for n, span in enumerate(spans) if span.facts.kind in ENTRY_KINDS), 0)
        return Tree(
            spans,
            [-1, *(new[self.parents[place]] for place in places[1:])],
            [self.self_times[place] for place in places],
            entry,
        )


def build(spans: list[Span]) -> Tree:
    """The tree of a fragment's spans, at once."""
    return result_of(building(spans))


def building(spans: list[Span]) -> Steps[Tree]:
    """The tree of a fragment's spans; in a cycle the smallest (start, ...) of its spans is the top.

    Self time is the span's duration minus the union of its children's intervals, clipped to the span. A
    SERVER or CONSUMER child runs on another host, whose clock says nothing here: its interval is first
    moved, by as little as possible, to lie within its parent, so that it counts by its duration. Negative
    durations count as 0.
    """
    if len(spans) == 1:
        return Tree(spans, [-1], [max(spans[0].duration, 0)], 0)
    ordered = _by_start(spans)
    children, tops = yield from _families(ordered)
    return (yield from _preorder(children, _top(ordered, tops)))


def _by_start(spans: list[Span]) -> list[Span]:
    ordered = sorted(spans, key=_start)
    if len(set(map(_start, ordered))) < len(ordered):
        ordered.sort(key=_full_order)
    return ordered


def _full_order(span: Span) -> tuple[int, str, str, bytes]:
    return (span.start, span.facts.service, span.facts.name, span.span_id)


def _families(ordered: list[Span]) -> Steps[tuple[dict[bytes, list[Span]], list[Span]]]:
    """Children by the id of their parent, and the spans whose parent is not here."""
    ids = set(map(_span_id, ordered))
    children: dict[bytes, list[Span]] = {}
    tops = []
    for begin in range(0, len(ordered), _PER_STEP):
        if begin:
            yield
        for span in ordered[begin : begin + _PER_STEP]:
            parent_id = span[2]
            if parent_id not in ids or parent_id == span[1]:
                tops.append(span)
            elif parent_id in children:
                children[parent_id].append(span)
            else:
                children[parent_id] = [span]
    return children, tops


def _top(ordered: list[Span], tops: list[Span]) -> Span:
    """The fragment's top; where there is none, the first span on its one cycle."""
    if tops:
        return tops[0]
    by_id = {span.span_id: span for span in ordered}
    span = ordered[0]
    seen: dict[bytes, Span] = {}
    while span.span_id not in seen:
        seen[span.span_id] = span
        span = by_id[span.parent_id]
    cycle = list(seen.values())
    return min(cycle[cycle.index(span) :], key=_full_order)


def _preorder(children: dict[bytes, list[Span]], top: Span) -> Steps[Tree]:
    spans: list[Span] = []
    parents: list[int] = []
    self_times: list[int] = []
    entry = -1
    stack = [(top, -1)]
    pause = _PER_STEP
    while stack:
        span, parent = stack.pop()
        place = len(spans)
        spans.append(span)
        parents.append(parent)
        if entry < 0 and span[5].kind in ENTRY_KINDS:
            entry = place
        family = children.pop(span[1], None)
        if family is None:
            self_times.append(span[4] if span[4] > 0 else 0)
        else:
            self_times.append(_visit(span, family, place, stack, top))
        if place == pause:
            pause += _PER_STEP
            yield
    return Tree(spans, parents, self_times, max(entry, 0))


def _visit(span: Span, family: list[Span], place: int, stack: list[tuple[Span, int]], top: Span) -> int:
    """Put the children on the stack, eldest on top; returns the span's self time."""
    if len(family) == 1 and family[0] is not top:
        stack.append((family[0], place))
        return _beside_one(span, family[0])
    begin: int = span[3]
    end = begin + span[4] if span[4] > 0 else begin
    visits = []
    intervals: list[tuple[int, int]] = []
    moved = False
    for child in family:
        if child is top:
            continue
        start: int = child[3]
        stop = start + child[4]
        visits.append((child, place))
        if stop > start and child[5].kind in ENTRY_KINDS:
            start, stop = _moved(start, stop, begin, end)
            moved = True
        intervals.append((start, stop))
    stack += visits[::-1]
    if moved:
        intervals.sort()
    return end - begin - _covered(intervals, begin, end)


def _beside_one(span: Span, child: Span) -> int:
    """Self time beside an only child: the common case of the sweep, without its lists."""
    duration, taken = span[4], child[4]
    if duration <= 0:
        return 0
    if taken <= 0:
        return duration
    if child[5].kind in ENTRY_KINDS:
        return duration - taken if taken < duration else 0
    covered = min(child[3] + taken, span[3] + duration) - max(child[3], span[3])
    return duration - covered if covered > 0 else duration


def _covered(intervals: list[tuple[int, int]], begin: int, end: int) -> int:
    """How much of [begin, end] the union of the intervals covers; they come in order of their starts."""
    covered = 0
    reached = begin
    for start, stop in intervals:
        if start < reached:
            start = reached
        if stop > end:
            stop = end
        if stop > start:
            covered += stop - start
            reached = stop
    return covered


def _moved(start: int, stop: int, begin: int, end: int) -> tuple[int, int]:
    """The interval moved by as little as possible to lie within [begin, end]; longer ones fill it."""
    if stop > end:
        start, stop = start - (stop - end), end
    if start < begin:
        stop, start = min(stop + (begin - start), end), begin
    return start, stop
