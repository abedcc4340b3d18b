"""A small cache by identity, for things that are costly to hash and come again as the same object."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def by_identity(make: Callable[[Key], Value], most: int) -> Callable[[Key], Value]:
    """`make`, that makes the value of each key once, of at most `most` keys: full, all are forgotten.

    A key that is kept here keeps its identity.
    """
    known: dict[int, tuple[Key, Value]] = {}

    def value_of(key: Key) -> Value:
        # Every flow asks several times: a miss may cost more than a test for it.
        try:
            return known[id(key)][1]
        except KeyError:
            if len(known) >= most:
                known.clear()
            value = make(key)
            known[id(key)] = (key, value)
            return value

    return value_of
