"""The log time of a rekeyed partition, from what its source partitions say of themselves.

The spans of a trace come from several sources, which are read at different speeds. So log time goes only as
far as every source has been read. A source has been read up to its log time, and where nothing was left to
read, up to the time of which its worker says so. Log time is the smallest of these, and at most the newest
log time of any source: while all are at their end it goes on with their idle time.

- A source of a topic of which another partition spoke holds log time until it speaks.
- Silence is counted, not timed: while another source says `SILENCE` heartbeats, one without any word is left
  out. If all workers stop, nobody is silent.
- Where the newest log time falls by more than five minutes, since sources stepped back, log time follows.

Ages count forward moves only (`logtime`).
"""

from collections import deque
from dataclasses import dataclass, field

from monitor.base.units import LogTime
from monitor.pipeline.observe.followed import FAR_MS
from monitor.pipeline.observe.logtime import Moment
from monitor.pipeline.rekey.record import Word

SILENCE = 300
"""Heartbeats of another source; each says one a second."""
_Place = tuple[str, str, int]


@dataclass(slots=True)
class _Source:
    """What one source partition said last. spoke: the number of its last word."""

    spoke: int
    log_time: int = 0
    empty_at: int = 0
    beats: deque[int] = field(default_factory=lambda: deque(maxlen=SILENCE))

    @property
    def reach(self) -> int:
        """Up to this time it has been read; 0: nobody knows yet."""
        return max(self.log_time, self.empty_at)


class CommonClock:
    """Listens to all sources. now: None until each of them has said how far it is; backward: steps back."""

    def __init__(self) -> None:
        self.now: Moment | None = None
        self.backward = 0
        self._sources: dict[_Place, _Source] = {}
        self._known: dict[tuple[str, str], int] = {}
        self._words = self._horizon = 0

    @property
    def at_end(self) -> bool:
        """Whether no source has anything left to read."""
        return all(each.empty_at for each in self._present())

    @property
    def silent(self) -> list[str]:
        """The sources that are left out, as 'cluster/topic/partition'."""
        places = self._sources.items()
        return sorted("/".join(map(str, place)) for place, each in places if each.spoke < self._horizon)

    def listen(self, word: Word, heartbeat: bool) -> None:
        """Take a word that is no repetition."""
        self._words += 1
        source = self._speaking(word)
        source.spoke, source.log_time, source.empty_at = self._words, word.log_time, word.empty_at
        if heartbeat:
            source.beats.append(self._words)
            if len(source.beats) == SILENCE:
                self._horizon = max(self._horizon, source.beats[0])
        present = self._present()
        newest = max(each.log_time for each in present)
        if newest and all(each.reach for each in present):
            self._move(newest, min(newest, *(each.reach for each in (*present, source))))

    def _speaking(self, word: Word) -> _Source:
        """The source of a word; its siblings are expected from now on."""
        cluster, topic, _, partition = word.source
        known, count = self._known.get((cluster, topic), 0), max(word.partitions, partition + 1)
        for number in range(known, count):
            self._sources[cluster, topic, number] = _Source(self._words)
        self._known[cluster, topic] = max(known, count)
        return self._sources[cluster, topic, partition]

    def _present(self) -> list[_Source]:
        return [each for each in self._sources.values() if each.spoke >= self._horizon]

    def _move(self, newest: int, target: int) -> None:
        now = self.now or Moment(LogTime(target), target)
        log_time = now.log_time
        if newest < log_time - FAR_MS:
            self.backward += 1
            log_time = LogTime(target)
        moved = max(0, target - log_time)
        self.now = Moment(LogTime(log_time + moved), now.age + moved)
