"""Names of the rows that were applied, by source and offset, as a checkpoint has them."""

from collections.abc import Iterable
from typing import Any

from monitor.flows.record import Source

Names = dict[Source, dict[int, dict[tuple[int, str, str, int], None]]]


def forget_below(names: Names, source: Source, low: int) -> None:
    """Drop the names of a source below offset `low`."""
    known = names.get(source)
    if known:
        for offset in [offset for offset in known if offset < low]:
            del known[offset]


def packed_names(names: Names) -> list[Any]:
    """Plain lists for JSON."""
    return [
        [list(source), [[offset, [list(name) for name in seen]] for offset, seen in offsets.items()]]
        for source, offsets in names.items()
    ]


def names_in(plain: Iterable[Any]) -> Names:
    """The names that `packed_names` packed."""
    return {
        Source(*source): {offset: {tuple(name): None for name in seen} for offset, seen in offsets}
        for source, offsets in plain
    }
