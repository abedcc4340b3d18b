"""A source partition in a test: what is written is observed at once."""

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.flows.codec import decode
from monitor.flows.flow import Flow
from monitor.flows.record import FlowRecord, Header, Source
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.wire.span import Span

T = 1_700_000_000_000
SECOND = 1_000


class Topic:
    """Writes spans as records and observes them; a payload is the number of its spans."""

    def __init__(self, *, fresh: bool = False, guarded: bool = False, start: int = 0) -> None:
        self.spans: list[list[Span]] = []
        self.environments: list[str | None] = []
        self.observer = SourceObserver(
            Source("main", "spans", "1", 0),
            self,
            ObserverSettings(),
            start=start,
            targets=2,
            fresh=fresh,
            encoding="table",
            guarded=guarded,
        )

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of a payload."""
        yield
        self.environments.append(environment)
        if payload == b"broken":
            raise UndecodableError("not what it says", code="malformed")
        return self.spans[int(payload)]

    def write(self, at: int, *spans: Span) -> "Topic":
        """A record at T + `at` ms."""
        self.spans.append(list(spans))
        return self.raw(at, str(len(self.spans) - 1).encode())

    def raw(self, at: int, value: bytes | None, **headers: bytes) -> "Topic":
        """A record of these bytes."""
        named = tuple((name.replace("_", "."), text) for name, text in headers.items())
        self.observer.fold(SourceRecord(self.observer.position, T + at, value, named))
        return self

    def publish(self, heartbeat: bool = True, at_end: bool = False) -> list[FlowRecord]:
        """Everything that goes out, acknowledged."""
        outgoing = self.observer.outgoing(at_end, 4, heartbeat)
        for target, _ in outgoing:
            self.observer.acknowledged(target)
        return [decode(value) for _, value in outgoing]

    def header(self, at_end: bool = False) -> Header:
        """What the next heartbeat says."""
        header = self.publish(at_end=at_end)[0].header
        assert header is not None
        return header

    def flows(self) -> list[Flow]:
        """The rows that go out now."""
        return [flow for record in self.publish() for flow in record.flows]
