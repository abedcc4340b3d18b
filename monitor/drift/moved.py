"""Who moved: each side of a path against its own past.

A gap between tests and production says nothing of who made it. So both sides have the detectors of
`structure` once more, each against a snapshot of itself: tests by the units of their runs, production by
slices of log time. They are created only when needed: while all is as usual a unit is only counted. What
deviates freezes the snapshot as the baseline, and is watched until nothing hints at a change any more.

A change that lasts begins a new epoch: what the side was before it no longer counts as its reference.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.signal import STILL, Movement, Signal
from monitor.drift.stream import RateStream
from monitor.drift.structure import NONE_LOST, Structure, is_usual
from monitor.fingerprints import structure as shapes
from monitor.fingerprints.slices import Slices
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.structure import Edge
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Unit, run_of
from monitor.fingerprints.versions import Versions

WATCHED = 12
"""Slices that are watched after one that deviates."""
LASTS_MS = 5 * 60_000
"""A change younger than this may be an incident: it explains a gap, and begins no epoch."""
MOST_SHIFTS = 20
_MOST_KNOWN = 64


class Shift(NamedTuple):
    """A change of one side: of what, since when (log time in ms), and with which version or run it came."""

    subject: str
    onset: LogTime
    began_with: str


class Past:
    """One side of a path.

    baseline: the frozen snapshot while something deviates, else None. slices: production's units; watching:
    so many more of them are kept. versions: what was deployed.
    """

    __slots__ = (
        "_known",
        "_known_of",
        "baseline",
        "shifts",
        "slices",
        "structure",
        "versions",
        "watching",
    )

    def __init__(self) -> None:
        self.baseline: Snapshot | None = None
        self.structure = Structure()
        self.versions = Versions()
        self.shifts: list[Shift] = []
        self.slices = Slices()
        self.watching = 0
        self._known: dict[int, tuple[shapes.Structure, bool]] = {}
        self._known_of: Snapshot | None = None

    def end_slice(self, now: LogTime, page: float, lost: Mapping[str, float] = NONE_LOST) -> None:
        """Feed what was kept of production's slice, as that of log time `now` begins.

        page: evidence of a change. The trace that drew attention is in no unit: what is bet on comes later.
        """
        began, name = self.slices.began, str(self.slices.number)
        unit = self.slices.turn(now)
        if self.baseline is None:
            self.structure.units += 1
            return
        if unit is not None:
            self.structure.feed([unit], self.baseline, name, began, page, lost=lost, lazily=True)
        self.watching = WATCHED if self.structure.streams else self.watching - 1
        if not self.watching:
            self._rest()

    def _rest(self) -> None:
        """Watch no more: the next deviation is held against the snapshot of its time."""
        self.baseline = None
        self.watching = 0
        self.slices.kept = Tally()

    def see(self, structure: shapes.Structure, last: Snapshot) -> None:
        """Look at a trace of production: if it is unusual, watch the next slices. last: snapshot of it."""
        baseline = self.baseline or last
        if not self._is_usual(structure, baseline):
            self.baseline = baseline
            self.watching = WATCHED

    def _is_usual(self, structure: shapes.Structure, snapshot: Snapshot) -> bool:
        """Remembered by identity, since hashing a structure costs more than all else."""
        if snapshot is not self._known_of or len(self._known) >= _MOST_KNOWN:
            self._known = {}
            self._known_of = snapshot
        known = self._known.get(id(structure))
        if known is None:
            known = self._known[id(structure)] = (structure, is_usual(structure, snapshot))
        return known[1]

    def feed(
        self,
        units: Sequence[Unit],
        last: Snapshot,
        batch: str,
        at: LogTime,
        page: float,
        lost: Mapping[str, float] = NONE_LOST,
    ) -> None:
        """The units of one test run; `last`: snapshot of the tests from before it."""
        self.baseline = self.baseline or last
        self.structure.feed(units, self.baseline, batch, at, page, lost=lost, lazily=True)
        if not self.structure.streams:
            self._rest()

    def changed(self, now: LogTime) -> bool:
        """Whether a change has lasted by log time `now`: then it is noted, and all is watched anew."""
        lasting = [
            self._shift(edge, stream)
            for edge, stream in self.structure.streams.items()
            if stream.firing and stream.onset is not None and now - stream.onset >= LASTS_MS
        ]
        if lasting:
            self.shifts = [*self.shifts, *lasting][-MOST_SHIFTS:]
            self.structure = Structure()
            self._rest()
        return bool(lasting)

    def shift_of(self, subject: str, since: LogTime, warn: float) -> Shift | None:
        """The change of one subject that began after `since`: noted, or with `warn` of evidence for it."""
        watched = self.structure.streams.items()
        hinted = [self._shift(edge, each) for edge, each in watched if each.detector.evidence >= warn]
        known = (each for each in reversed([*self.shifts, *hinted]) if each.subject == subject)
        return next((each for each in known if each.onset >= since), None)

    def _shift(self, edge: Edge, stream: RateStream) -> Shift:
        onset = stream.onset or LogTime(0)
        service = edge.caller.service
        version = self.versions.at(service, onset)
        run = run_of(stream.origin)
        return Shift(str(edge), onset, f"{service} {version}" if version else run and f"run {run}")

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [
            self.baseline and self.baseline.pack(),
            self.structure.pack(),
            self.versions.pack(),
            [list(shift) for shift in self.shifts],
            [self.watching, self.slices.pack()],
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The past that `pack` packed."""
        past = cls()
        baseline, structure, versions, shifts, (past.watching, slices) = plain
        past.baseline = baseline and Snapshot.unpack(baseline)
        past.structure = Structure.unpack(structure)
        past.versions = Versions.unpack(versions)
        past.shifts = [Shift(*shift) for shift in shifts]
        past.slices = Slices.unpack(slices)
        return past


def who_moved(reference: Shift | None, candidate: Shift | None, gap: Signal) -> Movement:
    """Whose change explains a gap; nobody's where the two were never the same while they were watched.

    A gap that is new while the reference stood still is the tests' change, though their own past may be too
    short to show it.
    """
    if gap.new_in and not reference and not candidate:
        run = run_of(gap.new_in)
        candidate = Shift(gap.subject, gap.onset or LogTime(0), run and f"run {run}")
    if reference and candidate:
        says = f"Both sides moved: the reference{_with(reference)}, the tests{_with(candidate)}."
        return Movement("both", reference.began_with or candidate.began_with, says)
    if reference:
        says = f"The reference moved{_with(reference)}, and the tests did not follow."
        return Movement("reference", reference.began_with, says)
    if candidate:
        return Movement("candidate", candidate.began_with, f"The tests moved{_with(candidate)}.")
    return STILL


def _with(shift: Shift) -> str:
    return f" (with {shift.began_with})" if shift.began_with else ""
