"""FlowRecord <-> bytes, in the layout of `record.py` (JSON): version 2 is written, 1 and 2 are read.

A row is the list of `Flow`'s fields in their order, with the flow id as two strings: [offset, place,
ordinal, service, operation, environment, outcome, status, error, suite, run, case, weight, began,
trace id (hex), shape, self times, duration, flaws, versions, sections]. Texts are places in `strings`, shapes
in `shapes`, sets of versions ([service, version, service, ...]) in `versions`.
Tables are in the order of their first use, so equal records give equal bytes.

The header: `headers`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import orjson

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.base.units import LogTime, Weight
from monitor.flows.flow import (
    Flaw,
    Flow,
    FlowId,
    Line,
    Node,
    Operation,
    Outcome,
    Shape,
    Versions,
    operation_of,
)
from monitor.flows.headers import header_in, plain_header
from monitor.flows.record import COMMAND_VERSION, READABLE, VERSION, FlowRecord
from monitor.flows.sections import NOTHING, read, written
from monitor.flows.stated import Stated
from monitor.flows.stated_tables import StatedTables, stated_in

_REMEMBERED_NODES = 128
"""Of larger shapes nothing is remembered, which would keep them in memory."""
_FLAWS = tuple(Flaw(bits) for bits in range(2 * max(Flaw)))
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def encode(record: FlowRecord) -> bytes:
    """The record as JSON; the same record always gives the same bytes."""
    version = VERSION if record.command is None else COMMAND_VERSION
    document: dict[str, Any] = {"v": version, "names": record.names}
    if record.header is not None:
        document["header"] = plain_header(record.header)
    tables = _Tables()
    rows = [tables.row(flow) for flow in record.flows]
    document |= {
        "strings": list(tables.strings),
        "operations": tables.operations,
        **({"notes": tables.notes} if tables.notes else {}),
        **({"orders": list(tables.orders)} if tables.orders else {}),
        **tables.stated.plain(),
        "shapes": tables.shapes,
        "versions": tables.versions,
        "rows": rows,
    }
    if record.command is not None:
        document["command"] = record.command
    return orjson.dumps(document)


def decode(payload: bytes) -> FlowRecord:
    """The record in `payload`.

    Raises:
        NewerFormatError: it has a version that this release does not know yet.
        UndecodableError: it is no record of the flows topic (code `malformed`).
    """
    try:
        document = orjson.loads(payload)
        version = document["v"]
    except (ValueError, TypeError, KeyError) as error:
        raise UndecodableError("not a record of the flows topic", code="malformed") from error
    if type(version) is int and version > VERSION:
        raise NewerFormatError(f"record format {version}", f"{READABLE[0]} to {VERSION}")
    if version not in READABLE:
        said = version if type(version) is int else f"of type {type(version).__name__}"
        raise UndecodableError(f"no record format is {said}", code="malformed")
    try:
        header = document.get("header")
        return FlowRecord(
            None if header is None else header_in(header),
            tuple(_flows(document)),
            document.get("command"),
            document.get("names", 1),
        )
    except (ValueError, TypeError, KeyError, LookupError) as error:
        raise UndecodableError(
            f"a malformed record of the flows topic: {type(error).__name__}", code="malformed"
        ) from error


class _Tables:
    """Strings, operations and shapes of one record, each once, by first use.

    What is found by identity is kept in dicts: closures of `base.identity` would be held by what they hold, a
    cycle for each record, and garbage is collected seldom.
    """

    def __init__(self) -> None:
        self.strings: dict[str, int] = {}
        self.operations: list[list[int]] = []
        self.notes: list[list[int]] = []
        self.shapes: list[list[list[int]]] = []
        self.versions: list[list[int]] = []
        self.orders: dict[tuple[Line, ...], int] = {}
        self.stated = StatedTables()
        self._operations: dict[Operation, int] = {}
        self._operations_by_identity: dict[int, int] = {}
        self._notes: dict[tuple[str, ...], int] = {}
        self._shapes: dict[Shape, int] = {}
        self._shapes_by_identity: dict[int, int] = {}
        self._versions: dict[Versions, int] = {}

    def row(self, flow: Flow) -> list[Any]:
        """A flow as a list of numbers."""
        string = self._string
        return [
            flow.offset,
            flow.place,
            flow.ordinal,
            string(flow.id.service),
            string(flow.id.operation),
            string(flow.environment),
            string(flow.outcome.value),
            string(flow.status),
            string(flow.error),
            string(flow.suite),
            string(flow.run),
            string(flow.case),
            flow.weight,
            flow.began,
            flow.trace_id.hex(),
            self._shape(flow.shape),
            flow.self_times,
            flow.duration,
            int(flow.flaws),
            self._version_set(flow.versions),
            *written(flow, self._order, string, self._stated),
        ]

    def _order(self, order: tuple[Line, ...]) -> int:
        return self.orders.setdefault(order, len(self.orders))

    def _stated(self, stated: Stated) -> int:
        return self.stated.place(stated, self._string)

    def _version_set(self, versions: Versions) -> int:
        place = self._versions.get(versions)
        if place is None:
            place = self._versions[versions] = len(self.versions)
            self.versions.append([self._string(text) for pair in versions for text in pair])
        return place

    def _string(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def _shape(self, shape: Shape) -> int:
        """The place of a shape. Flows that share the object are found without hashing it."""
        place = self._shapes_by_identity.get(id(shape))
        if place is None:
            place = self._shapes.get(shape)
            if place is None:
                place = self._shapes[shape] = len(self.shapes)
                self.shapes.append([self._node(node) for node in shape])
            self._shapes_by_identity[id(shape)] = place
        return place

    def _node(self, node: Node) -> list[int]:
        operation, parent, notes = node
        plain = [self._operation(operation), parent, 0]
        return [*plain, self._note_set(notes)] if notes else plain

    def _note_set(self, notes: tuple[str, ...]) -> int:
        place = self._notes.get(notes)
        if place is None:
            place = self._notes[notes] = len(self.notes)
            self.notes.append([self._string(note) for note in notes])
        return place

    def _operation(self, operation: Operation) -> int:
        place = self._operations_by_identity.get(id(operation))
        if place is None:
            place = self._operations.get(operation)
            if place is None:
                place = self._operations[operation] = len(self.operations)
                service, kind, name = operation
                self.operations.append([self._string(service), int(kind), self._string(name)])
            self._operations_by_identity[id(operation)] = place
        return place


def _flows(document: Mapping[str, Any]) -> list[Flow]:
    strings: list[str] = document["strings"]
    operations = [
        operation_of(strings[service], kind, strings[name]) for service, kind, name in document["operations"]
    ]
    notes = [tuple([strings[place] for place in plain]) for plain in document.get("notes", ())]
    shapes = [_shape(plain, operations, notes) for plain in document["shapes"]]
    versions = [_version_set(plain, strings) for plain in document["versions"]]
    orders = [tuple([tuple(line) for line in plain]) for plain in document.get("orders", ())]
    stated = stated_in(document, strings)
    ids: dict[tuple[int, int], FlowId] = {}
    return [_flow(row, strings, shapes, versions, orders, stated, ids) for row in document["rows"]]


def _version_set(plain: Sequence[int], strings: Sequence[str]) -> Versions:
    texts = [strings[place] for place in plain]
    return tuple(zip(texts[::2], texts[1::2], strict=True))


def _shape(
    plain: Sequence[Sequence[int]], operations: Sequence[Operation], notes: Sequence[tuple[str, ...]]
) -> Shape:
    """The shape of a list of nodes: the same object in record after record, as long as it is remembered."""
    if not plain:
        return ()
    places, parents, others, *noted = zip_longest(*plain)
    # What compares equal to an integer is none, and would be remembered as one.
    if {*map(type, parents)} != {int} or None in others:
        raise ValueError("a node without its parts")
    said = tuple([() if place is None else notes[place] for place in noted[0]]) if noted else ()
    make = _remembered if len(parents) <= _REMEMBERED_NODES else _made
    return make(tuple([operations[place] for place in places]), parents, said)


def _made(
    operations: tuple[Operation, ...], parents: tuple[int, ...], said: tuple[tuple[str, ...], ...]
) -> Shape:
    return tuple(map(_node, operations, parents, said) if said else map(_node, operations, parents))


_node = lru_cache(maxsize=32768)(Node)
"""The same object for equal nodes: shapes may be endless, and their nodes are few."""
_remembered = lru_cache(maxsize=4096)(_made)


def _flow(
    row: Sequence[Any],
    strings: Sequence[str],
    shapes: Sequence[Shape],
    versions: Sequence[Versions],
    orders: Sequence[tuple[Line, ...]],
    stated: Sequence[Stated],
    ids: dict[tuple[int, int], FlowId],
) -> Flow:
    offset, place, ordinal, service, operation, environment, outcome, status, error, *rest = row
    suite, run, case, weight, began, trace_id, shape, self_times, duration, flaws, deployed, *sections = rest
    flow = ids.get((service, operation))
    if flow is None:
        flow = ids[service, operation] = FlowId(strings[service], strings[operation])
    said = read(sections[0], orders, strings, stated) if sections else NOTHING
    return Flow(
        offset,
        place,
        ordinal,
        flow,
        strings[environment],
        _OUTCOMES[strings[outcome]],
        strings[status],
        strings[error],
        strings[suite],
        strings[run],
        strings[case],
        Weight(weight),
        LogTime(began),
        bytes.fromhex(trace_id),
        shapes[shape],
        tuple(self_times),
        duration,
        _FLAWS[flaws],
        versions[deployed],
        *said,
    )
