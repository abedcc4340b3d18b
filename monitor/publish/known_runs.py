"""What the verdicts topic knows of test runs before there is a verdict: announced, seen, settled."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from monitor.base.errors import UnreachableError
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.dimensions.words import counted
from monitor.drift.records.run import RunRecord
from monitor.drift.records.summary import Summary
from monitor.publish.view import View


class Stage(StrEnum):
    """How far a run has come; later is further."""

    UNSEEN = "unseen"
    ANNOUNCED = "announced"
    OPEN = "open"
    SETTLED = "settled"


class KnownRuns:
    """The runs of a view. In each question `environments` are those in which the run may be.

    last: of each run that spans have named, the log time (ms) at which its newest fragment began.
    """

    def __init__(self, view: View) -> None:
        summaries = view.every(Summary)
        self.reported = bool(summaries)
        """Whether any auditor has reported; until then nothing is known of any run."""
        self._settled = {record.key for record in view.every(RunRecord)}
        self._announced = {key for summary in summaries for key in summary.announced}
        self.last: dict[RunKey, LogTime] = {}
        for line in (line for summary in summaries for line in summary.runs):
            self.last[line.key] = max(line.last, self.last.get(line.key, line.last))

    def stage(self, run: str, environments: Iterable[str]) -> Stage:
        """The furthest stage that the run has reached in one of the environments.

        An announcement that names no environment holds in all of them.
        """
        keys = {RunKey(environment, run) for environment in environments}
        if keys & self._settled:
            return Stage.SETTLED
        if keys & self.last.keys():
            return Stage.OPEN
        return Stage.ANNOUNCED if (keys | {RunKey("", run)}) & self._announced else Stage.UNSEEN

    def environments(self, run: str) -> set[str]:
        """The environments in which a run of that id was seen, settled or not, or is announced."""
        known = (*self._settled, *self.last, *self._announced)
        return {key.environment for key in known if key.run == run and key.environment}

    def newest(self, run: str, environments: Iterable[str]) -> LogTime:
        """Log time (ms) of the newest fragment of a run; 0 where no span has come."""
        return max(
            (self.last.get(RunKey(each, run), LogTime(0)) for each in environments), default=LogTime(0)
        )

    def says_unseen(self, run: str, environments: Collection[str], called: str | None = None) -> str:
        """That no span of a run has arrived, and what has; called: how to speak of it, if not by its id."""
        called = called or f"run {run}"
        seen = {key: at for key, at in self.last.items() if key.environment in environments}
        known = f"{counted(len(seen), 'run')} seen"
        if seen:
            known += f", the last is {max(seen, key=lambda key: (seen[key], key)).run}"
        elsewhere = sorted(key.environment for key in self.last if key.run == run and key not in seen)
        hint = f". {called[0].upper()}{called[1:]} was seen in {', '.join(elsewhere)}" if elsewhere else ""
        return f"no span of {called} has arrived; {known}{hint}"


def known_runs(view: View) -> KnownRuns:
    """The runs of a view; UnreachableError until any auditor has reported."""
    known = KnownRuns(view)
    if not known.reported:
        raise UnreachableError("no auditor has reported yet: it is starting, or Kafka is away", code="silent")
    return known
