"""Servers that only pass a request on: proxies whose spans have no mark of any.

    orders CLIENT POST /pay -> egress SERVER POST /pay -> [egress CLIENT] -> payments SERVER POST /pay

A server that names a route has an application behind it, and one that does anything else is no mere hop. At
the front of a flow nothing shows that an entry is none, unless it passes on to its own service: no caller
asks it for what it asks in turn, and tests that go past it exercise no code of it. It stays the entry; where
the other side enters behind it, that is hinted (`drift.hints`, `inner`) and pages nobody.
"""

from collections.abc import Sequence

from monitor.flows.asked import Asked, answers
from monitor.flows.hop import Hop
from monitor.traces.halves import CALLERS
from monitor.wire.span import Kind

_ROUTED = 3
"""How well a request is named that states its route (`Asked.named`)."""


def passing_on(hops: Sequence[Hop], parents: Sequence[int]) -> frozenset[int]:
    """The places of the spans of such servers, with those of what they do."""
    servers = [place for place, hop in enumerate(hops) if hop.kind is Kind.SERVER and not hop.proxy]
    if len(servers) < 2:
        return frozenset()
    children: dict[int, list[int]] = {}
    for place, parent in enumerate(parents):
        children.setdefault(parent, []).append(place)
    return frozenset(place for server in servers for place in _chain(hops, parents, children, server))


def _chain(
    hops: Sequence[Hop], parents: Sequence[int], children: dict[int, list[int]], server: int
) -> list[int]:
    """The places from a server down to before the next one, where it does nothing but ask that the same."""
    own = hops[server]
    chain = [server]
    while len(below := children.get(chain[-1], [])) == 1:
        [place] = below
        hop = hops[place]
        if hop.kind is Kind.SERVER:
            asks = any(hops[each].kind is Kind.CLIENT for each in chain)
            between = _is_between(own, hops, parents[server]) or (asks and hop.service == own.service)
            return chain if between and _passes_on(own.asked, hop.asked) else []
        if hop.service != own.service or hop.kind not in (Kind.INTERNAL, Kind.CLIENT):
            return []
        chain.append(place)
    return []


def _is_between(own: Hop, hops: Sequence[Hop], parent: int) -> bool:
    """Whether another service's call is right above."""
    return parent >= 0 and hops[parent].kind in CALLERS and hops[parent].service != own.service


def _passes_on(asked: Asked, answered: Asked) -> bool:
    """Whether a request that names no route is the one that is answered below."""
    by_route = bool(asked.method) and asked.named >= _ROUTED
    return not by_route and answers(asked, answered)
