"""Writes the golden record of `tempo`, from the one of `otlp_proto`; see README.md."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.golden.collector.test_collector import HERE, records
from tests.unit.wire.tempo_records import tempo_record

if __name__ == "__main__":
    (request,) = records("otlp_proto")
    record = tempo_record(ExportTraceServiceRequest.FromString(request))
    (HERE / "records" / "tempo.hex").write_text(record.hex() + "\n", encoding="utf-8")
