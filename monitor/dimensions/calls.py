"""Which spans of a trace are calls: what several dimensions ask about."""

from collections.abc import Iterable, Iterator

from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Call, Variant
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

_CALLERS = (Kind.CLIENT, Kind.PRODUCER)


def calls(variant: Variant) -> Iterator[tuple[Call, Trait]]:
    """Every call that a trace makes, and the trait of making it, given its caller.

    A call is attached to the nearest entry above it in its service: INTERNAL spans are transparent, since
    how many of them there are says how a service is observed, not what it does.
    """
    for call in variant.calls:
        if call.caller is not None and _is_call(call):
            yield call, Trait("structure", call.caller, call.operation, call.caller.service)


def medium(call: Operation) -> tuple[str, Kind, bool]:
    """What one instrumentation shows: the requests of a service, its messages, what it asks of databases."""
    return call.service, call.kind, "/" in call.name


def shown(things: Iterable[object]) -> set[tuple[str, Kind, bool]]:
    """The media of all operations among these things."""
    return {medium(thing) for thing in things if isinstance(thing, Operation)}


def answers(variant: Variant) -> Iterator[Call]:
    """Every server span that answers a call: it is the partner of the client span right above it."""
    return (call for call in variant.calls if _answers(call))


def _is_call(call: Call) -> bool:
    """A client's span; a message that is received, unless the span right above it is of who sent it.

    A SERVER, or a CONSUMER below its PRODUCER, is the partner of a call, not a second one: a stub in its
    place is the same call with another partner.
    """
    kind = call.operation.kind
    if kind is Kind.CONSUMER:
        return call.parent is None or call.parent.kind is not Kind.PRODUCER
    return kind not in (Kind.INTERNAL, Kind.SERVER)


def _answers(call: Call) -> bool:
    return call.operation.kind is Kind.SERVER and call.parent is not None and call.parent.kind in _CALLERS
