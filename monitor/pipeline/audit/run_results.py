"""What a partition knows of test runs, for its summary: their flows, what gates want, their calls."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

from monitor.base.run import RunKey
from monitor.drift.gate import RunPart, total
from monitor.drift.records.audit import RunAudit
from monitor.drift.records.run import RunLine
from monitor.pipeline.audit.shard import Shard
from monitor.pipeline.timeline.runs import Runs

IN_FULL = 50
"""Of at most this many runs, those that settled last, a summary has all findings: its size is bounded."""


class RunResults:
    """Adds up what shards know of settled runs, once for each, since it is final."""

    def __init__(self) -> None:
        self._known: dict[RunKey, tuple[Mapping[str, RunPart], RunAudit]] = {}

    def lines(self, runs: Runs, shards: Sequence[Shard], *, level: bool) -> Iterator[RunLine]:
        """Every run that is known; level: all shards stand at one offset."""
        self._known = {run: self._known[run] for run in runs.known if run in self._known}
        recent = runs.newest(IN_FULL)
        for key, run in runs.known.items():
            gate, audit = self._of(key, shards, level=level and run.end is not None)
            if key not in recent:
                gate, audit = {name: part.shortened() for name, part in gate.items()}, audit.shortened()
            yield RunLine(
                environment=key.environment,
                run=key.run,
                suite=run.suite,
                first=run.first,
                last=run.last,
                end=run.end,
                finished=run.finished,
                rolling=run.rolling,
                settled_at=run.settled_at,
                flows=sum(one.flows_of(key) for one in shards),
                gate=gate,
                audited=audit,
            )

    def _of(
        self, run: RunKey, shards: Sequence[Shard], *, level: bool
    ) -> tuple[Mapping[str, RunPart], RunAudit]:
        known = self._known.get(run)
        if known is not None:
            return known
        parts = [one.gates[run] for one in shards if run in one.gates]
        audits = [one.audits.settled[run] for one in shards if run in one.audits.settled]
        found = total(parts), reduce(RunAudit.merge, audits, RunAudit())
        if parts and level:
            self._known[run] = found
        return found
