"""A small cache by identity, for things that are costly to hash and come again as the same object."""

from collections.abc import Callable
from typing import Any, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def _one(key: Any) -> int:  # noqa: ARG001 - all keys weigh the same
    return 1


def by_identity(
    make: Callable[[Key], Value], most: int, weight: Callable[[Key], int] = _one
) -> Callable[[Key], Value]:
    """`make`, that makes the value of each key once, of at most `most` keys: full, all are forgotten.

    weight: of a key, where keys may be of any size; `most` is then their sum. A key that is kept here keeps
    its identity.
    """
    known: dict[int, tuple[Key, Value]] = {}
    room = most

    def value_of(key: Key) -> Value:
        nonlocal room
        # Every flow asks several times: a miss may cost more than a test for it.
        try:
            return known[id(key)][1]
        except KeyError:
            if room <= 0:
                known.clear()
                room = most
            room -= weight(key)
            value = make(key)
            known[id(key)] = (key, value)
            return value

    return value_of
