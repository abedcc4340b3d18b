"""Which flows a tree holds: where each begins, and what is left to the caller above them.

A tree whose top is a SERVER or CONSUMER is one flow. Below any other top (a page load, a job, a test) every
topmost SERVER or CONSUMER is the entry of a flow of its own, and the top is their caller. What the caller
asks of others itself is a flow, too, named by the top; what it only sends is what its consumers do.
"""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.flows.asked import asked
from monitor.traces.borders import is_border
from monitor.traces.halves import CALLERS
from monitor.traces.tree import ENTRY_KINDS, Tree
from monitor.wire.span import Facts, Kind, Span

_SENDS = ("send", "create")
_PAGES = ("documentLoad", "documentFetch", "resourceFetch")
"""What OpenTelemetry's instrumentation of browsers names the load of a page and of its parts."""


class Reach(NamedTuple):
    """The subtree in a tree from `place` to before `end`."""

    place: int
    end: int


def entries(tree: Tree) -> list[Reach]:
    """The topmost servers and consumers of a tree, in preorder."""
    found = []
    place = tree.entry  # the first one
    while place < len(tree.spans):
        if tree.spans[place].facts.kind in ENTRY_KINDS:
            end = tree.end(place)
            found.append(Reach(place, end))
            place = end
        else:
            place += 1
    return found


def callers_places(tree: Tree, below: Sequence[Reach]) -> list[int]:
    """The places of what the top of a tree does by itself, `below` its entries; [] where that is no flow.

    The entries themselves stay, as what answers its calls. A lone message makes no flow: what consumes it is
    one. Where a top does nothing that is known, it is the flow all the same.

    A page that a browser loads is no flow where it asks for nothing, as it came from a cache, or where some
    of its requests are flows: what is left are those of others, or those whose servers' spans got lost.
    """
    every = list(range(len(tree.spans)))
    if tree.spans[0].facts.name in _PAGES and (below or not any(map(_asks, tree.spans))):
        return []
    if not below:
        return [] if _sends(tree.spans[0].facts) else every
    inside = {place for reach in below for place in range(reach.place + 1, reach.end)}
    places = [place for place in every if place not in inside]
    calls = {place for place in places if tree.spans[place].facts.kind in CALLERS}
    return places if calls - _answered(tree, below) else []


def _answered(tree: Tree, below: Sequence[Reach]) -> set[int]:
    """The places of the entries and of all spans above them."""
    answered: set[int] = set()
    for reach in below:
        place = reach.place
        while place >= 0 and place not in answered:
            answered.add(place)
            place = tree.parents[place]
    return answered


def _asks(span: Span) -> bool:
    return span.facts.kind in CALLERS


def _sends(facts: Facts) -> bool:
    """Whether a span does no more than send a message."""
    request = asked(facts)
    sends = request.layer == "message" and request.method in _SENDS
    return facts.kind is Kind.PRODUCER or (facts.kind is Kind.CLIENT and sends)


def parted(tree: Tree) -> list[Tree]:
    """The tree without what consumes a message that it sends, and each such part as a tree of its own.

    Assembly parts them already, but for consumers that share the id of their senders.
    """
    tops = [0]
    for place in range(1, len(tree.spans)):
        parent = tree.parents[place]
        begins = is_border(tree.spans[parent].facts, tree.spans[place].facts)
        tops.append(place if begins else tops[parent])
    parts: dict[int, list[int]] = {}
    for place, top in enumerate(tops):
        parts.setdefault(top, []).append(place)
    return [tree.only(places) for places in parts.values()]
