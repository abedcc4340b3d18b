"""Which requests of a tree are carriers: what spans of the same service below them say that they carry."""

from collections.abc import Sequence

from monitor.flows.carried import together
from monitor.flows.flow import Operation
from monitor.flows.hop import Hop
from monitor.traces.tree import ENTRY_KINDS, Tree
from monitor.wire.span import Kind


def carriers(tree: Tree, operations: Sequence[Operation], hops: Sequence[Hop]) -> dict[int, str]:
    """Place of a request -> the words for what it carries; `hops`: what each span says of that.

    That request is the nearest SERVER or CONSUMER above, of the same service, over INTERNAL spans alone. Of
    spans below each other the topmost counts: what is asked, not who answers it. Jobs name consumers alone: a
    request that runs one on the way is not the job.
    """
    found: dict[int, list[str]] = {}
    for place, hop in enumerate(hops):
        carrier = _above(tree, operations, hops, place) if hop.carries else None
        if carrier is not None and (not hop.job or operations[carrier].kind is Kind.CONSUMER):
            found.setdefault(carrier, []).append(hop.carries)
    return {place: together(each) for place, each in found.items()}


def _above(tree: Tree, operations: Sequence[Operation], hops: Sequence[Hop], place: int) -> int | None:
    service, place = operations[place].service, tree.parents[place]
    while place >= 0 and operations[place].kind is Kind.INTERNAL and operations[place].service == service:
        if hops[place].carries:
            return None
        place = tree.parents[place]
    if place < 0 or operations[place].service != service or operations[place].kind not in ENTRY_KINDS:
        return None
    return place
