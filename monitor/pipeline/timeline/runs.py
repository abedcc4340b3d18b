"""Runs: when each began, was last active, was finished, and is settled.

A run ends when somebody says so (unless it had not begun by then), or after a time without activity; it is
settled when the candidate's clock has passed its end by the quiet gap (so that all its flows are out) and
production has been read as far. A settled run stays settled; what comes later counts in fingerprints, never
as evidence.
Settled runs are remembered for a day, at most `MOST_SETTLED` of them; what comes for the first time of a
run that could be one of the forgotten ones (its floor) counts as settled, too.
"""

from collections import Counter
from typing import Any, NamedTuple, Self

from msgspec import Struct, convert, to_builtins

from monitor.base.run import RunKey
from monitor.base.units import DAY_MS, LogTime
from monitor.drift.policy import Policy
from monitor.flows.record import Header, RunSpan
from monitor.pipeline.timeline.announced import Announced
from monitor.pipeline.timeline.commands import Begin, Complete, Finish
from monitor.pipeline.timeline.sources import Sources
from monitor.wire.span import Marks

REMEMBERED_MS = DAY_MS
"""How long a settled run is remembered after its end, by its environment's clock."""
MOST_SETTLED = 500
MOST_OPEN = 1000
"""Of one environment at most this many unsettled runs are known; flows of others are no evidence."""


class Run(Struct, array_like=True):
    """What is known of a run; packed as a list of its fields, in their order.

    first, last: log times at which its fragments began. cut: `first` as it first came: from there its
    parts are counted. finished: when somebody said so. announced: when somebody said that it begins. end:
    once settled.
    settled_at: offset of the record that settled it. complete: it was found to be a whole run of its suite.
    marks: its marks, by the settings. rolling: it feeds the detectors of a comparison; once settled.
    """

    first: LogTime
    last: LogTime
    suite: str
    cut: LogTime
    finished: LogTime | None = None
    end: LogTime | None = None
    settled_at: int = -1
    complete: bool = False
    marks: Marks = ()
    rolling: bool = True
    announced: LogTime | None = None

    @property
    def began(self) -> LogTime:
        """When it began, by its first fragment or by whoever announced it before."""
        return self.first if self.announced is None else min(self.first, self.announced)

    @property
    def finish_said(self) -> LogTime | None:
        """When somebody said that it was over; what was said before it began was said of another run."""
        return self.finished if self.finished is not None and self.finished >= self.began else None

    def finish(self, at: LogTime) -> None:
        """Somebody says that it is over; where that is said again, the first counts."""
        self.finished = at if self.finish_said is None else self.finish_said

    def over(self, idle_ms: int) -> LogTime:
        """When it is over, if nothing more comes of it."""
        return LogTime(self.last + idle_ms) if self.finish_said is None else self.finish_said


class Closing(NamedTuple):
    """A run, or (run '') a bucket, that closes now; ordered by (end, run)."""

    end: LogTime
    key: RunKey
    began: LogTime
    suite: str


