"""Lost test telemetry: one alert per environment, however many flows, runs or suites are concerned.

Telemetry of an environment counts as lost for as long as one of these causes stands:

1. A run broke off: it settled with less than 80 % of the flows of its suite's last complete run, and nobody
   said within five minutes after its last flow that it was over. The owner of partition 0 finds that out and
   says it as the command `Lost`. It ends with a whole run of the suite, or one that was finished in time.
2. A run was announced, and no span of it has come five minutes after it was finished, or an hour after its
   announcement if nobody finished it. It ends as 1 does, with any suite. One that was announced without
   naming its environment is nobody's loss, and neither is one that nobody announced: a wrong id, perhaps.
3. The environment has been silent for too long (`silence.py`). It ends when the environment is seen again.

A run that somebody finished in time was as short as they wanted it: its gate says what it did not prove.
Every partition folds this alike, from headers and commands; partition 0 alone sends the events.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from monitor.base.moments import to_the_minute
from monitor.base.units import HOUR_MS, MINUTE_MS, LogTime
from monitor.drift.policy import Policy
from monitor.drift.records.alert import Alert, EnvironmentAnnotations, EnvironmentLabels
from monitor.drift.records.comparison import TelemetryLost
from monitor.pipeline.timeline.commands import Command, Complete, Lost
from monitor.pipeline.timeline.runs import Closing, Runs
from monitor.pipeline.timeline.silence import Silence
from monitor.pipeline.timeline.sources import Sources

ALERT = "TestTelemetryLost"
WITHOUT_FLOWS_MS = 5 * MINUTE_MS
"""A run that goes on for so long after its last flow, or is over for so long without one, lost telemetry."""
WITHOUT_FINISH_MS = HOUR_MS
"""An announced run that nobody finished may take so long until its first span."""
SILENCE = "silence"
"""Name of the cause that no run has."""
MOST_CAUSES = 100
"""Of one environment at most this many are kept: the newest."""


class Cause(NamedTuple):
    """Why telemetry counts as lost: of which suite ('' where of none), since when, in one sentence."""

    suite: str
    since: LogTime
    says: str


class LostTelemetry:
    """What is lost now, per environment and cause; the number of each environment's episode; the silences.

    good: per environment and suite, the end of the last run that brought what was expected.
    """

    __slots__ = ("causes", "episodes", "good", "looked", "silence")

    def __init__(self) -> None:
        self.causes: dict[str, dict[str, Cause]] = {}
        self.episodes: dict[str, int] = {}
        self.good: dict[tuple[str, str], LogTime] = {}
        self.looked: dict[str, LogTime] = {}
        self.silence = Silence()

    def fold(
        self,
        command: Command | None,
        settled: Iterable[Closing],
        runs: Runs,
        sources: Sources,
        policy: Policy,
    ) -> list[Alert]:
        """What a record says: a command that holds, runs that it settled, clocks that it moved."""
        before = {environment for environment, causes in self.causes.items() if causes}
        self._command(command)
        for closing in settled:
            self._settled(closing, runs)
        for environment in dict.fromkeys(c.candidate for c in policy.comparisons):
            clock = sources.clocks.get(environment, LogTime(0))
            self._silent(environment, clock, policy)
            self._announced(environment, clock, runs)
            self.looked[environment] = clock
        return self._changed(before)

    def _command(self, command: Command | None) -> None:
        if isinstance(command, Complete):
            self._recover(command.environment, command.suite, command.at)
        elif isinstance(command, Lost) and command.at > self.good.get(
            (command.environment, command.suite), -1
        ):
            says = (
                f"Run {command.run} of suite {command.suite} brought {command.flows:,} flows; "
                f"the last complete run had {command.before:,}."
            )
            self._lose(command.environment, f"suite {command.suite}", command.suite, command.at, says)

    def _settled(self, closing: Closing, runs: Runs) -> None:
        run = runs.known[closing.key]
        if run.rolling and in_time(run.finished, run.last):
            environment = closing.key.environment
            self._recover(environment, closing.suite or environment, closing.end)

    def _silent(self, environment: str, clock: LogTime, policy: Policy) -> None:
        since = self.silence.began(environment, clock, policy)
        known = self.causes.get(environment, {})
        if since is None:
            known.pop(SILENCE, None)
        elif SILENCE not in known:
            self._lose(environment, SILENCE, "", since, f"Nothing of {environment} comes any more.")

    def _announced(self, environment: str, clock: LogTime, runs: Runs) -> None:
        """Announced runs of which it is time, by the environment's clock, that a span had come."""
        before = self.looked.get(environment, clock)
        for key, begun in runs.announced.begun.items():
            finished = runs.announced.finish_of(key)
            due = begun.at + WITHOUT_FINISH_MS if finished is None else finished + WITHOUT_FLOWS_MS
            if key.environment == environment and before < due <= clock:
                says = f"Run {key.run} was announced and no span of it has arrived."
                self._lose(environment, f"run {key.run}", "", finished or begun.at, says)

    def _lose(self, environment: str, name: str, suite: str, since: LogTime, says: str) -> None:
        causes = self.causes.setdefault(environment, {})
        causes.pop(name, None)
        causes[name] = Cause(suite, since, says)
        if len(causes) > MOST_CAUSES:
            del causes[next(iter(causes))]

    def _recover(self, environment: str, suite: str, at: LogTime) -> None:
        """A run of `suite` brought what was expected of it."""
        self.good.pop((environment, suite), None)
        self.good[environment, suite] = at
        if len(self.good) > MOST_CAUSES:
            del self.good[next(iter(self.good))]
        causes = self.causes.get(environment, {})
        ended = (name for name, cause in causes.items() if cause.suite in ("", suite) and name != SILENCE)
        for name in list(ended):
            del causes[name]

    def _changed(self, before: set[str]) -> list[Alert]:
        """The events that the change makes: an episode begins with the first cause and ends with the last."""
        alerts = []
        for environment, causes in self.causes.items():
            if causes and environment not in before:
                self.episodes[environment] = self.episodes.get(environment, 0) + 1
            if bool(causes) is not (environment in before):
                alerts.append(self._alert(environment, self.looked.get(environment, LogTime(0))))
        return alerts

    def _alert(self, environment: str, at: LogTime) -> Alert:
        ordinal = self.episodes[environment]
        text = f"{ALERT}\0{environment}\0{ordinal}"
        identity = blake2b(text.encode(), digest_size=16).hexdigest()
        now = self.now(environment)
        phase = "firing" if now else "resolved"
        annotations = EnvironmentAnnotations(
            subject=environment,
            summary=f"Test telemetry of {environment} is {'lost' if now else 'back'}",
            description=" ".join(now.reasons) if now else "It comes as it should.",
            since=to_the_minute(now.since) if now else "",
        )
        return Alert(
            id=f"{identity}-{phase}",
            episode=identity,
            phase=phase,
            severity="warning",
            labels=EnvironmentLabels(alertname=ALERT, environment=environment),
            annotations=annotations,
            onset=now.since if now else None,
            at=at,
        )

    def now(self, environment: str) -> TelemetryLost | None:
        """That telemetry of an environment is lost, and why; None where it is not."""
        causes = self.causes.get(environment)
        if not causes:
            return None
        since = min(cause.since for cause in causes.values())
        return TelemetryLost(since, tuple(cause.says for cause in causes.values()))

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        causes = [[e, [[name, *cause] for name, cause in each.items()]] for e, each in self.causes.items()]
        good = [[*key, at] for key, at in self.good.items()]
        return [causes, self.episodes, good, self.looked, self.silence.pack()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The lost telemetry that `pack` packed."""
        lost = cls()
        causes, lost.episodes, good, lost.looked, silence = plain
        lost.causes = {e: {name: Cause(*rest) for name, *rest in each} for e, each in causes}
        lost.good = {(environment, suite): at for environment, suite, at in good}
        lost.silence = Silence.unpack(silence)
        return lost


def in_time(finished: int | None, last: int) -> bool:
    """Whether somebody said that a run was over within five minutes after its last flow began."""
    return finished is not None and finished - last <= WITHOUT_FLOWS_MS
