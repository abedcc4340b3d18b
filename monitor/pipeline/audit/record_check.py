"""Whether a decoded record is one that can be folded: an own topic, too, may hold what nobody of us wrote.

The fold itself trusts its input; a record that fails here counts as undecodable and changes nothing.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

from monitor.base.errors import FlowdriftError, UndecodableError
from monitor.base.identity import by_identity
from monitor.base.units import MAX_WEIGHT
from monitor.flows.codec import decode
from monitor.flows.flow import Failure, Flow, Line, Node, Shape
from monitor.flows.graded import GRADES
from monitor.flows.record import FlowRecord, Header
from monitor.flows.stated import Stated
from monitor.pipeline.defects import DEFECT, defect
from monitor.pipeline.timeline.commands import numbered

MOST_PARTITIONS = 100_000
"""Kafka itself does not do more for one topic."""
TRACE_ID_BYTES = 16
LARGEST = 1 << 53
"""Integers stay below it, so that their sums fit the 64 bits of stored state."""
T = TypeVar("T")


def read(value: bytes) -> FlowRecord:
    """The record in `value`, checked wholly, its command, too: nothing of it fails later by its form.

    Raises:
        NewerFormatError: a newer release wrote it.
        UndecodableError: it is none, or flowdrift fails to tell.
    """
    try:
        record = checked(decode(value))
        if record.command is not None:
            numbered(record.command)
    except FlowdriftError:
        raise
    except Exception as error:
        raise UndecodableError(defect(error), code=DEFECT) from error
    return record


def checked(record: FlowRecord) -> FlowRecord:
    """The record itself; UndecodableError where a part is not of its type or out of its range."""
    if not _are_integers(record.names):
        raise UndecodableError("names with a version of another type", code="malformed")
    if record.header is None and record.flows:
        raise UndecodableError("rows without a header", code="malformed")
    if record.header is not None and not _is_header(record.header):
        raise UndecodableError("a header with a part of another type", code="malformed")
    if record.flows and not _are_rows(record.flows):
        raise UndecodableError("a row with a part of another type", code="malformed")
    return record


def _is_header(header: Header) -> bool:
    *names, partition = header.source
    return (
        _are_texts(*names)
        and _are_integers(partition, header.partitions, header.low, header.log_time)
        and partition < header.partitions <= MOST_PARTITIONS
        and _are(bool, header.at_end)
        and _are_counts(header.low_times)
        and _are_counts(header.tallies)
        and all(
            _are_texts(*key, run.suite, *chain(*run.marks)) and _are_integers(run.first, run.last)
            for key, run in header.runs.items()
        )
    )


def _are_rows(flows: Sequence[Flow]) -> bool:
    """Column by column, as a look at each row alone costs as much as folding it."""
    column: Any = Flow._make(zip(*flows, strict=True))
    names = chain(*_distinct(column.id), *chain(*_distinct(column.versions)))
    return (
        _are_integers(*column.offset, *column.place, *column.ordinal, *column.began)
        and _are_integers(*column.weight, *column.duration)
        and 0 <= min(column.weight) <= max(column.weight) <= MAX_WEIGHT
        and _are_texts(*column.environment, *column.suite, *column.run, *column.case)
        and _are_texts(*column.result, *column.status, *column.error, *names)
        and set(map(len, column.trace_id)) == {TRACE_ID_BYTES}
        and all(map(_is_shape, _distinct(column.shape)))
        and [*map(len, column.self_times)] == [*map(len, column.shape)]
        and _are_integers(*chain(*column.self_times))
        and all(_is_order(*each) for each in _orders(column.order, column.shape))
        and (not any(column.failure) or all(map(_is_failure, column.failure, column.shape)))
        and _are_leads(set(column.lead) - {None})
        and (not any(column.grades) or all(map(_are_grades, column.grades, column.shape)))
        and all(map(_is_stated, _distinct(column.stated)))
    )


def _are_grades(grades: Sequence[int], shape: Shape) -> bool:
    """Whether there is a grade for each span, or none for any."""
    if not grades:
        return True
    return len(grades) == len(shape) and _are_integers(*grades) and 0 <= min(grades) <= max(grades) < GRADES


def _are_leads(leads: Iterable[Any]) -> bool:
    """Whether they are numbers of ms; of an entry whose host's clock is ahead they are below zero."""
    return _are(int, *leads) and all(-LARGEST < lead < LARGEST for lead in leads)


def _is_failure(failure: Failure | None, shape: Shape) -> bool:
    """Whether a failure, where a row says one, is of a span of its shape."""
    if failure is None:
        return True
    return _are_integers(failure.place) and 0 <= failure.place < len(shape) and _are_texts(failure.error)


def _orders(
    orders: Iterable[Sequence[Line]], shapes: Iterable[Shape]
) -> Iterable[tuple[Sequence[Line], int]]:
    """Each order once with each number of spans that it is said of."""
    return {
        (id(order), len(shape)): (order, len(shape))
        for order, shape in zip(orders, shapes, strict=True)
        if order
    }.values()


def _is_order(order: Sequence[Line], size: int) -> bool:
    """Whether lines are an odd number of integers each, and name places among so many spans."""
    return all(
        len(line) % 2 == 1 and _are_integers(*line) and min(line) >= 0 and max(line[0], *line[1::2]) < size
        for line in order
    )


def _is_stated(stated: Stated) -> bool:
    """Whether all that services say is text; made of pairs it is by the decoder."""
    return all(_are_texts(service, *chain(*said)) for service, said in stated)


def _checked_shape(shape: Shape) -> bool:
    if not shape:
        return False
    column: Any = Node._make(zip(*shape, strict=True))
    operations = _distinct(column.operation)
    return (
        _are(int, *column.parent)
        and _are_texts(*chain(*column.notes))
        and all(_are_texts(operation.service, operation.name) for operation in operations)
        and all(-1 <= parent < place for place, parent in enumerate(column.parent))
    )


_is_shape = by_identity(_checked_shape, most=131_072, weight=len)
"""Whether a shape is one: records share what is decoded as the same object."""


def _distinct(values: Iterable[T]) -> list[T]:
    """Each object once: the rows of a record share most of what they name."""
    return list({id(value): value for value in values}.values())


def _are_counts(counts: Any) -> bool:
    return isinstance(counts, dict) and _are_texts(*counts) and _are_integers(*counts.values())


def _are_integers(*values: Any) -> bool:
    return _are(int, *values) and (not values or -1 <= min(values) <= max(values) < LARGEST)


def _are_texts(*values: Any) -> bool:
    return _are(str, *values)


def _are(kind: type, *values: Any) -> bool:
    """All of exactly this type: a boolean is no integer here."""
    return set(map(type, values)) <= {kind}
