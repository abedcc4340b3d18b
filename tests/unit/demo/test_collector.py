"""The collector: nothing lost, nothing early, and bytes that the decoder reads."""

from random import Random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from monitor.demo.collector import Batch, Collector
from monitor.demo.traffic import SECOND_NS, production_traffic

BEGIN = 1_700_000_000 * SECOND_NS
EVERY = 5 * SECOND_NS


def exported() -> tuple[int, list[Batch]]:
    """How many spans a minute of production has, and its batches."""
    collector = Collector("production", EVERY)
    batches: list[Batch] = []
    count = 0
    for at, trace in production_traffic(BEGIN, BEGIN + 60 * SECOND_NS, 10, Random(1), ()):
        batches.extend(collector.due(at))
        collector.add(trace)
        count += len(trace)
    batches.extend(collector.due(BEGIN + 120 * SECOND_NS))
    return count, batches


def test_every_span_is_exported_once_in_its_interval() -> None:
    """Batches come in order, and each holds the spans that ended in the interval before it."""
    count, batches = exported()
    assert [batch.at_ns for batch in batches] == sorted({batch.at_ns for batch in batches})
    seen = []
    for batch in batches:
        request = ExportTraceServiceRequest.FromString(batch.value)
        for group in request.resource_spans:
            for span in group.scope_spans[0].spans:
                assert batch.at_ns - EVERY <= span.end_time_unix_nano < batch.at_ns
                seen.append(span.span_id)
    assert len(seen) == len(set(seen)) == count


def test_spans_are_grouped_by_service_instance() -> None:
    """Each instance of a service stands once in a batch, with its environment."""
    _, batches = exported()
    request = ExportTraceServiceRequest.FromString(batches[0].value)
    resources = [
        {pair.key: pair.value.string_value for pair in group.resource.attributes}
        for group in request.resource_spans
    ]
    instances = [resource["service.instance.id"] for resource in resources]
    assert len(instances) == len(set(instances)) > 10
    assert {resource["deployment.environment.name"] for resource in resources} == {"production"}


def test_an_interval_that_is_not_over_waits() -> None:
    """A collector hands out no span before its interval is over, and none twice."""
    collector = Collector("production", EVERY)
    _, trace = next(production_traffic(BEGIN, BEGIN + EVERY, 10, Random(2), ()))
    collector.add(trace)
    assert list(collector.due(trace[0][1].end)) == []
    late = BEGIN + 60 * SECOND_NS
    assert list(collector.due(late)) != []
    assert list(collector.due(late)) == []
