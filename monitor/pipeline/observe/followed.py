"""The clock that log time follows, and when it goes over to another one (delivery, observer 1).

Producers stamp the records of most topics, each by a clock of its own, and nothing in a record says by which.
But one clock shows how much time passes: two clocks show no more than how far they are apart. So log time is
the running maximum of the timestamps of one clock, and age grows with it; where log time goes over to another
clock, age stands still.

All of it is whole numbers, so that a restart goes on where its first reader was (`waypoints`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FIRST = 5
"""Records that show anything at all: with fewer, none is taken for a clock."""
NEAR_MS = 3_000
"""Records so near to each other may be of one clock."""
SLOW_MS = 10_000
"""Records of one clock may be so late. Also how long a clock is remembered that was seen beside the first."""
FAR_MS = 300_000
MOST_SUPPORT = 1_000


@dataclass(slots=True)
class FollowedClock:
    """Log time `known` (ms), and how far it was set back; the age that never decreases is their sum.

    idle_ms: idle time since log time moved. support: records of this clock since it is followed, at most
    1,000. behind: records behind it since the last of its own. slow, slow_off: how many more records there
    were steadily so far behind (ms) than of its own. rival: the age at which a record was last ahead of it.
    doubt: for how many more records age stands still.
    """

    known: int = 0
    set_back: int = 0
    idle_ms: int = 0
    support: int = 0
    behind: int = 0
    slow: int = 0
    slow_off: int = 0
    rival: int = 0
    doubt: int = 0

    @property
    def age(self) -> int:
        """Time that has passed (ms), from an arbitrary beginning."""
        return self.known + self.set_back

    def lead(self, timestamp: int) -> int:
        """How far a timestamp is ahead of log time and the idle time since."""
        return timestamp - self.known - self.idle_ms

    def move(self, timestamp: int) -> None:
        """Take a record of this clock."""
        self.support = min(self.support + 1, MOST_SUPPORT)
        self.slow = max(self.slow - 1, 0)
        self.behind = 0
        if timestamp > self.known:
            self.set_back -= timestamp - self.known if self.doubt else 0
            self.known, self.idle_ms = timestamp, 0
        self.doubt = max(self.doubt - 1, 0)

    def meet_behind(self, timestamp: int) -> int:
        """Take a record behind this clock; how far log time steps to it (ms, below 0), or 0.

        That is so where as many of them have followed each other as there were of this clock; or, within five
        minutes, where those that are steadily so far behind outnumber its own. It may be data that was held
        up, whose time passes faster than any clock does: so for as many records again no time passes.
        """
        off = timestamp - self.known
        self.behind += 1
        if abs(off - self.slow_off) > NEAR_MS:
            self.slow_off, self.slow = off, 0
        self.slow += 1
        needed = max(FIRST, self.support)
        outnumbered = off >= -FAR_MS and self.slow >= needed
        if self.behind < needed and not outnumbered:
            return 0
        self._switch(timestamp, passes=0)
        self.doubt = needed
        return off

    def meet_ahead(self) -> None:
        """Take a record of another clock, which is ahead."""
        self.rival = self.age

    def go_over(self, ahead: Sequence[int]) -> int:
        """Follow the earliest of these timestamps, of another clock or after a silence; how far it is (ms).

        A silence passes as time as far as such a time lies between two of them; none does where another clock
        was seen just before.
        """
        rivalled = self.age - self.rival <= SLOW_MS
        longest = max((later - one for one, later in pairwise(ahead)), default=0)
        return self._switch(min(ahead), passes=0 if rivalled else longest)

    def _switch(self, timestamp: int, passes: int) -> int:
        lead = timestamp - self.known
        self.set_back -= lead - max(min(lead, passes), 0)
        self.known, self.idle_ms = timestamp, 0
        self.support = self.behind = self.slow = 0
        return lead