class Runs:
    """All runs of the last day, and up to which moment buckets are closed.

    announced: what was said of runs before their first span came. floors: the latest end of a forgotten run.
    """

    __slots__ = ("announced", "floors", "horizons", "known")

    def __init__(self) -> None:
        self.known: dict[RunKey, Run] = {}
        self.horizons: dict[str, LogTime] = {}
        self.floors: dict[str, LogTime] = {}
        self.announced = Announced()

    def begin(self, header: Header) -> None:
        """Take up the runs that a header names first: where they begin holds for the rows beside it, too."""
        new = [key for key in header.runs if key not in self.known]
        opened = self._opened() if new else Counter[str]()
        for key in new:
            seen, environment = header.runs[key], key.environment
            if seen.last > self.floors.get(environment, -1) and opened[environment] < MOST_OPEN:
                opened[environment] += 1
                self.known[key] = self._first_seen(key, seen)

    def receive(self, header: Header) -> None:
        """Take up what a header says of the runs of its partition."""
        self.begin(header)
        for key, seen in header.runs.items():
            run = self.known.get(key)
            if run is not None and run.end is None:
                run.first = min(run.first, seen.first)
                run.last = max(run.last, seen.last)
                run.suite = run.suite or seen.suite
                run.marks = run.marks or seen.marks

    def _opened(self) -> Counter[str]:
        """By environment, how many runs have not settled."""
        return Counter(key.environment for key, run in self.known.items() if run.end is None)

    def _first_seen(self, key: RunKey, seen: RunSpan) -> Run:
        begun, finished = self.announced.take(key)
        run = Run(seen.first, seen.last, seen.suite, seen.first, finished, marks=seen.marks)
        if begun is not None:
            run.announced, run.suite = begun.at, begun.suite or seen.suite
        return run

    def announce(self, command: Begin) -> None:
        """Somebody says that a run begins, and of which suite it is, whatever its spans say."""
        if command.key not in self.known:
            self.announced.begin(command)
        for run in self._meant(command):
            run.suite = command.suite or run.suite

    def finish(self, command: Finish) -> None:
        """Somebody says that a run is over, maybe before its first span came."""
        if command.key not in self.known:
            self.announced.finish(command)
        for run in self._meant(command):
            run.finish(command.at)

    def _meant(self, command: Begin | Finish) -> list[Run]:
        """The runs of which a command speaks that are not settled."""
        named = (
            run
            for key, run in self.known.items()
            if key.run == command.run and command.environment in ("", key.environment)
        )
        return [run for run in named if run.end is None]

    def complete(self, command: Complete) -> bool:
        """Note that a settled run is complete; False where that is known, or the run is not (any more)."""
        run = self.known.get(command.key)
        if run is None or run.end is None or run.complete:
            return False
        run.complete = True
        return True

    def settled(self, policy: Policy, sources: Sources, offset: int) -> list[Closing]:
        """Runs that the record at `offset` settles, in the order (end, run); each is given once."""
        due = [
            Closing(run.over(policy.idle_ms), key, run.first, run.suite)
            for key, run in self.known.items()
            if run.end is None
            and self._is_settled(key.environment, run.over(policy.idle_ms), policy, sources)
        ]
        for closing in due:
            run = self.known[closing.key]
            run.end, run.settled_at, run.finished = closing.end, offset, run.finish_said
            candidates = policy.of_candidate(closing.key.environment)
            run.rolling = any(c.rolls(closing.key.run, dict(run.marks)) for c in candidates)
        return sorted(due)

    @staticmethod
    def _is_settled(environment: str, end: LogTime, policy: Policy, sources: Sources) -> bool:
        passed = sources.clocks.get(environment, 0) > end + policy.quiet_gap_ms
        return passed and reached(environment, policy, sources) >= end

    def advance(self, policy: Policy, sources: Sources) -> list[str]:
        """Move the horizon up to which buckets are closed; the environments whose horizon moved."""
        moved = []
        for environment in dict.fromkeys((*self.horizons, *(c.candidate for c in policy.comparisons))):
            horizon = reached(environment, policy, sources)
            if horizon > self.horizons.get(environment, 0):
                self.horizons[environment] = horizon
                moved.append(environment)
        return moved

    def is_closed(self, key: RunKey, end: LogTime) -> bool:
        """Whether a flow is too late: its bucket, or the part of its run, ended; or its run has settled."""
        if end <= self.horizons.get(key.environment, 0):
            return True
        return bool(key.run) and self.is_settled(key)

    def cut(self, key: RunKey) -> LogTime:
        """Log time from which the parts of a run are counted; 0 for one that no header named (any more)."""
        run = self.known.get(key)
        return run.cut if run else LogTime(0)

    def marks(self, key: RunKey) -> dict[str, str]:
        """What distinguishes a run from others; nothing for one that no header named (any more)."""
        run = self.known.get(key)
        return dict(run.marks) if run else {}

    def is_settled(self, key: RunKey) -> bool:
        """Whether a run takes no more flows; one that no header named (any more) does not, either."""
        run = self.known.get(key)
        return run is None or run.end is not None

    def newest(self, most: int) -> set[RunKey]:
        """The runs that settled last, at most `MOST_SETTLED`."""
        return set(self._settled()[-most:])

    def _settled(self) -> list[RunKey]:
        """The settled runs, in the order in which they settled."""
        settled = [key for key, run in self.known.items() if run.end is not None]
        return sorted(settled, key=lambda key: (self.known[key].settled_at, key))

    def forget(self, sources: Sources) -> list[RunKey]:
        """Drop runs that settled more than a day ago, or are too many, or have no clock, and say which."""
        settled = self._settled()
        many = set(settled[:-MOST_SETTLED])
        gone = [key for key in settled if key in many or self._is_old(key, sources)]
        gone += [k for k, run in self.known.items() if run.end is None and k.environment not in sources.named]
        for key in gone:
            end = self.known.pop(key).end or LogTime(0)
            self.floors[key.environment] = max(end, self.floors.get(key.environment, end))
        self.announced.forget(sources.stamp - REMEMBERED_MS)
        return gone

    def _is_old(self, key: RunKey, sources: Sources) -> bool:
        return (self.known[key].end or 0) + REMEMBERED_MS < sources.clocks.get(key.environment, 0)

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        values = to_builtins(list(self.known.values()))
        known = [[*key, *run] for key, run in zip(self.known, values, strict=True)]
        return [known, self.horizons, self.floors, *self.announced.pack()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The runs that `pack` packed."""
        runs = cls()
        known, runs.horizons, runs.floors, finished, *begun = plain  # 0.1 knew no announcements
        values = convert([run[2:] for run in known], list[Run])
        runs.known = {RunKey(*run[:2]): value for run, value in zip(known, values, strict=True)}
        runs.announced = Announced.unpack(finished, *(begun or [[]]))
        return runs


def reached(candidate: str, policy: Policy, sources: Sources) -> LogTime:
    """Up to where units of `candidate` may close: its clock, or its references if they are behind.

    A reference that is a day behind is not waited for: open units would fill the memory.
    """
    clock = sources.clocks.get(candidate, LogTime(0))
    behind = reference_reach(candidate, policy, sources)
    return clock if behind is None else LogTime(max(min(clock, behind), clock - REMEMBERED_MS))


def reference_reach(candidate: str, policy: Policy, sources: Sources) -> LogTime | None:
    """How far production was read, over all references of `candidate`; None if nothing is behind.

    A reference that nobody has named yet is not waited for where there is another one.
    """
    references = [c.reference for c in policy.of_candidate(candidate)]
    named = [reference for reference in references if reference in sources.named]
    if references and not named:
        return LogTime(0)
    reaches = (sources.reach(reference) for reference in named)
    return min((reach for reach in reaches if reach is not None), default=None)
