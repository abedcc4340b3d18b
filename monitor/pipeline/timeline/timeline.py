"""What all shards of a partition share, folded once per record.

Sources, runs, policy, the newest command, environments that arrive, and where sampled traces were seen.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from monitor.base.run import RunKey
from monitor.drift.policy import Comparison, Policy, policy_in
from monitor.drift.records.alert import Alert
from monitor.flows.record import FlowRecord
from monitor.pipeline.timeline.arrivals import Arrivals
from monitor.pipeline.timeline.commands import (
    Begin,
    Command,
    Complete,
    Finish,
    Settings,
    SpanLoss,
    Threshold,
    numbered,
)
from monitor.pipeline.timeline.runs import Closing, Runs
from monitor.pipeline.timeline.sightings import Sightings
from monitor.pipeline.timeline.sources import Sources
from monitor.pipeline.timeline.telemetry_lost import LostTelemetry


class Step(NamedTuple):
    """What one record makes happen, besides its rows.

    settled: runs that close. moved: environments of which buckets may close. complete: a run found to be
    one of its suite. forgotten: runs that are no longer remembered. alerts: on lost telemetry.
    """

    settled: tuple[Closing, ...] = ()
    moved: tuple[str, ...] = ()
    complete: Complete | None = None
    forgotten: tuple[RunKey, ...] = ()
    alerts: tuple[Alert, ...] = ()


class Timeline:
    """A pure fold over records; `offset` is the last record folded (-1: none).

    names: version of the naming rules of the newest rows (`flows.operation.NAMES`).
    """

    __slots__ = (
        "arrivals",
        "lost",
        "names",
        "number",
        "offset",
        "policy",
        "runs",
        "sightings",
        "sources",
        "threshold",
    )

    def __init__(self) -> None:
        self.offset = -1
        self.number = -1
        self.names = 1
        self.policy = Policy()
        self.threshold: Threshold | None = None
        self.sources = Sources()
        self.runs = Runs()
        self.lost = LostTelemetry()
        self.sightings = Sightings()
        self.arrivals = Arrivals()

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Those of the policy that may be shown: what is to be shown when seen, once a header names it."""
        named = self.sources.named
        return tuple([c for c in self.policy.comparisons if c.candidate in named or not c.when_seen])

    def fold(self, offset: int, timestamp: int, record: FlowRecord) -> Step:
        """Fold one record at `offset`, appended to the flows topic at `timestamp` (ms).

        Its command, if it has one, must be one that `numbered` reads.
        """
        self.offset = offset
        command = self._command(record)
        if record.header is not None:
            self.sources.receive(record.header, timestamp)
            self.runs.receive(record.header)
            self.lost.silence.receive(record.header, self.policy)
            self.sightings.see(record.header.source, record.flows)
            for environment in self.arrivals.receive(record.header, timestamp, self.policy):
                self.sources.forget(environment)
        self.sources.tick()
        settled = self.runs.settled(self.policy, self.sources, offset)
        moved = self.runs.advance(self.policy, self.sources)
        alerts = self.lost.fold(command, settled, self.runs, self.sources, self.policy)
        # Only settling adds to what is remembered, so that is when to forget.
        forgotten = self.runs.forget(self.sources) if settled else []
        complete = command if isinstance(command, Complete) else None
        return Step(tuple(settled), tuple(moved), complete, tuple(forgotten), tuple(alerts))

    def _command(self, record: FlowRecord) -> Command | None:
        """Apply the record's command; None where there is none, or it says nothing new."""
        if record.command is None:
            return None
        number, command = numbered(record.command)
        if number <= self.number:
            return None
        self.number = number
        if isinstance(command, Settings):
            loss = {"loss": self.policy.loss}
            self.policy = _under(self.threshold, command.policy).model_copy(update=loss)
        elif isinstance(command, Threshold):
            if self.threshold is None or not command.lowers(self.threshold):
                self.threshold = command
            self.policy = _under(self.threshold, self.policy)
        elif isinstance(command, SpanLoss):
            loss = {"loss": {**self.policy.loss, command.environment: command.rates}}
            self.policy = self.policy.model_copy(update=loss)
        elif isinstance(command, Begin):
            self.runs.announce(command)
        elif isinstance(command, Finish):
            self.runs.finish(command)
        elif isinstance(command, Complete) and not self.runs.complete(command):
            return None
        return command

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "offset": self.offset,
            "number": self.number,
            "names": self.names,
            "policy": self.policy.model_dump(mode="json"),
            "threshold": self.threshold and list(self.threshold),
            "sources": self.sources.pack(),
            "runs": self.runs.pack(),
            "lost": self.lost.pack(),
            "sightings": self.sightings.pack(),
            "arrivals": self.arrivals.pack(),
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The timeline that `pack` packed."""
        timeline = cls()
        timeline.offset, timeline.number = plain["offset"], plain["number"]
        timeline.names = plain.get("names", 1)  # release 0.1 had the first rules
        timeline.policy = policy_in(plain["policy"])
        timeline.threshold = plain["threshold"] and Threshold(*plain["threshold"])
        timeline.sources = Sources.unpack(plain["sources"])
        timeline.runs = Runs.unpack(plain["runs"])
        timeline.lost = LostTelemetry.unpack(plain["lost"])
        timeline.sightings = Sightings.unpack(plain["sightings"])
        timeline.arrivals = Arrivals.unpack(plain.get("arrivals", {}))  # release 0.1 did not keep them
        return timeline


def _under(threshold: Threshold | None, policy: Policy) -> Policy:
    """The policy with the thresholds of the day; its own hold until there are any."""
    if threshold is None:
        return policy
    return policy.model_copy(update={"page": threshold.page, "warn": threshold.warn})
