"""Spans that are no step of a flow: hops of proxies, and spans that say once more what another one says.

A proxy between two services, or before the first, passes a request on: without it the flow is what it would
be where there is none. It stays where nothing else shows a service: if all spans are of proxies, if it is
the server of spans that have no other, or if what it entered into would fall apart.

One without any mark is known by what it does: between a caller and the server that answers, it is asked and
asks the same, method and path, names no route, and does nothing else.

Two instrumentations of one request make two spans of one kind, one below the other, in one service: they are
one. It has the place of the outer one, the better name of the two, and the time that the service's own code
sees: of a call that it makes the outer one's, of one that it answers the inner one's. What a wrapper takes
is no news of the service. Where there are several inner ones, as of attempts, the outer one has the time.
A server's span that says what the request above it carries (GraphQL, RPC) is one with it, and names it, too.
A request over HTTP that an SDK, a driver or an RPC makes is how their call goes out: it is one with that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from monitor.base.steps import Steps
from monitor.flows.asked import agrees, asked, contradicts, goes_over
from monitor.flows.carried import WITHIN, carried, carried_within, together
from monitor.flows.hop import Hop
from monitor.flows.passing import passing_on
from monitor.flows.shapes import MAX_KNOWN
from monitor.traces.halves import CALLERS
from monitor.traces.tree import ENTRY_KINDS, Tree
from monitor.wire.credentials import CREDENTIALS
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.values import PEER

GONE = -1
"""Stands for nothing: what was above is not there any more."""

_PER_STEP = 256
_MOST_DOUBLES = 64
"""Spans that are one with another at most this many name it: each is looked at."""

_SERVING = (Kind.SERVER, Kind.INTERNAL)
_DOUBLED = (Kind.SERVER, Kind.CLIENT, Kind.PRODUCER, Kind.CONSUMER)
_ENDINGS = ("http.response.status_code", "rpc.status_code", "error.type")


def standing(hops: Sequence[Hop], parents: Sequence[int]) -> Steps[tuple[int, ...] | None]:
    """For each span the place of the one that stands for it: itself, one above, or `GONE`; None: all stay.

    `parents` as in `Tree`. The children of a span that goes hang below what stands for it.
    """
    passing = passing_on(hops, parents)
    if passing:
        hops = [hop._replace(proxy=True) if place in passing else hop for place, hop in enumerate(hops)]
    gone = frozenset[int]()
    if any(hop.proxy for hop in hops):
        hops = _with_their_own(hops, parents)
        gone = _transparent(hops, parents)
    places: list[int] = []
    over: list[int] = []
    for place, own in enumerate(hops):
        above = places[parents[place]] if place else GONE
        over.append(_over(hops, over, own, above))
        if len(over) % _PER_STEP == 0:
            yield
        places.append(above if place in gone else _same(hops, place, over[place]))
    return None if places == list(range(len(hops))) else tuple(places)


def _with_their_own(hops: Sequence[Hop], parents: Sequence[int]) -> Sequence[Hop]:
    """The hops, of which what a proxy does inside itself (filters, plug-ins, routing) is the proxy's, too."""
    known: list[Hop] = []
    for hop, parent in zip(hops, parents, strict=True):
        upper = known[parent] if known else hop
        own = upper.proxy and hop.kind is Kind.INTERNAL and hop.service == upper.service
        known.append(hop._replace(proxy=True) if own else hop)
    return known


def _transparent(hops: Sequence[Hop], parents: Sequence[int]) -> frozenset[int]:
    """The places of proxies' spans without which the rest still says what happened."""
    if all(hop.proxy for hop in hops):
        return frozenset()
    serving: set[int] = set()
    for place in range(len(hops) - 1, 0, -1):
        hop, parent = hops[place], parents[place]
        inside = hop.proxy and hop.kind is Kind.INTERNAL and place in serving
        if inside or (not hop.proxy and hop.kind not in ENTRY_KINDS):
            serving.add(parent)
    gone = {
        place
        for place, hop in enumerate(hops)
        if hop.proxy and not (hop.kind in _SERVING and place in serving)
    }
    return frozenset(gone if _tops(gone, parents) <= 1 else gone - {0})


def _tops(gone: set[int], parents: Sequence[int]) -> int:
    """How many spans have nothing above them where these are gone."""
    bare: list[bool] = []
    for place, parent in enumerate(parents):
        bare.append(place in gone and (parent < 0 or bare[parent]))
    return sum(not bare[place] and (parent < 0 or bare[parent]) for place, parent in enumerate(parents))


