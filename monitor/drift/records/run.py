"""`run/ENVIRONMENT/RUN`: a test run that is settled everywhere, and what one partition knows of it."""

from collections.abc import Mapping

import msgspec

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.answer import Answer
from monitor.drift.gate import RunPart
from monitor.drift.records.audit import RunAudit
from monitor.drift.records.placed import Placed


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one partition knows of a run: final once it is settled, that is, has an end.

    first, last: log times at which its fragments began. finished: when somebody said that it was over.
    rolling: it feeds the detectors of a comparison. settled_at: offset of the record that settled it.
    flows: how many of this partition took part. gate: what gates want to know, per comparison. audited: its
    calls.
    """

    environment: str
    run: str
    suite: str = ""
    first: LogTime = LogTime(0)
    last: LogTime = LogTime(0)
    end: LogTime | None = None
    finished: LogTime | None = None
    rolling: bool = True
    settled_at: int = -1
    flows: int = 0
    gate: Mapping[str, RunPart] = {}
    audited: RunAudit = RunAudit()

    @property
    def is_final(self) -> bool:
        """Whether the partition has nothing more to add."""
        return self.end is not None

    @property
    def key(self) -> RunKey:
        """Which run it is."""
        return RunKey(self.environment, self.run)


class RunRecord(Placed, frozen=True, kw_only=True):
    """A run as the owner decided it. offset: of the record that settled it in partition 0.

    complete: it is a whole run of its suite. lost: it broke off, so that its telemetry counts as lost.
    flows_before: flows of the suite's last complete run. verdicts: per comparison. audited: its calls.
    """

    environment: str
    run: str
    suite: str = ""
    first: LogTime = LogTime(0)
    last: LogTime = LogTime(0)
    end: LogTime = LogTime(0)
    finished: LogTime | None = None
    rolling: bool = True
    flows: int = 0
    settled: bool = True
    verdicts: Mapping[str, Answer] = {}
    complete: bool = False
    lost: bool = False
    flows_before: int = 0
    audited: RunAudit = RunAudit()

    @property
    def key(self) -> RunKey:
        """Which run it is."""
        return RunKey(self.environment, self.run)

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in the order in which partition 0 settled the runs of its environment."""
        return (self.offset, self.run)


def run_record_key(run: RunKey) -> str:
    """The key of a run's record."""
    return f"run/{run.environment}/{run.run}"
