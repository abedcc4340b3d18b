"""Runs: when each began, was last active, was finished, and is settled.

A run ends when somebody says so, or after a time without activity; it is settled when the candidate's
clock has passed its end by the quiet gap (so that all its flows are out) and production has been read as
far. A settled run stays settled; what comes later counts in fingerprints, never as evidence.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.policy import Policy
from monitor.flows.record import Header, RunSpan
from monitor.pipeline.commands import Finish
from monitor.pipeline.sources import Sources

REMEMBERED_MS = 24 * 3_600_000
"""How long a settled run is remembered after its end, by its environment's clock."""


class RunKey(NamedTuple):
    """A run of an environment."""

    environment: str
    run: str


@dataclass(slots=True)
class Run:
    """What is known of a run.

    first, last: log times at which its fragments began. finished: when somebody said so. end: once settled.
    """

    first: LogTime
    last: LogTime
    suite: str
    finished: LogTime | None = None
    end: LogTime | None = None


class Closing(NamedTuple):
    """A run, or (run '') a bucket, that closes now; ordered by (end, run)."""

    end: LogTime
    key: RunKey
    began: LogTime
    suite: str


class Runs:
    """All runs heard of in the last day, and up to which moment buckets are closed."""

    __slots__ = ("announced", "horizons", "known")

    def __init__(self) -> None:
        self.known: dict[RunKey, Run] = {}
        self.horizons: dict[str, LogTime] = {}
        self.announced: dict[str, LogTime] = {}

    def hear(self, header: Header) -> None:
        """Take up what a header says of the runs of its partition."""
        for (environment, name), seen in header.runs.items():
            self._extend(RunKey(environment, name), seen)

    def _extend(self, key: RunKey, seen: RunSpan) -> None:
        run = self.known.get(key)
        if run is None:
            self.known[key] = Run(seen.first, seen.last, seen.suite, self.announced.get(key.run))
        elif run.end is None:
            run.first = min(run.first, seen.first)
            run.last = max(run.last, seen.last)
            run.suite = run.suite or seen.suite

    def finish(self, command: Finish) -> None:
        """A run was finished; heeded also when its first flow has not come yet."""
        self.announced[command.run] = command.at
        for key, run in self.known.items():
            if key.run == command.run and command.environment in ("", key.environment) and run.end is None:
                run.finished = command.at

    def settled(self, policy: Policy, sources: Sources) -> list[Closing]:
        """Runs that settle now, in the order (end, run); each is given once."""
        due = [
            Closing(self._end(run, policy), key, run.first, run.suite)
            for key, run in self.known.items()
            if run.end is None and self._is_settled(key.environment, self._end(run, policy), policy, sources)
        ]
        for closing in due:
            self.known[closing.key].end = closing.end
        return sorted(due)

    @staticmethod
    def _end(run: Run, policy: Policy) -> LogTime:
        return LogTime(run.last + policy.idle_ms) if run.finished is None else run.finished

    @staticmethod
    def _is_settled(environment: str, end: LogTime, policy: Policy, sources: Sources) -> bool:
        behind = reference_reach(environment, policy, sources)
        return sources.clocks.get(environment, 0) > end + policy.quiet_gap_ms and (
            behind is None or behind >= end
        )

    def advance(self, policy: Policy, sources: Sources) -> list[str]:
        """Move the horizon up to which buckets are closed; the environments whose horizon moved."""
        moved = []
        for comparison in policy.comparisons:
            environment = comparison.candidate
            clock = sources.clocks.get(environment, LogTime(0))
            behind = reference_reach(environment, policy, sources)
            horizon = clock if behind is None else min(clock, behind)
            if horizon > self.horizons.get(environment, 0) and environment not in moved:
                self.horizons[environment] = horizon
                moved.append(environment)
        return moved

    def is_closed(self, key: RunKey, bucket_end: LogTime) -> bool:
        """Whether a unit of this run (or, without a run, of a bucket ending then) no longer takes flows."""
        if key.run:
            run = self.known.get(key)
            return run is not None and run.end is not None
        return bucket_end <= self.horizons.get(key.environment, 0)

    def forget(self, sources: Sources) -> None:
        """Drop runs that settled more than a day ago, and finishes whose run never came."""
        for key, run in list(self.known.items()):
            if run.end is not None and run.end + REMEMBERED_MS < sources.clocks.get(key.environment, 0):
                del self.known[key]
        for name, at in list(self.announced.items()):
            if at + REMEMBERED_MS < sources.stamp:
                del self.announced[name]

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        known = [[*key, r.first, r.last, r.suite, r.finished, r.end] for key, r in self.known.items()]
        return [known, self.horizons, self.announced]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The runs that `pack` packed."""
        runs = cls()
        known, runs.horizons, runs.announced = plain
        runs.known = {RunKey(environment, name): Run(*rest) for environment, name, *rest in known}
        return runs


def reference_reach(candidate: str, policy: Policy, sources: Sources) -> LogTime | None:
    """How far production was read, over all references of `candidate`; None if nothing is behind."""
    reaches = (sources.reach(c.reference) for c in policy.of_candidate(candidate))
    return min((reach for reach in reaches if reach is not None), default=None)
