"""One source partition: what Kafka hands over is what the pure observer takes."""

from collections import deque
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.clock import ManualClock
from monitor.flows.record import Source
from monitor.kafka.observer.dead_letters import letter_of
from monitor.kafka.observer.observed import ObservedPartition
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.kafka.observer.partition import Rejected
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind

SPAN = OutgoingSpan(bytes(15) + b"\1", bytes(7) + b"\1", b"", "GET /cart", Kind.SERVER, 10**18, 10**18 + 1)
VALUE = export_request({"service.name": "shop"}, "shop", [SPAN])


def partition() -> ObservedPartition:
    observer = SourceObserver(
        Source("default", "spans", "1", 0),
        Decoder(AttributionSettings()),
        ObserverSettings(),
        start=0,
        targets=1,
        fresh=False,
        encoding="otlp_proto",
        guarded=False,
    )
    start = StartingPoint(0, Commit(0), fresh=False)
    return ObservedPartition(TopicPartition("spans", 0), observer, start, ManualClock())


@pytest.mark.fault(28)
@pytest.mark.parametrize("name", ["otelcol.signal", "deployment.environment.name", "other"])
def test_a_header_without_a_value_says_nothing(name: str) -> None:
    """Kafka allows null as the value of a header: the record is read like any other."""
    one = partition()
    headers = ((name, None),)
    record = ConsumerRecord("spans", 0, 0, 10**12, 0, None, VALUE, None, -1, len(VALUE), headers)
    deque(one.folding([record]), maxlen=0)
    assert (one.observer.tallies["spans"], one.observer.position) == (1, 1)


TEXTS = st.text(max_size=20) | st.sampled_from(
    ["otelcol.signal", "deployment.environment.name", "deployment.environment", "\udce9\udcff"]
)


@pytest.mark.fault(11)
@given(
    st.lists(
        st.tuples(
            st.none() | st.binary(max_size=60) | st.just(VALUE),
            st.lists(st.tuples(TEXTS, st.none() | st.binary(max_size=20)), max_size=4),
            st.none() | st.binary(max_size=4),
        ),
        max_size=12,
    )
)
def test_any_record_is_counted_or_rejected(records: list[tuple[Any, list[Any], Any]]) -> None:
    """Any bytes, headers and keys: nothing fails, each record is passed, and its dead letter can be made."""
    one, rejected = partition(), list[Rejected]()
    given = [
        ConsumerRecord("spans", 0, offset, 10**12, 0, key, value, None, -1, len(value or b""), tuple(headers))
        for offset, (value, headers, key) in enumerate(records)
    ]
    deque(one.folding(given), maxlen=0)
    one.report_rejected(rejected.append)
    assert one.observer.position == len(records)
    for rejection in one.observer.rejected:
        for name, _ in letter_of(rejection, one.observer.source).headers:
            name.encode()
    sound = one.observer.tallies["spans"]
    assert sound + len(rejected) == len(records)
