"""Operations, variants and traits as plain lists: what repeats stands once, in a table of operations.

Each part of the state has a table of its own under `operations`, so that it can be read, and kept, by itself.
Most parts of a shard name the same operations: in a checkpoint all tables are places in one (`as_one_table`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from monitor.dimensions.contents import Contents
from monitor.dimensions.contents import shared as shared_contents
from monitor.dimensions.order import Order, Step, shared
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Call, Variant
from monitor.flows.flow import Operation, operation_of

TABLE = "operations"
"""The key of a table of operations, in whatever part of the state."""
T = TypeVar("T")


class Operations:
    """A table of operations that grows while something is packed; None is place -1."""

    def __init__(self, plain: Iterable[Any] = ()) -> None:
        self.known = [operation_of(*operation) for operation in plain]
        self._places = {operation: place for place, operation in enumerate(self.known)}

    def place(self, operation: Operation | None) -> int:
        """The place of an operation."""
        if operation is None:
            return -1
        place = self._places.setdefault(operation, len(self.known))
        if place == len(self.known):
            self.known.append(operation)
        return place

    def at(self, place: int) -> Operation | None:
        """The operation at a place."""
        return None if place < 0 else self.known[place]

    def pack(self) -> list[list[Any]]:
        """Plain lists; call it last."""
        return [[*operation] for operation in self.known]

    def pack_variant(self, variant: Variant) -> list[Any]:
        """Each call as [operation, caller, parent, level, note, ...]."""
        place = self.place
        return [
            [place(call.operation), place(call.caller), place(call.parent), call.level, *call.notes]
            for call in variant.calls
        ]

    def variant(self, plain: Iterable[Any]) -> Variant:
        """The variant that `pack_variant` packed."""
        at = self.at
        return Variant(
            Call(self.known[operation], at(caller), at(parent), level, tuple(notes))
            for operation, caller, parent, level, *notes in plain
        )

    def pack_order(self, order: Order) -> list[Any]:
        """Each caller with its calls as [caller, call, how it follows, call, ...]."""
        place = self.place
        return [
            [place(caller), *(each for step in steps for each in (place(step.call), step.follows))]
            for caller, steps in order.sequels
        ]

    def order(self, plain: Iterable[Any]) -> Order:
        """The order that `pack_order` packed."""
        known = self.known
        return shared(
            Order(
                (
                    known[caller],
                    tuple([Step(known[call], n) for call, n in zip(steps[::2], steps[1::2], strict=True)]),
                )
                for caller, *steps in plain
            )
        )

    def pack_contents(self, contents: Contents) -> list[Any]:
        """Each body as [operation, whether it is a response, its fields]."""
        return [
            [self.place(operation), int(response), lines] for operation, response, lines in contents.bodies
        ]

    def contents(self, plain: Iterable[Any]) -> Contents:
        """The contents that `pack_contents` packed."""
        return shared_contents(
            Contents((self.known[place], bool(side), lines) for place, side, lines in plain)
        )

    def pack_given(self, given: Given) -> Any:
        """An operation is its place, None is -1, a trait [dimension, ...]."""
        return self.pack_trait(given, named=True) if isinstance(given, Trait) else self.place(given)

    def given(self, plain: Any) -> Given:
        """What `pack_given` packed."""
        return self.at(plain) if isinstance(plain, int) else self._trait(*plain)

    def pack_trait(self, trait: Trait, *, named: bool = False) -> Any:
        """[given, what, service, value] without what follows from the rest; `named`: the dimension first.

        An operation of which nothing else is said is its place.
        """
        what = trait.what if isinstance(trait.what, str) else self.place(trait.what)
        plain = [self.pack_given(trait.given), what]
        if (trait.service, trait.value) != (_service(trait.given, trait.what), ""):
            plain += [trait.service, trait.value]
        elif trait.given is None and not named and isinstance(what, int):
            return what
        return [trait.dimension, *plain] if named else plain

    def unpack_trait(self, dimension: str, plain: Any) -> Trait:
        """The trait of a dimension that `pack_trait` packed."""
        return self._trait(dimension, -1, plain) if isinstance(plain, int) else self._trait(dimension, *plain)

    def _trait(
        self, dimension: str, given: Any, what: Any, service: str | None = None, value: str = ""
    ) -> Trait:
        known, thing = self.given(given), what if isinstance(what, str) else self.known[what]
        return Trait(dimension, known, thing, _service(known, thing) if service is None else service, value)


def _service(given: Given, what: Operation | str) -> str:
    """Whose behaviour a trait usually is: the caller's, else that of what is called."""
    if given is not None:
        return given.service
    return what.service if isinstance(what, Operation) else ""


def as_one_table(plain: Any) -> tuple[Any, list[Any]]:
    """Packed state, with places in one table for the tables of all its parts; and that table."""
    places: dict[tuple[Any, ...], int] = {}

    def placed(table: Iterable[Any]) -> list[int]:
        return [places.setdefault(tuple(operation), len(places)) for operation in table]

    return _with_tables(plain, placed), [list(operation) for operation in places]


def with_own_tables(plain: Any, table: Sequence[Any] | None) -> Any:
    """The state from which `as_one_table` took this table; without one, as an upgrade leaves it, as it is."""
    if table is None:
        return plain
    return _with_tables(plain, lambda places: [table[place] for place in places])


def _with_tables(plain: Any, table_of: Callable[[Any], Any]) -> Any:
    """Packed state with other tables; a part that has one has no further parts inside."""
    if isinstance(plain, dict):
        if isinstance(plain.get(TABLE), list):  # people name things, too
            return {**plain, TABLE: table_of(plain[TABLE])}
        return {name: _with_tables(each, table_of) for name, each in plain.items()}
    if isinstance(plain, list):
        return [_with_tables(each, table_of) for each in plain]
    return plain


def packed(by_trait: Mapping[Trait, Any], table: Operations) -> list[Any]:
    """What is kept per trait, as plain lists for JSON."""
    return once([table.pack_trait(trait), each.pack()] for trait, each in by_trait.items())


def streams(by_trait: Mapping[Trait, Any]) -> dict[str, Any]:
    """The detectors of traits and the operations that these name; nothing where there are none."""
    table = Operations()
    return {"streams": packed(by_trait, table), TABLE: table.pack()} if by_trait else {}


def once(pairs: Iterable[list[Any]]) -> list[Any]:
    """[[trait, place], ...], [state, ...]: of traits that are alike, as most are, the state stands once."""
    places: dict[bytes, int] = {}
    states: list[Any] = []
    of = []
    for trait, state in pairs:
        place = places.setdefault(orjson.dumps(state), len(states))
        if place == len(states):
            states.append(state)
        of.append([trait, place])
    return [of, states]


def unpacked(
    dimension: str, plain: list[Any], table: Operations, unpack: Callable[[Any], T]
) -> dict[Trait, T]:
    """What `packed` packed."""
    of, states = plain
    return {table.unpack_trait(dimension, trait): unpack(states[place]) for trait, place in of}


def unpacked_streams(dimension: str, plain: Mapping[str, Any], unpack: Callable[[Any], T]) -> dict[Trait, T]:
    """The detectors that `streams` packed."""
    if "streams" not in plain:
        return {}
    return unpacked(dimension, plain["streams"], Operations(plain[TABLE]), unpack)
