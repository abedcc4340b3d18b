"""Names of the rows that were applied, by source and offset, as a checkpoint has them."""

from collections.abc import Iterable
from typing import Any

from monitor.flows.record import Source

Names = dict[Source, dict[int, dict[tuple[int, str, str, int], None]]]


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
