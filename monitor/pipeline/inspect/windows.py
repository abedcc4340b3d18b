"""Where a sample of a partition is taken: half at its end, half over all that is retained.

Over all that is retained means: at the beginning, in the middle, and at moments before now that lie ever
further apart, so that a test run is met that ended minutes ago, and a nightly one, too. A run is met where it
lasted a quarter of the time since its end. The partitions of a topic are looked at at moments of their own.
"""

from collections.abc import Iterable
from typing import NamedTuple

FIRST_MS = 15_000
"""The last moment before now that is looked at; later ones belong to the end."""
STEP = 1.25
"""Each moment lies this many times as far back as the next one."""
MOMENTS = 48
"""This many, back to more than six days ago."""
LEAST = 4
"""Records of a place: fewer show little of a trace."""


class Window(NamedTuple):
    """Offsets of a partition from `start` to before `stop`."""

    start: int
    stop: int


def moments(number: int, partitions: int, now_ms: int) -> list[int]:
    """The moments (ms, the oldest first) at which partition `number` is looked at."""
    first = FIRST_MS * STEP ** (number / partitions)
    return [now_ms - round(first * STEP**n) for n in range(MOMENTS - 1, -1, -1)]


def windows(begin: int, end: int, wanted: int, found: Iterable[int], number: int = 0) -> list[Window]:
    """Where `wanted` records of what lies in [begin, end) are taken, in order, none twice.

    found: the offsets at which the moments begin; those outside are left out. number: of the partition.
    """
    if end - begin <= wanted:
        return [Window(begin, end)] if end > begin else []
    places = _places(begin, end, wanted // 2 // LEAST, found, number)
    return _joined(places, wanted // 2 // len(places), end, wanted)


def _places(begin: int, end: int, most: int, found: Iterable[int], number: int) -> list[int]:
    """Every so-manieth offset of the first, the one in the middle, and those found: at most `most`."""
    all_places = sorted({begin, (begin + end) // 2, *(offset for offset in found if begin < offset < end)})
    stride = -(-len(all_places) // max(1, most))
    return all_places[number % stride :: stride]


def _joined(places: list[int], length: int, end: int, wanted: int) -> list[Window]:
    """A window at each place, and one that reaches to the end; those that touch are one."""
    taken: list[Window] = []
    for place in places:
        start = max(place, taken[-1].stop if taken else place)
        if place + length > start:
            taken.append(Window(start, place + length))
    last = end - wanted + sum(stop - start for start, stop in taken)
    while taken and taken[-1].stop >= last:
        start, stop = taken.pop()
        last -= stop - start
    return [*taken, Window(last, end)]
