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
    over: list[int] = []
    for place, said in enumerate(words):
        service, above = operations[place].service, tree.parents[place]
        upper = operations[above]
        over.append(over[above] if above >= 0 and _is_inside(upper, service) else above)
        if said and _answers(operations, over[place], service):
            found.setdefault(over[place], []).append(said)
    return {place: together(each) for place, each in found.items()}


def _is_inside(operation: Operation, service: str) -> bool:
    return operation.kind is Kind.INTERNAL and operation.service == service


def _answers(operations: Sequence[Operation], place: int, service: str) -> bool:
    """Whether a place is that of a request to this service."""
    return place >= 0 and operations[place].service == service and operations[place].kind in ENTRY_KINDS
