"""The whole monitor without Kafka: records of source topics in, alerts and reports out.

Time is in the records. Every capture comes on a source topic of its own, which is at its end when it has
come. A monitor can be copied, as a restart from checkpoints copies it: so scenarios share what happened
before they begin.
"""

from copy import deepcopy
from random import Random

import orjson

from monitor.drift.records.alert import Alert
from monitor.drift.records.latest import Latest, read
from monitor.drift.report import Report, build_report
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord, Source
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.timeline.commands import Settings as SettingsCommand
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from tests.metamorphic.telemetry.capture import PRODUCTION, TESTS, Capture
from tests.metamorphic.telemetry.export import records

COMPARISON = f"{PRODUCTION}-{TESTS}"
PUBLISHED_EVERY = 64
IDLE_MS = 1_000


class Monitored:
    """One partition of the flows topic, its auditor, the owner, and who observes.

    settled: captures that have come to their end. alerts: each with how many had when it was sent.
    """

    def __init__(
        self, settings: Settings, auditor: PartitionAuditor | None = None, decoder: Decoder | None = None
    ) -> None:
        self._settings = settings
        self._decoder = decoder or Decoder(settings.attribution)
        self.policy = self._settings.policy
        self.auditor = auditor or PartitionAuditor(0, 1, 1, {})
        self.owner = Owner(1, projects=False)
        self.alerts: list[tuple[int, Alert]] = []
        self.settled = self._topics = self._stamp = 0
        self._offset = self.auditor.next_offset
        if auditor is None:
            self.owner.receive_command(0, orjson.dumps(SettingsCommand(self.policy).plain()))
            self._forward()

    def copy(self) -> "Monitored":
        """A monitor that goes on from here, restored from a checkpoint."""
        auditor = PartitionAuditor(0, 1, 1, {0: self.auditor.checkpoint(0)})
        copied = Monitored(self._settings, auditor, self._decoder)
        copied.owner = deepcopy(self.owner)
        copied._topics, copied._stamp = self._topics, self._stamp
        return copied

    def receive(self, *captures: Capture, loses: bool = False) -> None:
        """What one side does, in captures that are each followed by silence until its runs and units close.

        loses: spans of it get lost, so that the owner has something to say before units close.
        """
        self._topics += 1
        observer = SourceObserver(
            Source("main", f"spans-{self._topics}", "1", 0),
            self._decoder,
            ObserverSettings(assembly=self._settings.assembly, flows=self._settings.flows),
            start=0,
            targets=1,
            fresh=False,
            encoding="otlp_json",
            guarded=False,
        )
        offset = 0
        for capture in captures:
            offset = self._fold(observer, capture, offset, loses=loses)
            self.settled += 1

    def _fold(self, observer: SourceObserver, capture: Capture, offset: int, *, loses: bool) -> int:
        rng = Random(f"{capture.environment} {self._topics} {offset}")
        for record in records(capture, rng):
            observer.fold(SourceRecord(offset, record.timestamp, record.value))
            offset += 1
            if offset % PUBLISHED_EVERY == 0:
                self._publish(observer, at_end=False)
        if loses:
            self._publish(observer, at_end=False)
            self.decide()
        for _ in range(
            0, self.policy.idle_ms + self.policy.bucket_ms + 2 * self.policy.quiet_gap_ms, IDLE_MS
        ):
            observer.idle(IDLE_MS)
        self._publish(observer, at_end=True)
        return offset

    def _publish(self, observer: SourceObserver, *, at_end: bool) -> None:
        assert not observer.rejected
        for outgoing in observer.outgoing(at_end, 1, heartbeat=True):
            self._stamp = max(self._stamp, observer.log_time or 0)
            self._append(outgoing.value)
            observer.acknowledged(0)

    def _append(self, value: bytes) -> None:
        self.alerts += [(self.settled, a) for a in self.auditor.apply(self._offset, self._stamp, value)]
        self._offset += 1

    def _forward(self) -> None:
        for number in sorted(self.owner.commands):
            if number > self.auditor.timeline.number:
                command = {**self.owner.commands[number], "number": number}
                self._append(encode(FlowRecord(None, command=command)))

    def decide(self) -> dict[str, bytes]:
        """Let the owner decide until it has nothing to command; all records that are then published."""
        while True:
            published = self.auditor.all_records()
            for key, value in published.items():
                self.owner.receive(key, value)
            decisions = self.owner.decide()
            for _, command in decisions.commands:
                self.owner.receive_command(max(self.owner.commands) + 1, command)
            self._forward()
            if not decisions.commands:
                return published | decisions.records

    def published(self) -> Latest:
        """What stands on the verdicts topic."""
        latest = Latest()
        for key, value in self.decide().items():
            latest.put(key, read(key, value))
        return latest

    def report(self) -> Report:
        """The report as it is now."""
        return build_report(self.published(), COMPARISON)
