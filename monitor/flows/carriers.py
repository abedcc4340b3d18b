"""Which requests of a tree are carriers: what spans of the same service below them say that they carry."""

from collections.abc import Sequence

from monitor.flows.carried import together
from monitor.flows.flow import Operation
from monitor.traces.tree import ENTRY_KINDS, Tree
from monitor.wire.span import Kind


def carriers(tree: Tree, operations: Sequence[Operation], words: Sequence[str]) -> dict[int, str]:
    """Place of a request -> the words for what it carries; `words`: what each span says of that, mostly ''.

    That request is the nearest SERVER or CONSUMER above, of the same service, over INTERNAL spans alone.
    """
    found: dict[int, list[str]] = {}
    for place, said in enumerate(words):
        if said and (carrier := _above(tree, operations, place)) is not None:
            found.setdefault(carrier, []).append(said)
    return {place: together(each) for place, each in found.items()}


def _above(tree: Tree, operations: Sequence[Operation], place: int) -> int | None:
    service, place = operations[place].service, tree.parents[place]
    while place >= 0 and operations[place].kind is Kind.INTERNAL and operations[place].service == service:
        place = tree.parents[place]
    if place < 0 or operations[place].service != service or operations[place].kind not in ENTRY_KINDS:
        return None
    return place
