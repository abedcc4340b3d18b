"""The names of rows that a shard applied, as its checkpoint has them: by source partition and offset."""

from typing import Any

from monitor.flows.record import Source

Names = dict[Source, dict[int, dict[tuple[int, str, str, int], None]]]
"""Source -> offset -> (place, service, operation, ordinal) of rows."""


def forget(names: Names, source: Source, low: int) -> None:
    """Drop the names of a source below offset `low`."""
    known = names.get(source)
    if known:
        for offset in [offset for offset in known if offset < low]:
            del known[offset]


def pack(names: Names) -> list[Any]:
    """Plain lists for JSON."""
    return [
        [list(source), [[offset, [list(name) for name in seen]] for offset, seen in offsets.items()]]
        for source, offsets in names.items()
    ]


def unpack(plain: list[Any]) -> Names:
    """The names that `pack` packed."""
    return {
        Source(*source): {offset: {tuple(name): None for name in seen} for offset, seen in offsets}
        for source, offsets in plain
    }
