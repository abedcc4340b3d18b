"""A small cache by identity, for things that are costly to hash and come again as the same object."""

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class ByIdentity(Generic[Key, Value]):
    """What `make` makes of each key, at most `most` of them: full, all are forgotten and made again.

    A key that is kept here keeps its identity.
    """

    __slots__ = ("_known", "_make", "_most")

    def __init__(self, make: Callable[[Key], Value], most: int) -> None:
        self._make = make
        self._most = most
        self._known: dict[int, tuple[Key, Value]] = {}

    def __call__(self, key: Key) -> Value:
        """The value of a key, made once."""
        known = self._known.get(id(key))
        if known is None:
            if len(self._known) >= self._most:
                self._known.clear()
            known = self._known[id(key)] = (key, self._make(key))
        return known[1]

    def clear(self) -> None:
        """Forget everything: what is made has changed."""
        self._known.clear()
