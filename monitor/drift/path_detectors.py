"""Tests against production on one path: the detectors of every dimension that asks about a path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.dimensions import OF_PAIRS, PLACES, PRESENCES, stand_ins
from monitor.dimensions.dimension import Severity
from monitor.drift.detectors.own import Own
from monitor.drift.detectors.place import PlaceDetector
from monitor.drift.detectors.presence import PresenceDetector
from monitor.drift.detectors.tolerance import NONE_LOST, Lost
from monitor.drift.signal import Signal, Slow
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.times import Times
from monitor.fingerprints.units import Origin, Unit

_LAZY = frozenset([each.name for each in PRESENCES if each.severity is Severity.REPORTS or each in OF_PAIRS])
"""What is usual there is kept in no detector: nobody waits for it, or there is much of it."""
_PAGING = tuple([dimension.name for dimension in PRESENCES if dimension.severity is Severity.PAGES])


class Reference(NamedTuple):
    """Production on a path, as it is known before the units that are held against it.

    times: by kind; none where sampling hides them. lost: on the side of the tests; before: on its own.
    """

    snapshot: Snapshot
    times: Mapping[str, Times]
    lost: Lost = NONE_LOST
    before: Lost = NONE_LOST

    def times_of(self, kind: str) -> Times:
        """The times of this kind."""
        return self.times.get(kind) or Times(kind)


class PathDetectors:
    """The detectors of one path in one comparison, by dimension.

    unknown: packed state of dimensions that this release does not have, kept for the one that does.
    """

    __slots__ = ("places", "presences", "units", "unknown")

    def __init__(self) -> None:
        self.units = 0
        self.presences = {each.name: PresenceDetector(each) for each in PRESENCES}
        self.places = {each.kept_as: PlaceDetector(each) for each in PLACES}
        self.unknown: dict[str, Any] = {}

    @property
    def updates(self) -> int:
        """Updates of the detectors that can page: what the budget counts."""
        return sum(self.presences[name].updates for name in _PAGING)

    def feed(
        self, units: Sequence[Unit], batch: Origin, at: LogTime, reference: Reference, page: float
    ) -> list[Own]:
        """Fold the units of a run (or bucket); what they say by themselves of each trait."""
        self.units += len(units)
        owns: list[Own] = []
        for name, presence in self.presences.items():
            lazily = name in _LAZY
            owns += presence.feed(
                units, reference.snapshot, batch, at, page, lost=reference.lost, lazily=lazily
            )
        simulated = stand_ins(own.trait for own in owns if own.differs and own.mean > own.tolerated.high)
        differs = any(presence.differs for presence in self.presences.values())
        for place in self.places.values():
            # What a path does otherwise takes its time, and slows nothing down but what stands for something.
            if place.of_stand_ins or not differs:
                place.feed(units, reference.times_of(place.kind), batch, at, page, simulated)
        return owns

    def signals(self, outcome: str, reference: Reference, warn: float) -> Iterator[Signal]:
        """What every dimension says of the path."""
        for presence in self.presences.values():
            yield from presence.signals(outcome, reference.snapshot, warn, reference.lost)
        for place in self.places.values():
            yield from place.signals(outcome, reference.times_of(place.kind), warn)

    def slow(self, warn: float) -> Iterator[Slow]:
        """How far each thing that is timed is off, as far as there is evidence of `warn`."""
        for place in self.places.values():
            yield from place.slow_things(warn)

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON, by dimension."""
        presences = {name: each.pack() for name, each in self.presences.items()}
        places = {name: each.pack() for name, each in self.places.items()}
        return {"units": self.units, "dimensions": {**self.unknown, **presences, **places}}

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The detectors that `pack` packed; a dimension that it did not have begins anew."""
        detectors = cls()
        detectors.units = plain["units"]
        packed = dict(plain["dimensions"])
        for dimension in PRESENCES:
            if dimension.name in packed:
                state = PresenceDetector.unpack(dimension, packed.pop(dimension.name))
                detectors.presences[dimension.name] = state
        for timed in PLACES:
            if timed.kept_as in packed:
                detectors.places[timed.kept_as] = PlaceDetector.unpack(timed, packed.pop(timed.kept_as))
            packed.pop(timed.name, None)  # what a release before kept under its name means something else
        detectors.unknown = packed
        return detectors
