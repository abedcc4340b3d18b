"""Who moved: each side of a path against its own past.

A gap between tests and production says nothing of who made it. So both sides have the presence detectors
once more, each against a snapshot of itself: tests by the units of their runs, production by
slices of log time. They are created only when needed: while all is as usual a unit is only counted. What
deviates freezes the snapshot as the baseline, and is watched until nothing hints at a change any more.

A change that lasts begins a new epoch: what the side was before it no longer counts as its reference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self

from monitor.base.identity import by_identity
from monitor.base.units import DAY_MS, MINUTE_MS, LogTime
from monitor.dimensions import BEHAVIOUR, traits_had
from monitor.dimensions.trait import Trait
from monitor.drift.detectors.presence import PresenceDetector
from monitor.drift.detectors.stream import RateStream
from monitor.drift.detectors.tolerance import NONE_LOST, Lost, is_usual
from monitor.drift.shift import Shift
from monitor.fingerprints.digest import Did, wholes
from monitor.fingerprints.slices import Slices
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Origin, Unit
from monitor.fingerprints.versions import Versions

WATCHED = 12
"""Slices that are watched after one that deviates."""
LASTS_MS = 5 * MINUTE_MS
"""A change younger than this may be an incident: it explains a gap, and begins no epoch."""
FOLLOWED_MS = DAY_MS
"""What has changed is watched for so long, though production has it now and then by now: a deployment may
begin on a few replicas and reach the others later."""
LEAST_TRACES = 30
"""Complete traces that production is held against, at least: a young epoch says nothing yet."""
LEAST_FOLLOWED = 100
"""And those that the next step of a change is held against."""
MOST_SHIFTS = 20
_MOST_KNOWN = 64
About = tuple[str, str]
"""A dimension and a subject."""


class Past:
    """One side of a path.

    baseline: the frozen snapshot while something deviates, else None. slices: production's units; watching:
    this many more of them are kept. versions: what was deployed. unknown: packed detectors of dimensions that
    this release does not have, kept for the one that does.
    """

    __slots__ = (
        "_followed_in",
        "_is_followed",
        "_usual",
        "_usual_in",
        "baseline",
        "presences",
        "shifts",
        "slices",
        "unknown",
        "versions",
        "watching",
    )

    def __init__(self) -> None:
        self.baseline: Snapshot | None = None
        self.presences = _detectors()
        self.unknown: dict[str, Any] = {}
        self.versions = Versions()
        self.shifts: list[Shift] = []
        self.slices = Slices()
        self.watching = 0
        self._usual_in: Snapshot | None = None
        self._usual: dict[Did, bool] = {}
        self._followed_in: frozenset[About] = frozenset()
        self._is_followed: Callable[[Did], bool] | None = None

    def end_slice(self, now: LogTime, page: float, lost: Lost = NONE_LOST) -> None:
        """Feed what was kept of production's slice, as that of log time `now` begins.

        page: evidence of a change. The trace that drew attention is in no unit: what is bet on comes later.
        """
        began, origin = self.slices.began, Origin("", self.slices.number)
        unit = self.slices.turn(now)
        if self.baseline is None:
            for presence in self.presences.values():
                presence.units += 1
            return
        if unit is not None:
            self._feed([unit], self.baseline, origin, began, page, lost, self._followed)
        self.watching = WATCHED if self._watches else self.watching - 1
        if not self.watching:
            self._rest()

    def _rest(self) -> None:
        """Watch no more: the next deviation is held against the snapshot of its time."""
        self.baseline = None
        self.watching = 0
        self.slices.kept = Tally()

    def see(self, done: Did, last: Snapshot) -> None:
        """Look at what a trace of production did; unusual: watch the next slices. last: snapshot of it."""
        if self.baseline is not None or last.traces < LEAST_TRACES:
            return
        if last is not self._usual_in:
            self._usual, self._usual_in = {}, last
        usual = self._usual.get(done)
        if usual is None:
            usual = self._learn_usual(done, last)
        if not usual or (self.shifts and last.traces >= LEAST_FOLLOWED and self._has_followed(done)):
            self.baseline = last
            self.watching = WATCHED

    def _learn_usual(self, done: Did, last: Snapshot) -> bool:
        if len(self._usual) >= _MOST_KNOWN:
            self._usual.clear()
        usual = self._usual[done] = all(is_usual(each, last) for each in wholes(done))
        return usual

    @property
    def _followed(self) -> frozenset[About]:
        """What changed within FOLLOWED_MS before the open slice."""
        since = self.slices.began - FOLLOWED_MS
        return frozenset([shift[:2] for shift in self.shifts if shift.onset >= since])

    def _has_followed(self, done: Did) -> bool:
        """Whether a trace has any of what is followed: worked out once for all that did the same."""
        followed = self._followed
        if not followed:
            return False
        if self._is_followed is None or followed != self._followed_in:
            self._is_followed = by_identity(partial(_has_any, abouts=followed), _MOST_KNOWN)
            self._followed_in = followed
        return self._is_followed(done)

    @property
    def _watches(self) -> bool:
        """Whether anything has a detector, since it deviates or did so lately."""
        return any(presence.streams for presence in self.presences.values())

    def _feed(
        self,
        units: Sequence[Unit],
        baseline: Snapshot,
        batch: Origin,
        at: LogTime,
        page: float,
        lost: Lost,
        followed: frozenset[About] = frozenset(),
    ) -> None:
        for presence in self.presences.values():
            presence.feed(units, baseline, batch, at, page, lost=lost, lazily=True, followed=followed)

    def feed(
        self,
        units: Sequence[Unit],
        last: Snapshot,
        batch: Origin,
        at: LogTime,
        page: float,
        lost: Lost = NONE_LOST,
    ) -> None:
        """The units of one test run; `last`: snapshot of the tests from before it."""
        self.baseline = self.baseline or last
        self._feed(units, self.baseline, batch, at, page, lost)
        if not self._watches:
            self._rest()

    def changed(self, now: LogTime) -> bool:
        """Whether a change has lasted by log time `now`: then it is noted, and all is watched anew."""
        lasting = [
            self._shift(trait, stream)
            for trait, stream in self._streams()
            if stream.firing and stream.onset is not None and now - stream.onset >= LASTS_MS
        ]
        if lasting:
            self.shifts = [*self.shifts, *lasting][-MOST_SHIFTS:]
            self.presences = _detectors()
            self.unknown = {}
            self._rest()
        return bool(lasting)

    @property
    def lasting(self) -> dict[str, LogTime]:
        """What lasting changes began with, and the log time at which the first of each began."""
        first: dict[str, LogTime] = {}
        for shift in self.shifts:
            first[shift.began_with] = min(shift.onset, first.get(shift.began_with, shift.onset))
        return first

    def _streams(self) -> Iterator[tuple[Trait, RateStream]]:
        for presence in self.presences.values():
            yield from presence.streams.items()

    def shift_of(self, dimension: str, subject: str, since: LogTime, warn: float) -> Shift | None:
        """The change of one subject that began after `since`: noted, or with `warn` of evidence for it."""
        hinted = [
            self._shift(trait, each) for trait, each in self._streams() if each.detector.evidence >= warn
        ]
        known = reversed([*self.shifts, *hinted])
        about = (each for each in known if (each.dimension, each.subject) == (dimension, subject))
        return next((each for each in about if each.onset >= since), None)

    def _shift(self, trait: Trait, stream: RateStream) -> Shift:
        onset = stream.onset or LogTime(0)
        version = self.versions.at(trait.service, onset)
        run = stream.origin.run if stream.origin else ""
        began_with = f"{trait.service} {version}" if version else run and f"run {run}"
        about = trait.dimension, _SUBJECTS[trait.dimension](trait)
        return Shift(*about, onset, began_with or self._came_with(about, onset))

    def _came_with(self, about: About, onset: LogTime) -> str:
        """What the last change of a subject began with, of which a change at log time `onset` is a step."""
        steps = (each for each in reversed(self.shifts) if each[:2] == about)
        return next((step.began_with for step in steps if onset - step.onset <= FOLLOWED_MS), "")

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON, the detectors by dimension."""
        return {
            "baseline": self.baseline and self.baseline.pack(),
            "dimensions": {
                **self.unknown,
                **{name: each.pack() for name, each in self.presences.items()},
            },
            "versions": self.versions.pack(),
            "shifts": [list(shift) for shift in self.shifts],
            "watching": self.watching,
            "slices": self.slices.pack(),
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The past that `pack` packed; a dimension that it did not have begins anew."""
        past = cls()
        past.baseline = plain["baseline"] and Snapshot.unpack(plain["baseline"])
        packed = dict(plain["dimensions"])
        for dimension in BEHAVIOUR:
            if dimension.name in packed:
                past.presences[dimension.name] = PresenceDetector.unpack(
                    dimension, packed.pop(dimension.name)
                )
        past.unknown = packed
        past.versions = Versions.unpack(plain["versions"])
        past.shifts = [Shift(*shift) for shift in plain["shifts"]]
        past.watching, past.slices = plain["watching"], Slices.unpack(plain["slices"])
        return past


_SUBJECTS = {dimension.name: dimension.subject for dimension in BEHAVIOUR}


def _has_any(done: Did, abouts: frozenset[About]) -> bool:
    had = [traits_had(each) for each in wholes(done)]
    names = {name for name, _ in abouts}
    traits = (trait for each in had for name in names for trait in each.get(name, ()))
    return any((trait.dimension, _SUBJECTS[trait.dimension](trait)) in abouts for trait in traits)


def _detectors() -> dict[str, PresenceDetector]:
    return {dimension.name: PresenceDetector(dimension) for dimension in BEHAVIOUR}
