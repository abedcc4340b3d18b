"""Whose records are stamped by another clock than the one that log time follows: so that a person can set it.

A producer is named by what its records carry: the environment, the service and the host of their first span.
Where a gateway writes for many, it is the first of these that is named.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.pipeline.observe.logtime import Moment
from monitor.wire.span import Span

AHEAD_OF, BEHIND_OF = "clock ahead of ", "clock behind of "
"""Begin the names of tallies, in seconds: then environment, service and host, with tabs between."""
LEAST_MS = 10_000
LEAST_BEHIND = 100
"""So many records behind are of a clock that is wrong: some may be late for other reasons."""
REMEMBERED_MS = 600_000
MOST = 50


class _Seen(NamedTuple):
    """How many records there were, how far the last was off (ms), and when it came (age in ms)."""

    records: int
    off: int
    age: int


class WrongClocks:
    """The producers of the last ten minutes of age whose clocks are off, the first `MOST` of them.

    leader: whose record log time followed last after a step forward, how far ahead (ms) that was, and at
    which age. Nobody knows if a silence ended there, or its clock is wrong, until log time steps back soon.
    ahead: records ahead of log time, where none has come since that is not: a silence may end there, too.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._leader: tuple[str, int, int] | None = None
        self._ahead: list[tuple[str, int, int]] = []

    def see(self, moment: Moment, span: Span, host: str) -> None:
        """Take a record of another clock than the one that log time follows, or followed until now."""
        producer = f"{span.facts.environment}\t{span.facts.service}\t{host}"
        if moment.step > 0:
            self._leader = (producer, moment.step, moment.age)
            self._ahead.clear()
        elif moment.off > 0:
            self._ahead = [*self._ahead[1 - MOST :], (producer, moment.off, moment.age)]
        elif moment.step == 0:
            self._note(producer, moment.off, moment.age)
        elif self._leader is not None:
            led, off, since = self._leader
            self._leader = None
            if moment.age - since < REMEMBERED_MS:
                self._note(led, off, moment.age)

    def see_time(self) -> None:
        """Take a record of the clock that log time follows: what was ahead before it is of another one."""
        for producer, off, age in self._ahead:
            self._note(producer, off, age)
        self._ahead.clear()

    def _note(self, producer: str, off: int, age: int) -> None:
        name = f"{AHEAD_OF if off > 0 else BEHIND_OF}{producer}"
        known = self._seen.get(name)
        if known is not None or len(self._seen) < MOST:
            self._seen[name] = _Seen(known.records + 1 if known else 1, off, age)

    def tallies(self, age: int) -> Mapping[str, int]:
        """Seconds by the names of tallies."""
        for name in [name for name, seen in self._seen.items() if seen.age < age - REMEMBERED_MS]:
            del self._seen[name]
        return {
            name: abs(seen.off) // 1_000
            for name, seen in self._seen.items()
            if seen.off > 0 or seen.records >= LEAST_BEHIND
        }
