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
    over: list[int] = []
    for place, hop in enumerate(hops):
        service, above = operations[place].service, tree.parents[place]
        over.append(_over(operations, hops, over, above, service))
        carrier = over[place]
        is_one = bool(hop.carries) and carrier >= 0 and _answers(operations[carrier], service)
        if is_one and (not hop.job or operations[carrier].kind is Kind.CONSUMER):
            found.setdefault(carrier, []).append(hop.carries)
    return {place: together(each) for place, each in found.items()}


def _over(
    operations: Sequence[Operation], hops: Sequence[Hop], over: Sequence[int], above: int, service: str
) -> int:
    """The first place from `above` on upwards that is not internal to the same service; `over`: of those.

    -1 where there is none, or one of these says what is carried.
    """
    if above < 0 or operations[above].kind is not Kind.INTERNAL or operations[above].service != service:
        return above
    return -1 if hops[above].carries else over[above]


def _answers(operation: Operation, service: str) -> bool:
    """Whether an operation is a request to this service."""
    return operation.service == service and operation.kind in ENTRY_KINDS
