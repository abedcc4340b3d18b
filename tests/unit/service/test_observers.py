"""What the observers of a process are built from, and what they tell at a scrape."""

import gc
import json
from collections import Counter

import pytest

from monitor.base.clock import ManualClock
from monitor.flows.codec import decode
from monitor.flows.record import Source
from monitor.kafka.client.progress import ObserverProgress, PartitionProgress
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.observe.observer import SourceObserver, SourceRecord
from monitor.service.observers import Observers
from monitor.settings import EnvironmentSection, Settings

_TOPIC = "spans"
_SECOND = 1_000
_BEGIN_MS = 1_700_000_000_000


@pytest.fixture
def observers() -> Observers:
    """Observers that read JSON, by a clock that stands a minute after the telemetry began."""
    kafka = KafkaSettings.model_validate({"traces": {"encoding": "otlp_json"}})
    return Observers(Settings(kafka=kafka), ManualClock(_BEGIN_MS / 1000 + 60))


def open_one(observers: Observers, partition: int = 0) -> SourceObserver:
    source = Source("default", _TOPIC, "1", partition)
    place = StartingPoint(position=0, commit=Commit(0), fresh=False)
    return observers.open(source, place, SourceTopic(_TOPIC, 2, stamped=True))


def _record(number: int) -> SourceRecord:
    """A record with one root span of a trace of its own, appended `number` seconds after the begin."""
    begin = (_BEGIN_MS + number * _SECOND) * 1_000_000
    span = {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "GET /a",
        "kind": 2,
        "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(begin + 1_000_000),
    }
    value = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    return SourceRecord(number, _BEGIN_MS + number * _SECOND, value)


def _told(observers: Observers, progress: ObserverProgress) -> dict[str, float]:
    told = Counter[str]()
    for reading in observers.readings(progress):
        told[reading.metric.removeprefix("flowdrift_monitor_")] += reading.value  # type: ignore[assignment]
    return dict(told)


def _progress(**partitions: PartitionProgress) -> ObserverProgress:
    named = {f"{_TOPIC}/{name.removeprefix('p')}": progress for name, progress in partitions.items()}
    return ObserverProgress(named, lost=3)


def test_counters_and_gauges(observers: Observers) -> None:
    """A partition counts spans, open fragments, lag in records and seconds, and losses."""
    observer = open_one(observers)
    for number in range(3):
        observer.fold(_record(number))
    part = PartitionProgress(position=3, end=8, committed=1, records=3, bytes=300)
    told = _told(observers, _progress(p0=part))
    assert (told["spans_total"], told["records_total"], told["bytes_total"]) == (3, 3, 300)
    assert told["records_lost_total"] == 3
    assert told["open_fragments"] == 3
    assert told["lag_records"] == 8 - 1
    assert told["lag_seconds"] == 60 - 2
    assert told["low_offset_lag_seconds"] == 2


def test_nothing_to_read_is_no_lag(observers: Observers) -> None:
    """At the end of the log the age of the last record is silence, not lag."""
    observer = open_one(observers)
    observer.fold(_record(0))
    part = PartitionProgress(position=1, end=1, committed=0, records=1, bytes=100)
    assert _told(observers, _progress(p0=part))["lag_seconds"] == 0


def test_gauges_speak_of_partitions_that_are_ours(observers: Observers) -> None:
    """What was revoked still lives for a moment: it counts no more as open, its counters stay."""
    observer = open_one(observers)
    observer.fold(_record(0))
    told = _told(observers, _progress())
    assert (told["spans_total"], told["open_fragments"]) == (1, 0)


def test_counters_do_not_fall_with_a_partition(observers: Observers) -> None:
    """An observer that went away has counted what it counted; its successor adds to that."""
    observer = open_one(observers)
    observer.fold(_record(0))
    assert _told(observers, _progress())["spans_total"] == 1
    del observer
    gc.collect()
    assert _told(observers, _progress())["spans_total"] == 1
    successor = open_one(observers)
    successor.fold(_record(1))
    assert _told(observers, _progress())["spans_total"] == 2


def test_a_topic_can_be_an_environment() -> None:
    """A source topic that belongs to an environment decides it, whatever its spans say."""
    environments = {
        "production": EnvironmentSection(topics=(_TOPIC,)),
        "integration": EnvironmentSection(),
    }
    kafka = KafkaSettings.model_validate({"traces": {"encoding": "otlp_json"}})
    settings = Settings(kafka=kafka, environments=environments)
    observer = open_one(Observers(settings, ManualClock()))
    observer.fold(_record(0))
    observer.close_all()
    (outgoing,) = observer.outgoing(at_end=True, partitions=1, heartbeat=False)
    assert b'"production"' in outgoing.value


def test_a_restart_reads_again_what_the_settings_say() -> None:
    """A restart reads again for max_age, memory and the slack for disorder."""
    observers = Observers(Settings(), ManualClock())
    assert observers.reread_ms == (120 + 60 + 10) * _SECOND


def test_a_rekeyed_span_becomes_the_flow_that_it_would_have_been() -> None:
    """What the stage writes of a record is what an observer reads, with the environment of its topic."""
    kafka = KafkaSettings.model_validate({"traces": {"encoding": "otlp_json", "rekey": True}})
    environments = {"production": EnvironmentSection(topics=(_TOPIC,)), "integration": EnvironmentSection()}
    observers = Observers(Settings(kafka=kafka, environments=environments), ManualClock(_BEGIN_MS / 1000))
    place = StartingPoint(position=0, commit=Commit(0), fresh=False)
    rekeyer = observers.open_rekeyer(
        Source("default", _TOPIC, "1", 0), place, SourceTopic(_TOPIC, 1, stamped=True)
    )
    rekeyer.fold(_record(0))
    ((target, value),) = rekeyer.waiting()
    rekeyed = Source("default", "flowdrift-rekeyed", "1", target)
    observer = observers.open(rekeyed, place, SourceTopic("flowdrift-rekeyed", 12, stamped=True))
    observer.fold(SourceRecord(0, 0, value))
    observer.fold(SourceRecord(1, 0, value))
    observer.close_all()
    assert (observer.tallies["spans"], observer.tallies["flows"]) == (1, 1)
    header = decode(observer.outgoing(False, 12, heartbeat=True)[0].value).header
    assert header is not None
    assert list(header.low_times) == ["production"]
    told = _told(observers, ObserverProgress({}, 0))
    assert (told["spans_total"], told["repeated_records_total"]) == (1, 1)
