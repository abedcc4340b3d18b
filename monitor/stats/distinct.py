"""How many different things were seen: exact up to K, beyond that an estimate, off by 1 / sqrt(K - 2) or so.

The K smallest of their hashes are kept (KMV). Of n hashes spread evenly over (0, 1) the K-th smallest is
about K / n, so n is about (K - 1) / it.

Source: Bar-Yossef, Jayram, Kumar, Sivakumar and Trevisan, 'Counting distinct elements in a data stream'
(RANDOM 2002); the unbiased form in Beyer et al., 'On synopses for distinct-value estimation' (SIGMOD 2007).
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from hashlib import blake2b
from typing import Self

K = 64
"""Hashes that are kept."""
_BITS = 48
_HASHES: int = 2**_BITS


def hash_of(text: str) -> int:
    """The hash of a thing that is no secret: below 2**48."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=_BITS // 8).digest(), "big")


class Distinct:
    """The K smallest hashes of what was seen, sorted; hashes are below 2**48."""

    __slots__ = ("hashes",)

    def __init__(self, hashes: Iterable[int] = ()) -> None:
        self.hashes: list[int] = sorted(set(hashes))[:K]

    def see(self, seen: int) -> None:
        """Count a thing by its hash; once, however often it is seen."""
        if len(self.hashes) == K and seen >= self.hashes[-1]:
            return
        place = bisect_left(self.hashes, seen)
        if place == len(self.hashes) or self.hashes[place] != seen:
            insort(self.hashes, seen)
            del self.hashes[K:]

    @property
    def is_exact(self) -> bool:
        """Whether `count` is no estimate."""
        return len(self.hashes) < K

    @property
    def count(self) -> int:
        """How many different things were seen."""
        if self.is_exact:
            return len(self.hashes)
        return (K - 1) * _HASHES // max(1, self.hashes[-1])

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        return type(self)([*self.hashes, *other.hashes])

    def pack(self) -> list[int]:
        """A plain list for JSON."""
        return list(self.hashes)

    @classmethod
    def unpack(cls, plain: list[int]) -> Self:
        """What `pack` packed."""
        return cls(plain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distinct) and self.hashes == other.hashes

    def __hash__(self) -> int:
        return hash(tuple(self.hashes))