def _over(hops: Sequence[Hop], over: Sequence[int], own: Hop, above: int) -> int:
    """The first place from `above` on upwards that is not internal to the same service; `over`: of those."""
    if above > 0 and hops[above].kind is Kind.INTERNAL and hops[above].service == own.service:
        return over[above]
    return above


def _same(hops: Sequence[Hop], place: int, above: int) -> int:
    """The place of the span above, over the service's own internal ones, that is about the same request."""
    own = hops[place]
    if own.kind not in _DOUBLED or own.proxy:
        return place
    if above == GONE or hops[above].proxy or hops[above].service != own.service:
        return place
    if own.kind is Kind.CLIENT and hops[above].kind in CALLERS and goes_over(hops[above].asked, own.asked):
        return above
    if hops[above].kind is not own.kind:
        return place
    if own.kind is Kind.SERVER:  # it would not be there but for the request of the one above
        within = bool(own.carries) and bool(hops[above].asked.method)
        one = within or not contradicts(hops[above].asked, own.asked)
    else:
        one = agrees(hops[above].asked, own.asked)
    return above if one else place


class Merging:
    """Takes spans out of trees; keeps the facts that it made, so that equal ones are one object."""

    def __init__(self) -> None:
        self._facts: dict[tuple[Facts, ...], Facts] = {}

    def clear(self) -> None:
        """Forget what was made."""
        self._facts.clear()

    def without(self, tree: Tree, places: Sequence[int]) -> Steps[list[Span]]:
        """The spans of a tree that stand for themselves, below what stands for their parents."""
        merged: dict[int, list[int]] = {}
        for place, stands in enumerate(places):
            if stands not in (place, GONE) and _is_one(tree.spans[place].facts, tree.spans[stands].facts):
                merged.setdefault(stands, []).append(place)
        spans = []
        for place, stands in enumerate(places):
            if stands != place:
                continue
            span, parent = tree.spans[place], tree.parents[place]
            if parent >= 0 and places[parent] not in (parent, GONE):
                span = span._replace(parent_id=tree.spans[places[parent]].span_id)
            spans.append(self._one(span, tree, merged[place]) if place in merged else span)
            if len(spans) % _PER_STEP == 0:
                yield
        return spans

    def _one(self, span: Span, tree: Tree, inner: list[int]) -> Span:
        """The span that `span` and those at the `inner` places, in preorder, are together."""
        all_facts = (span.facts, *[tree.spans[place].facts for place in inner[:_MOST_DOUBLES]])
        facts = self._facts.get(all_facts)
        if facts is None:
            if len(self._facts) >= MAX_KNOWN:
                self._facts.clear()
            facts = self._facts[all_facts] = _merged(*all_facts)
        span = span._replace(facts=facts)
        answers = span.facts.kind in ENTRY_KINDS
        if answers and all(tree.holds(above, place) for above, place in pairwise(inner)):
            last = tree.spans[inner[-1]]
            span = span._replace(start=last.start, duration=last.duration)
        return span


def _is_one(facts: Facts, standing_for_it: Facts) -> bool:
    """Whether what stands for a span says the same request once more; a proxy is only passed over."""
    return not facts.proxy and facts.service == standing_for_it.service


def _merged(outer: Facts, *inner: Facts) -> Facts:
    """The facts of `outer` under the best name of all, with what the inner ones say that it carries."""
    facts = outer
    for other in inner:
        if asked(other).named > asked(facts).named and not goes_over(asked(facts), asked(other)):
            facts = _renamed(facts, other)
    more = {name: said for each in inner for name, said in each.attributes.items() if name in CREDENTIALS}
    more |= _shown_inside(facts, inner)
    within = together(map(carried_within, inner))
    if within and not carried(facts):
        more[WITHIN] = within
    return replace(facts, attributes=dict(sorted({**more, **facts.attributes}.items()))) if more else facts


def _shown_inside(outer: Facts, inner: Iterable[Facts]) -> dict[str, str]:
    """Where a call goes out, as the request says by which it does: an SDK may not."""
    if PEER in outer.attributes:
        return {}
    place = next((other.attributes[PEER] for other in inner if PEER in other.attributes), "")
    return {PEER: place} if place else {}


def _renamed(outer: Facts, inner: Facts) -> Facts:
    """The facts of `outer` under the name of `inner`; how it ended is what the outer one says."""
    endings = {name: outer.attributes[name] for name in _ENDINGS if name in outer.attributes}
    attributes = dict(sorted({**outer.attributes, **inner.attributes, **endings}.items()))
    return replace(outer, name=inner.name, attributes=attributes)
