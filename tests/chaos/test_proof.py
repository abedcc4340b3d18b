"""The proofs find what is lost, doubled or different, and name it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.base.clock import SystemClock
from monitor.flows.record import Source
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.pipeline.audit.auditor import PartitionAuditor, entry_key
from monitor.pipeline.observe.observer import SourceRecord
from monitor.service.observers import Observers
from monitor.settings import Settings, load
from tests.chaos.proof import Findings, Logs, Produced, examine
from tests.chaos.season import SETTINGS
from tests.chaos.traffic import Traffic, trace_id
from tests.integration.shop_traffic import Stored

BEGIN_MS, SECONDS = 1_790_000_000_000, 12


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    config = tmp_path / "flowdrift.yaml"
    config.write_text(SETTINGS.format(broker="localhost:9092", prefix="t", session=6))
    return load(config)


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(1, 1, BEGIN_MS)


@pytest.fixture
def spans(traffic: Traffic) -> list[Stored]:
    """The log of a source topic of one partition."""
    sent = [record for _ in range(SECONDS) for record in traffic.second()]
    while not traffic.is_over:
        sent += traffic.second(more=False)
    return [Stored(0, offset, record.timestamp, None, record.value) for offset, record in enumerate(sent)]


def published(settings: Settings, spans: Sequence[Stored], ends: Counter[int], topic_id: str) -> list[Stored]:
    """What one observer of these records sends, a record now and then, from `ends` of the flows topic on."""
    source, topic = Source("default", "t-spans", topic_id, 0), SourceTopic("t-spans", 1, stamped=False)
    start = StartingPoint(spans[0].offset, Commit(0), fresh=True)
    observer = Observers(settings, SystemClock()).open(source, start, topic)
    stored: list[Stored] = []

    def publish() -> None:
        observer.rejected.clear()
        for target, value in observer.outgoing(at_end=False, partitions=1, heartbeat=True):
            stored.append(Stored(target, ends[target], BEGIN_MS, None, value))
            ends[target] += 1
            observer.acknowledged(target)

    for record in spans:
        observer.fold(SourceRecord(record.offset, record.timestamp, record.value))
        if record.offset % 50 == 0:
            publish()
    observer.close_all()
    publish()
    return sorted(stored)


@pytest.fixture
def flows(settings: Settings, spans: Sequence[Stored]) -> list[Stored]:
    """The flows topic as one observer fills it."""
    return published(settings, spans, Counter(), "1")


class Written(NamedTuple):
    """What auditors write that have read the flows topic to its end."""

    checkpoints: list[Stored]
    verdicts: list[Stored]


def written(settings: Settings, flows: Sequence[Stored]) -> Written:
    """By auditors that nothing disturbed."""
    count, shards = settings.kafka.flows.partitions, settings.kafka.flows.shards
    told = Written([], [])
    for partition in range(count):
        auditor = PartitionAuditor(partition, shards, count, {})
        for record in flows:
            if record.partition == partition:
                auditor.apply(record.offset, record.timestamp, record.value)
        for number in range(shards):
            key = entry_key(partition, number, shards).encode()
            told.checkpoints.append(Stored(partition, number, BEGIN_MS, key, auditor.checkpoint(number)))
        for name, value in auditor.all_records().items():
            told.verdicts.append(Stored(0, len(told.verdicts), BEGIN_MS, name.encode(), value))
    return told


def without_the_fullest(flows: Sequence[Stored]) -> list[Stored]:
    """The flows topic without its largest record, which is the last of no partition."""
    ends = Counter(record.partition for record in flows)
    inner = [record for record in flows if record.offset + 1 < ends[record.partition]]
    fullest = max(inner, key=lambda record: len(record.value))
    return [record for record in flows if record is not fullest]


def found(
    settings: Settings, traffic: Traffic, spans: list[Stored], flows: list[Stored], told: Written
) -> Findings:
    """What the proofs say of these logs."""
    traces = frozenset(trace_id(1, number) for number in range(1, traffic.traces + 1))
    letters = [Stored(0, number, BEGIN_MS, None, b"%d" % number) for number in range(traffic.junk)]
    logs = Logs(spans, flows, *told, letters)
    return examine(settings, Produced(traces, traffic.junk), len(traces), logs)


def test_what_is_exact_holds(
    settings: Settings, traffic: Traffic, spans: list[Stored], flows: list[Stored]
) -> None:
    """Each trace once, the same digests, every checkpoint a fold of the log."""
    findings = found(settings, traffic, spans, flows, written(settings, flows))
    assert findings.hold
    assert (findings.lost, findings.doubled, findings.wrong) == (frozenset(), frozenset(), [])


def test_a_record_that_comes_again_changes_nothing(
    settings: Settings, traffic: Traffic, spans: list[Stored], flows: list[Stored]
) -> None:
    """Rows that are sent again are no doubled traces: an auditor drops them."""
    partition = [record for record in flows if record.partition == 0]
    again = sorted(
        [*flows, *(record._replace(offset=record.offset + len(partition)) for record in partition)]
    )
    assert found(settings, traffic, spans, again, written(settings, again)).hold


def test_lost_traces_are_named(
    settings: Settings, traffic: Traffic, spans: list[Stored], flows: list[Stored]
) -> None:
    """Where a record of flows is missing, the traces in it are lost, and the digests differ."""
    kept = without_the_fullest(flows)
    findings = found(settings, traffic, spans, kept, written(settings, kept))
    assert findings.lost
    assert not findings.doubled
    assert findings.flows.found != findings.flows.undisturbed
    assert not findings.hold


def test_doubled_traces_are_named(
    settings: Settings, traffic: Traffic, spans: list[Stored], flows: list[Stored]
) -> None:
    """A trace with two flows is doubled: here the second half of the log was read as another topic, too."""
    middle = spans[len(spans) // 2 :]
    ends = Counter(record.partition for record in flows)
    again = sorted([*flows, *published(settings, middle, ends, "2")])
    findings = found(settings, traffic, spans, again, written(settings, again))
    assert findings.doubled
    assert not findings.hold


@pytest.mark.parametrize("kind", Written._fields)
def test_a_wrong_claim_is_named(
    settings: Settings, traffic: Traffic, spans: list[Stored], flows: list[Stored], kind: str
) -> None:
    """A checkpoint or verdict that does not follow from the log is wrong, whatever came after it."""
    right, others = written(settings, flows), written(settings, without_the_fullest(flows))
    pairs = zip(getattr(others, kind), getattr(right, kind), strict=True)
    torn = [entry._replace(offset=-1) for entry, same in pairs if entry.value != same.value]
    findings = found(
        settings, traffic, spans, flows, right._replace(**{kind: [*torn, *getattr(right, kind)]})
    )
    assert len(findings.wrong) == len(torn) > 0
    assert findings.lost == findings.doubled == frozenset()
    assert not findings.hold
