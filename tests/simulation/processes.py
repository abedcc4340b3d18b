"""Processes, and who reads which partition: crashes, freezes, rebalances, zombies, twins."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.simulation.topics import Log

ALWAYS = 1 << 62
"""A time (ms) that never comes."""


class ProcessEndedError(Exception):
    """A process ends in the middle of what it does."""


@dataclass
class Process:
    """One process. frozen_until: it does nothing before; cut: until when it does not reach a log.

    steps: after so many more steps it ends, wherever it is then; below 0: it does not.
    """

    number: int
    frozen_until: int = 0
    cut: dict[Log, int] = field(default_factory=dict)
    steps: int = -1

    def step(self) -> None:
        """A point at which a process may end."""
        if self.steps > 0:
            self.steps -= 1
        elif self.steps == 0:
            raise ProcessEndedError

    def reaches(self, log: Log, now: int) -> bool:
        """Whether the broker of a log answers this process."""
        return self.cut.get(log, 0) <= now


class Reader(Protocol):
    """What a process does for one partition; until: when it notices that the partition is not its own."""

    process: Process
    until: int

    def act(self) -> None:
        """Read, fold, send, commit: a little of what is due."""

    def revoked(self) -> None:
        """The partition is another process's now."""

    @property
    def is_busy(self) -> bool:
        """Whether it has something to do."""

    def sizes(self) -> dict[str, int]:
        """How much it holds."""


@dataclass
class Seat:
    """A partition that a group gives to one process at a time.

    others: who reads it besides: zombies that have not noticed, and twins. kept: state of processes that had
    it until the last rebalance. free_at: when the group gives it to somebody; `ALWAYS` while it is owned.
    """

    name: str
    open: Callable[[Process, Reader | None], Reader]
    owner: Reader | None = None
    others: list[Reader] = field(default_factory=list)
    kept: dict[int, Reader] = field(default_factory=dict)
    free_at: int = 0

    def readers(self) -> list[Reader]:
        """Everybody who reads it now."""
        return [*([self.owner] if self.owner else []), *self.others]

    def give(self, process: Process) -> None:
        """A process takes it up, from memory if it had it just before."""
        self.owner, self.free_at = self.open(process, self.kept.pop(process.number, None)), ALWAYS
        self.kept.clear()

    def take_away(self, now: int, later: int, noticed_at: int) -> None:
        """The group takes it from its owner, who notices some time, and gives it to somebody later."""
        owner, self.owner, self.free_at = self.owner, None, now + later
        if owner is None:
            return
        if noticed_at > now:
            owner.until = noticed_at
            self.others.append(owner)
        else:
            owner.revoked()
            self.kept = {owner.process.number: owner}

    def end(self, now: int) -> None:
        """Zombies and twins notice at last."""
        for each in [each for each in self.others if each.until <= now]:
            each.revoked()
            self.others.remove(each)

    def lose(self, process: Process, now: int, later: int) -> None:
        """A process died."""
        self.kept.pop(process.number, None)
        self.others = [each for each in self.others if each.process is not process]
        if self.owner is not None and self.owner.process is process:
            self.owner, self.free_at = None, now + later
