"""What people said of runs before the first span of them: that they begin, and that they are over."""

from typing import Any, NamedTuple, Self

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.pipeline.timeline.commands import Begin, Finish

MOST_ANNOUNCED = 500
"""Announcements, and finishes, of runs without a span: the newest are kept."""


class Announcement(NamedTuple):
    """A run was announced at `at`; its suite, '' where nobody said."""

    at: LogTime
    suite: str


class Announced:
    """Announcements and finishes by run, each kept until the run's first span or for a day."""

    __slots__ = ("begun", "finished")

    def __init__(self) -> None:
        self.begun: dict[RunKey, Announcement] = {}
        self.finished: dict[RunKey, LogTime] = {}

    def begin(self, command: Begin) -> None:
        """A run is announced. A finish said before that was of an earlier run of this name."""
        key = command.key
        for old in (key, RunKey("", key.run)):
            self.finished.pop(old, None)
        self.begun.pop(key, None)
        self.begun[key] = Announcement(command.at, command.suite)
        _keep_newest(self.begun)

    def finish(self, command: Finish) -> None:
        """A run is over. Where that is said again, the first counts."""
        self.finished.setdefault(command.key, command.at)
        _keep_newest(self.finished)

    def finish_of(self, key: RunKey) -> LogTime | None:
        """When somebody said that a run was over, of which no span has come."""
        return self.finished.get(key, self.finished.get(RunKey("", key.run)))

    def take(self, key: RunKey) -> tuple[Announcement | None, LogTime | None]:
        """What was said of a run whose first span came; what names no environment holds in others, too."""
        begun = self.begun.pop(key, None) or self.begun.get(RunKey("", key.run))
        finished = self.finish_of(key)
        self.finished.pop(key, None)
        return begun, finished

    def forget(self, before: int) -> None:
        """Drop what was said before log time `before` (ms)."""
        self.begun = {key: begun for key, begun in self.begun.items() if begun.at >= before}
        self.finished = {key: at for key, at in self.finished.items() if at >= before}

    def pack(self) -> list[Any]:
        """Plain values for JSON: finishes, announcements."""
        finished = [[*key, at] for key, at in self.finished.items()]
        return [finished, [[*key, *begun] for key, begun in self.begun.items()]]

    @classmethod
    def unpack(cls, finished: list[Any], begun: list[Any]) -> Self:
        """What `pack` packed."""
        announced = cls()
        announced.finished = {RunKey(environment, run): at for environment, run, at in finished}
        announced.begun = {RunKey(environment, run): Announcement(*rest) for environment, run, *rest in begun}
        return announced


def _keep_newest(said: dict[RunKey, Any]) -> None:
    if len(said) > MOST_ANNOUNCED:
        del said[next(iter(said))]
