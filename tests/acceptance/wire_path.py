"""The whole way of spans without Kafka: bytes -> spans -> groups -> rows -> flows topic -> auditor.

    path = WirePath().send(0, sent(1), sent(2, parent=1)).end()
    path.shapes                     [["GET /cart", "GET /cart"]]

Requests are written by opentelemetry-proto; what the flows topic would hold is read back and folded. `end`
checks that no span is lost: each is in a row, in the caller's part of its group, or counted.
"""

from typing import Any

from monitor.flows.codec import decode, encode
from monitor.flows.flow import Flow
from monitor.flows.identity import FlowSettings
from monitor.flows.record import FlowRecord, Source
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.timeline.commands import Settings
from monitor.traces.settings import AssemblySettings
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.unit.pipeline.auditing import POLICY
from tests.unit.wire.requests import request, sent

BEGIN_MS = 1_700_000_000_000
SECOND = 1_000


def call(id: int, parent: int = 0, name: str = "call", kind: Kind = Kind.CLIENT, **more: Any) -> OutgoingSpan:
    """A span that is no entry, unless `kind` says so."""
    return sent(id, parent=parent, name=name, kind=kind, **more)


class WirePath:
    """One source partition and one partition of the flows topic."""

    def __init__(self, *, encoding: str = "otlp_proto", inner: tuple[str, ...] = (), **assembly: int) -> None:
        self.inner = inner
        self.decoder = Decoder(AttributionSettings())
        settings = ObserverSettings(
            assembly=AssemblySettings.model_validate(assembly), flows=FlowSettings(inner=inner)
        )
        self.observer = SourceObserver(
            Source("main", "spans", "1", 0),
            self.decoder,
            settings,
            start=0,
            targets=1,
            fresh=False,
            encoding=encoding,
            guarded=False,
        )
        self.auditor = PartitionAuditor(0, 4, 1, {})
        self.auditor.apply(
            0, BEGIN_MS, encode(FlowRecord(None, command={"number": 0, **Settings(POLICY).plain()}))
        )
        self.rows: list[Flow] = []
        self.sent = 0

    def send(
        self, at_ms: int, *spans: OutgoingSpan, service: str = "shop", environment: str = "production"
    ) -> "WirePath":
        """One message with these spans of one service, `at_ms` after the beginning."""
        resource = {"service.name": service, "deployment.environment.name": environment}
        self.sent += len(spans)
        return self.send_bytes(at_ms, request(spans, resource).SerializeToString())

    def send_bytes(self, at_ms: int, payload: bytes) -> "WirePath":
        """One message as it is."""
        self.observer.fold(SourceRecord(self.observer.position, BEGIN_MS + at_ms, payload))
        self.publish()
        return self

    def end(self, *, callers: int = 0) -> "WirePath":
        """Nothing more comes. `callers`: how many spans belong to callers of flows, and are in no row."""
        self.observer.close_all()
        self.publish()
        assert self.auditor.undecodable == 0
        assert self.sent == self.accounted + callers
        return self

    @property
    def accounted(self) -> int:
        """How many spans are in rows or were counted as what is in none."""
        counts = self.observer.tallies
        rows = self.rows if not self.inner else {row[:2]: row for row in reversed(self.rows)}.values()
        in_rows = sum(len(row.shape) for row in rows)
        return in_rows + counts["late"] + counts["duplicates"] + self.decoder.tally.invalid_ids

    def publish(self) -> None:
        """Let everything that is out be read back and folded."""
        for outgoing in self.observer.outgoing(False, 1, heartbeat=True):
            self.rows += decode(outgoing.value).flows
            self.auditor.apply(self.auditor.next_offset, BEGIN_MS, outgoing.value)
            self.observer.acknowledged(0)

    @property
    def shapes(self) -> list[list[str]]:
        """The operation names of each row, in preorder."""
        return [[node.operation.name for node in row.shape] for row in self.rows]

    @property
    def parents(self) -> list[list[int]]:
        """The places of the parents in each row."""
        return [[node.parent for node in row.shape] for row in self.rows]

    @property
    def anomalies(self) -> dict[str, int]:
        """What the observer counted as broken, without zeros."""
        return {name: count for name, count in self.observer.anomalies.items() if count}

    @property
    def counted_flows(self) -> tuple[int, int]:
        """(flows that the auditor's fingerprints hold, those of them that are incomplete)."""
        prints = [side.fingerprint for state in self.auditor.states() for side in state.sides.values()]
        return sum(each.traces for each in prints), sum(each.incomplete for each in prints)
