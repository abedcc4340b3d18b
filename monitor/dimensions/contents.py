"""The contents of a trace: which fields its recorded requests and responses have.

They are no part of the variant: optional fields would multiply those. They are counted beside it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from monitor.dimensions.trait import Trait
from monitor.flows.flow import Body, Operation, Shape

RECORDED = "recorded"
"""The dimension of traits of bodies that are there to be looked at: nothing judges them."""
_NULL, _OBJECT = "z", "o"


class Field(NamedTuple):
    """A place in a body of an operation. path: '' for the body itself; types: letters of `wire.payload`."""

    operation: Operation
    response: bool
    path: str
    types: str

    @property
    def side(self) -> str:
        """Which body."""
        return "response" if self.response else "request"

    def known(self, what: str) -> Trait:
        """That something is known of this place: that it is there at all, has a value, or others in it."""
        where = f"{self.side} {self.path}".strip()
        return Trait(RECORDED, self.operation, where, self.operation.service, what)

    @property
    def inside(self) -> "Field":
        """The place that this one is in: an object, the items of an array, or a map."""
        path = self.path.removesuffix("[]")
        return self._replace(path=path if path != self.path else self.path.rpartition(".")[0])

    @property
    def is_one_of_many(self) -> bool:
        """Whether it stands for items, or for keys that are values: of these any number may be there."""
        return self.path.endswith(("[]", "{}"))

    @property
    def asked_in(self) -> Trait:
        """Where the question arises whether it is there."""
        inside = self.inside
        return inside.known("many" if inside.is_one_of_many else "object" if inside.path else "body")

    def knows(self) -> Iterator[Trait]:
        """What is known of this place."""
        if not self.path:
            yield self.known("body")
        yield self.known("there")
        if self.types != _NULL:
            yield self.known("value")
        if _OBJECT in self.types and self.path:
            yield self.known("object")
        if self.is_one_of_many:
            yield self.known("many")


class Contents:
    """The bodies of a trace as a sorted set; equal contents are one object (`contents_of`)."""

    __slots__ = ("_hash", "bodies")

    def __init__(self, bodies: Iterable[tuple[Operation, bool, str]]) -> None:
        self.bodies = tuple(sorted(set(bodies)))
        self._hash = hash(self.bodies)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Contents) and self._hash == other._hash and self.bodies == other.bodies
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Contents({list(self.bodies)!r})"

    def fields(self) -> Iterator[Field]:
        """Every field of every body."""
        for operation, response, lines in self.bodies:
            for line in lines.split("\n"):
                path, _, types = line.partition("\t")
                yield Field(operation, response, path, types)


def contents_of(shape: Shape, bodies: Iterable[Body]) -> Contents:
    """The contents that a row says, in terms of its shape."""
    return shared(Contents((shape[body.place].operation, body.response, body.fields) for body in bodies))


@lru_cache(maxsize=1024)
def shared(contents: Contents) -> Contents:
    """The same object for equal contents: comparing two ends at their identity."""
    return contents
