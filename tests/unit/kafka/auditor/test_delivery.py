"""What is published of a partition, and what is said when that fails."""

import asyncio
import gc
import weakref
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from monitor.base.clock import ManualClock, SystemClock
from monitor.base.units import LogTime
from monitor.drift.records.alert import Alert, EnvironmentAnnotations, EnvironmentLabels
from monitor.drift.records.audit import CallRecord
from monitor.kafka.auditor.delivery import AGAIN_SECONDS, RECORDS_SECONDS, Delivery
from monitor.kafka.auditor.log_notes import PartitionNotes
from monitor.kafka.auditor.owned_partition import MOST_WAITING, OwnedPartition
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.audit.run_results import RunResults
from tests.unit.kafka.client.test_writing import Broker
from tests.unit.pipeline.auditing import Log


class Desk:
    """An owned partition with a fold of some traffic, and its delivery to `broker`."""

    def __init__(self, broker: Broker) -> None:
        log = Log()
        log.production(20)
        self.broker, self.clock = broker, ManualClock()
        self.writer = Writer(broker, self.clock)
        reader = LogReader(KafkaSettings(), SystemClock())
        place = TopicPartition("flowdrift-flows", 0)
        self.owned = OwnedPartition(place, log.fold(), reader, PartitionNotes())
        self.reported = reported = list[str]()
        self.delivery = Delivery(
            self.owned,
            self.writer,
            Names("flowdrift"),
            self.clock,
            checkpoint_every=60,
            on_alert=lambda alert: reported.append(alert.id),
            partitions=1,
        )

    def deliver(self, seconds: float) -> None:
        """Publish once, so long after the last time."""
        self.clock.advance(seconds)
        asyncio.run(self.delivery.deliver())


@pytest.mark.fault(20)
def test_a_defect_while_publishing_is_no_record_of_the_log() -> None:
    """It is named with what to do, no record is to be skipped, and all is published once it is mended."""
    desk = Desk(Broker({}))
    sound, desk.owned.auditor._results = desk.owned.auditor.timeline, RunResults()
    runs: Any = sound.runs
    sound.runs = None  # type: ignore[assignment]
    desk.deliver(RECORDS_SECONDS)
    why = desk.owned.unpublished
    assert "results of flowdrift-flows/0 are not published: flowdrift failed at it: AttributeError" in why
    assert "upgrade flowdrift" in why
    assert "skip" not in why
    assert desk.owned.failed_at is None
    sound.runs = runs
    desk.deliver(AGAIN_SECONDS)
    assert not desk.owned.unpublished
    assert b"summary/0" in desk.broker.taken


def event(name: str) -> Alert:
    """An event of this id."""
    about = {"subject": "test", "summary": "", "description": "", "since": ""}
    return Alert(
        id=name,
        episode=name,
        phase="firing",
        severity="warning",
        labels=EnvironmentLabels(alertname="TestTelemetryLost", environment="test"),
        annotations=EnvironmentAnnotations(**about),
        onset=None,
        at=LogTime(0),
    )


@pytest.mark.fault(20)
def test_an_event_that_is_too_large_stays_and_the_others_go() -> None:
    """It is sent again, and meanwhile no checkpoint is taken: a restart makes it once more."""
    desk = Desk(Broker({b"large": MessageSizeTooLargeError()}))
    desk.owned.alerts += [event(name) for name in ("first", "large", "last")]
    desk.deliver(120)
    assert desk.reported == ["first", "last"]
    assert "'large'" in desk.writer.unwritten[0]
    assert b"0/0/" not in {key[:4] for key in desk.broker.taken if key}
    desk.broker.errors.clear()
    desk.deliver(AGAIN_SECONDS)
    assert desk.reported == ["first", "last", "large"]
    assert not desk.writer.unwritten
    assert b"0/0/" in {key[:4] for key in desk.broker.taken if key}


def test_the_state_of_a_partition_that_is_gone_needs_no_collector() -> None:
    """Garbage cycles are searched for seldom: state of a partition that moved away must be in none."""
    desk = Desk(Broker({}))
    desk.deliver(RECORDS_SECONDS)
    state = weakref.ref(desk.owned)
    gc.disable()
    try:
        del desk
        assert state() is None
    finally:
        gc.enable()


def listed(number: int) -> CallRecord:
    """A call of a test run."""
    names = {"environment": "integration", "run": "ci-1", "case": "", "trace": "", "caller": "shop"}
    about = {"flow": "shop GET /", "call": "GET /stock", "service": "stock", "payload": "nothing"}
    return CallRecord(id=f"call-{number}", **names, **about, partner=True, outcome="ok")


def test_no_checkpoint_is_written_before_the_calls_up_to_it() -> None:
    """A restart folds them again otherwise; what is not acknowledged waits, in its order."""
    desk = Desk(Broker({b"call-1": KafkaConnectionError()}))
    desk.owned.calls += [listed(0), listed(1)]
    with pytest.raises(KafkaConnectionError):
        asyncio.run(desk.delivery._calls())
    desk.clock.advance(120)
    assert [each.id for each in desk.owned.calls] == ["call-0", "call-1"]
    assert b"0/0/" not in {key[:4] for key in desk.broker.taken if key}
    desk.broker.errors.clear()
    desk.deliver(120)
    assert desk.owned.calls == []
    keys = [key for key in desk.broker.taken if key]
    assert keys.index(b"call-1") < next(place for place, key in enumerate(keys) if key[:4] == b"0/0/")


def test_nothing_is_folded_while_too_many_calls_wait() -> None:
    """Calls that no broker takes are bounded: the log is read on once they are gone."""
    desk = Desk(Broker({}))
    assert desk.owned._goes_on
    desk.owned.calls += [listed(0)] * MOST_WAITING
    assert not desk.owned._goes_on
    desk.deliver(1)
    assert desk.owned._goes_on


def test_calls_go_while_the_shards_stand_apart() -> None:
    """A partition that restores takes its calls to the topic, so that it reads on and gets level."""
    desk = Desk(Broker({}))
    desk.owned.auditor = PartitionAuditor(0, 4, 1, {0: desk.owned.auditor.checkpoint(0)})
    assert not desk.owned.auditor.level
    desk.owned.calls += [listed(0)] * MOST_WAITING
    desk.deliver(120)
    assert desk.owned._goes_on
    assert {key for key in desk.broker.taken if key} == {b"call-0"}
