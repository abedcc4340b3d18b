"""Scenario clocks: producers with wrong clocks do no harm, and a person reads whose they are.

Records are observed and folded as they are written, second by second, on two source partitions.
"""

from collections.abc import Iterable

import pytest

from monitor.base.run import RunKey
from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.drift.clocks import clocks
from monitor.drift.records.alert import Alert
from monitor.drift.records.latest import Latest, read
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.timeline.commands import Begin, Command, Finish, Settings
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS

T = 1_700_000_000_000
SECOND, MINUTE = 1_000, 60_000
AHEAD = 59 * MINUTE


class Side:
    """The observer of one partition, and the decoder of its records."""

    def __init__(self, source: object) -> None:
        self.spans: list[Span] = []
        self.observer = SourceObserver(
            source,  # type: ignore[arg-type]
            self,
            ObserverSettings(),
            start=0,
            targets=1,
            fresh=False,
        )

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The span of a record."""
        yield
        return [self.spans[int(payload)]]

    def write(self, stamp: int, made: Span) -> None:
        """One record with this timestamp."""
        self.spans.append(made)
        number = len(self.spans) - 1
        self.observer.fold(SourceRecord(number, stamp, str(number).encode()))


class Shop:
    """Production with a trace each second; tests when somebody asks for them."""

    def __init__(self) -> None:
        self.now = T
        self.production, self.tests = Side(PRODUCTION), Side(TESTS)
        self.auditor = PartitionAuditor(0, 4, 1, {})
        self.alerts: list[Alert] = []
        self.offset = self.traces = 0
        self.say(Settings(POLICY))

    def say(self, command: Command) -> None:
        """A command, as it stands in the flows topic."""
        self._append(encode(FlowRecord(None, command={"number": self.offset, **command.plain()})))

    def pass_time(self, seconds: int, run: str = "", ahead: int = 0) -> None:
        """Seconds with production, and with a case of a run each, unless none goes on.

        ahead: so many further records of the tests come at once, 59 minutes ahead.
        """
        for _ in range(ahead):
            self._write(self.tests, self.now + AHEAD, service="batch", environment="integration")
        for _ in range(seconds):
            self.now += SECOND
            self._write(self.production, self.now, service="shop", environment="production")
            if run:
                self._write(self.tests, self.now, service="shop", environment="integration", run=run)
            else:
                self.tests.observer.idle(SECOND)
            for side in (self.production, self.tests):
                for outgoing in side.observer.outgoing(not run, 1, heartbeat=True):
                    self._append(outgoing.value)
                    side.observer.acknowledged(0)

    def _write(self, side: Side, stamp: int, service: str, environment: str, run: str = "") -> None:
        self.traces += 1
        made = span(
            1,
            trace=self.traces,
            kind=Kind.SERVER,
            service=service,
            environment=environment,
            run=run,
            case=f"case {self.traces}" if run else "",
        )
        side.write(stamp, made)

    def _append(self, value: bytes) -> None:
        self.alerts += self.auditor.apply(self.offset, self.now, value)
        self.offset += 1

    def run(self, name: str) -> None:
        """A whole run, announced and finished."""
        self.say(Begin("integration", name, "nightly", LogTime(self.now)))
        self.pass_time(60, name)
        self.say(Finish("integration", name, LogTime(self.now)))
        self.pass_time(60)

    @property
    def hints(self) -> Iterable[str]:
        """What the report says of clocks."""
        records = Latest()
        for key, value in self.auditor.all_records().items():
            records.put(key, read(key, value))
        return [hint.says for hint in clocks(records)]


@pytest.mark.fault(31)
def test_six_records_ahead_end_no_evidence() -> None:
    """Six records 59 minutes ahead after a run: the next run counts, nothing is lost, and they are named."""
    shop = Shop()
    shop.run("ci-1")
    shop.pass_time(30, ahead=6)
    shop.run("ci-2")
    settled = shop.auditor.timeline.runs.known[RunKey("integration", "ci-2")]
    assert settled.end is not None and settled.end <= shop.now
    assert shop.auditor.timeline.sources.clocks["integration"] <= shop.now
    assert shop.auditor.evidence_dropped == 0
    assert shop.alerts == []
    assert [says.split(" are stamped")[0] for says in shop.hints] == ["Records of batch (integration)"]


@pytest.mark.fault(31)
def test_six_records_ahead_within_a_run_end_no_evidence() -> None:
    """The same while the run goes on: its flows count before and after."""
    shop = Shop()
    shop.run("ci-1")
    shop.say(Begin("integration", "ci-2", "nightly", LogTime(shop.now)))
    shop.pass_time(30, "ci-2")
    shop.pass_time(30, "ci-2", ahead=6)
    shop.say(Finish("integration", "ci-2", LogTime(shop.now)))
    shop.pass_time(60)
    assert shop.auditor.timeline.runs.known[RunKey("integration", "ci-2")].end is not None
    assert (shop.auditor.evidence_dropped, shop.alerts) == (0, [])
    assert ["3,540 s ahead" in says for says in shop.hints] == [True]
