"""Keeps one to three daemons alive while each of them meets its fate, until enough were killed."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.fates import MEMBERS, Fate, fate, members
from tests.chaos.life import Life
from tests.chaos.points import Strike

LOOK_SECONDS = 0.05
DRAIN_SECONDS = 20.0
ANY_TIME, ZOMBIE, TWIN, LATE = (
    "at any time",
    "after it was frozen",
    "a twin, at any time",
    "far from its point",
)
ZOMBIE_SECONDS = 3.0
"""So long a frozen process lives on when it is thawed, beside the one that took its place."""
_ORDERLY = (0, -signal.SIGTERM)
"""Exit codes after SIGTERM; the latter where it came before anybody could take it."""


@dataclass
class Tally:
    """kills: by fault point. unexpected: of lives that ended by themselves or did not drain: why."""

    kills: Counter[str] = field(default_factory=Counter)
    frozen: Counter[str] = field(default_factory=Counter)
    joined: int = 0
    left: int = 0
    twins: int = 0
    unexpected: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.kills + other.kills,
            self.frozen + other.frozen,
            self.joined + other.joined,
            self.left + other.left,
            self.twins + other.twins,
            self.unexpected + other.unexpected,
        )


@dataclass
class _Living:
    life: Life
    member: str
    fate: Fate
    due: float
    how: str
    sent: signal.Signals | None = None
    """The last signal that the storm itself sent."""


class Storm:
    """Begins lives by `begin(member, strike)`; fates follow from the seed.

    frozen_seconds: at a stretch. pace: the seconds of fates are so many on this machine, so that a process
    does as much before it is killed where all is slow.
    """

    def __init__(
        self, seed: int, begin: Callable[[str, Strike | None], Life], frozen_seconds: float, pace: float
    ) -> None:
        self.tally = Tally()
        self._seed, self._begin, self._frozen_seconds, self._pace = seed, begin, frozen_seconds, pace
        self._present: dict[str, _Living] = {}
        self._apart: list[_Living] = []
        self._begun = self._ended = 0

    async def run(self, kills: int) -> None:
        """Until so many processes were killed; then nobody lives."""
        while self.tally.kills.total() < kills and not self.tally.unexpected:
            self._look()
            self._fill()
            await asyncio.sleep(LOOK_SECONDS)
        for living in self._all():
            living.life.send(signal.SIGKILL)

    def _all(self) -> list[_Living]:
        return [*self._present.values(), *self._apart]

    def _fill(self) -> None:
        """Begin a life for every member that shall be there and is not."""
        for member in MEMBERS[: members(self._seed, self._ended)]:
            if member not in self._present:
                drawn = fate(self._seed, self._begun)
                self._present[member] = self._born(member, drawn)
                if drawn.twin:
                    self.tally.twins += 1
                    self._apart.append(self._born(member, drawn, TWIN))

    def _born(self, member: str, drawn: Fate, how: str = "") -> _Living:
        self._begun += 1
        self.tally.joined += 1
        usual = LATE if drawn.strike else ANY_TIME
        due = time.monotonic() + drawn.seconds * self._pace
        return _Living(self._begin(member, drawn.strike), member, drawn, due, how or usual)

    def _look(self) -> None:
        for living in self._all():
            code = living.life.exit_code
            if code is not None:
                self._gone(living, code)
            elif living.sent is not signal.SIGSTOP and living.life.is_frozen:
                strike = living.fate.strike
                self._freeze(living, strike.point if strike else ANY_TIME)
            elif time.monotonic() >= living.due:
                self._meet(living)

    def _freeze(self, living: _Living, how: str) -> None:
        """It is frozen, and misses its session: another one takes its place meanwhile."""
        self.tally.frozen[how] += 1
        living.sent, living.due = signal.SIGSTOP, time.monotonic() + self._frozen_seconds
        self._part(living)

    def _part(self, living: _Living) -> None:
        if self._present.get(living.member) is living:
            del self._present[living.member]
            self._apart.append(living)

    def _meet(self, living: _Living) -> None:
        """Its time has come: to be thawed, to be killed, to be stopped, or for what its fate says."""
        now = time.monotonic()
        if living.sent is signal.SIGSTOP:
            living.life.send(signal.SIGCONT)
            living.sent, living.due, living.how = signal.SIGCONT, now + ZOMBIE_SECONDS * self._pace, ZOMBIE
        elif living.sent is signal.SIGTERM:
            self.tally.unexpected.append(f"did not drain in time: {living.life.log}")
        elif living.sent is signal.SIGCONT or living.fate.signal is signal.SIGKILL:
            living.life.send(signal.SIGKILL)
            living.sent, living.due = signal.SIGKILL, float("inf")
        elif living.fate.signal is signal.SIGTERM:
            living.life.send(signal.SIGTERM)
            living.sent, living.due = signal.SIGTERM, now + DRAIN_SECONDS * self._pace
        else:
            living.life.send(signal.SIGSTOP)
            self._freeze(living, living.how)

    def _gone(self, living: _Living, code: int) -> None:
        self._ended += 1
        self._part(living)
        self._apart.remove(living)
        if code == -signal.SIGKILL:
            strike = living.fate.strike
            self.tally.kills[living.how if living.sent is signal.SIGKILL or not strike else strike.point] += 1
        elif living.sent is signal.SIGTERM and code in _ORDERLY:
            self.tally.left += 1
        else:
            self.tally.unexpected.append(f"ended by itself with {code}: {living.life.log}")
