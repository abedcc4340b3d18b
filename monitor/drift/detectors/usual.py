"""How long the things of a path take in the tests, relative to their flow: mean of the last units."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from monitor.dimensions.trait import Trait
from monitor.fingerprints.packing import TABLE, Operations

_REMEMBERED = 16


class Usual(NamedTuple):
    """Of a thing its units, and how long it takes relative to its flow, in bins: mean of the last ones."""

    units: int = 0
    mean: float = 0.0

    def learnt(self, relative: float) -> "Usual":
        """With one unit more."""
        units = self.units + 1
        return Usual(units, round(self.mean + (relative - self.mean) / min(units, _REMEMBERED), 2))


def packed(usual: Mapping[Trait, Usual]) -> dict[str, Any]:
    """Plain values for JSON, {} for nothing."""
    table = Operations()
    of = [[table.pack_trait(thing), *each] for thing, each in usual.items()]
    return {"of": of, TABLE: table.pack()} if of else {}


def unpacked(kind: str, plain: Mapping[str, Any]) -> dict[Trait, Usual]:
    """What `packed` made, of things of this kind."""
    table = Operations(plain.get(TABLE, ()))
    return {table.unpack_trait(kind, thing): Usual(*each) for thing, *each in plain.get("of", ())}
