"""A test case that has shown a failure: when it did, and whether it has passed since, run by run.

It guards once it passes in a later run than the one that showed the failure. A case that shows it again after
that comes and goes, and guards once it has passed in STEADY runs in a row. A guard that the suite has lost,
by LOST of its complete runs in a row, guards nothing.
"""

from typing import Self

from msgspec import Struct, convert, to_builtins

from monitor.base.units import LogTime

STEADY = 3
LOST = 2
MOST_RUNS = 4
"""Runs of a case that are remembered, the last ones: runs of one suite may overlap."""


class Case(Struct, array_like=True, kw_only=True):
    """What one case has shown of one failure; changed by rows in the order of the log.

    first, last: when it showed it (log time), in which run. passes: runs since then that passed, the last of
    them `passed`; guard: when these became enough. relapses: how often it showed it after it had passed. ran:
    its last runs. missed: complete runs of its suite in a row that did not have it.
    """

    suite: str
    first: LogTime
    first_run: str
    last: LogTime
    last_run: str
    passes: int = 0
    passed: str = ""
    guard: LogTime | None = None
    relapses: int = 0
    ran: tuple[str, ...] = ()
    missed: int = 0

    @property
    def guards(self) -> bool:
        """Whether it is a guard, as things stand."""
        return self.guard is not None and self.missed < LOST

    def show(self, run: str, at: LogTime) -> None:
        """It shows the failure, and nothing says that it means to."""
        self.run(run)
        if at < self.last:
            return
        self.relapses += self.passes > 0 and run != self.passed
        self.last, self.last_run = at, run
        self.passes, self.passed, self.guard = 0, "", None

    def passes_in(self, run: str, at: LogTime, *, shows: bool = False) -> None:
        """It passes; shows: though, or because, it shows the failure, as a test does that provokes it."""
        self.run(run)
        before = self.first_run if shows else self.last_run
        if at < self.last or run in (before, self.passed):
            return
        if shows:
            self.last, self.last_run = at, run
        self.passes, self.passed = self.passes + 1, run
        if self.guard is None and self.passes >= (STEADY if self.relapses else 1):
            self.guard = at

    def fails_in(self, run: str) -> None:
        """It fails for another reason: what it has passed in the same run is no pass."""
        self.run(run)
        if run == self.passed:
            self.passes, self.passed = self.passes - 1, ""
            self.guard = self.guard if self.passes else None

    def run(self, run: str) -> None:
        """It runs."""
        self.missed = 0
        if run not in self.ran:
            self.ran = (*self.ran, run)[-MOST_RUNS:]

    def complete(self, suite: str, run: str) -> None:
        """A run of a suite is complete."""
        if suite == self.suite and run not in self.ran:
            self.missed += 1

    def with_other(self, other: Self) -> Self:
        """Of two accounts of the same case the later one, with the first sight of both."""
        later, earlier = (
            (self, other) if (self.last, self.last_run) >= (other.last, other.last_run) else (other, self)
        )
        first = min((self.first, self.first_run), (other.first, other.first_run))
        merged = convert(to_builtins(later), type(self))
        merged.first, merged.first_run = first
        merged.relapses = max(later.relapses, earlier.relapses)
        return merged
