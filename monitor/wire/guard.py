"""How many messages a protobuf payload holds, counted before any object is made of them.

A megabyte can hold 500,000 empty spans of two bytes, each of which becomes an object of about 180. For the
count the parser is given schemas of one repeated field, of `bytes`: it steps over the rest, and gives a list
of slices. So the count costs less than the parse itself (`python -m tests.benchmarks.bench_guard`).
"""

from google.protobuf.message import DecodeError

from monitor.base.errors import UndecodableError
from monitor.base.steps import SPANS_PER_STEP, Steps
from monitor.wire.protobuf import slim_schema

_RESOURCE_SPANS, _SCOPE_SPANS, _SPANS = 1, 2, 2
"""Numbers of the fields that hold the three levels of a request: `otlp_schema`."""

_SMALLEST_MESSAGE = 2
_LISTS = slim_schema("flowdrift.guard", {f"List{number}": f"{number} items bytes*" for number in (1, 2)})


def check_message_count(payload: bytes, limit: int) -> Steps[None]:
    """Raise UndecodableError (too_many_spans, malformed) if `payload` holds more than `limit` messages.

    Resources and scopes count like spans. A small payload is not counted: it cannot hold so many.
    """
    if len(payload) <= _SMALLEST_MESSAGE * limit:
        return
    resources = _items(payload, _RESOURCE_SPANS)
    count = _within(len(resources), limit)
    for number, resource in enumerate(resources, 1):
        scopes = _items(resource, _SCOPE_SPANS)
        count = _within(count + len(scopes), limit)
        for place, scope in enumerate(scopes, 1):
            count = _within(count + len(_items(scope, _SPANS)), limit)
            if place % SPANS_PER_STEP == 0:
                yield
        if number % SPANS_PER_STEP == 0:
            yield


def check_list_count(payload: bytes, limit: int, number: int = 1) -> None:
    """The same for a payload that is a list, in its field `number`."""
    if len(payload) > _SMALLEST_MESSAGE * limit:
        _within(len(_items(payload, number)), limit)


def _items(payload: bytes, number: int) -> list[bytes]:
    """The contents of the repeated field `number` of a message."""
    try:
        items: list[bytes] = _LISTS[f"List{number}"].FromString(payload).items
    except DecodeError as error:
        raise UndecodableError("not a protobuf message", code="malformed") from error
    return items


def _within(count: int, limit: int) -> int:
    if count > limit:
        raise UndecodableError(f"more than {limit} spans in one record", code="too_many_spans")
    return count
