"""Records of Tempo (`tempo`): a PushBytesRequest, as the distributor of Tempo 3 writes it to Kafka.

    PushBytesRequest  2 traces*  bytes (Trace)     3 ids*  bytes     5 skip_metrics_generation  bool
    Trace             1 resource_spans*  as in OTLP

A Trace is an export request of OTLP, byte by byte, and messages of protobuf that follow each other are one:
the traces of a record, put together, are read as one request. Their ids stand in their spans as well. The key
of a record is the tenant; the distributor sends all of a trace to one partition.

Source: grafana/tempo, pkg/tempopb/tempo.proto, pkg/ingest/encoding.go.
"""

from google.protobuf.message import DecodeError

from monitor.base.errors import UndecodableError
from monitor.wire import foreign_bytes
from monitor.wire.facts import FactsTable
from monitor.wire.guard import check_list_count
from monitor.wire.otlp import OtlpProto
from monitor.wire.protobuf import slim_schema
from monitor.wire.span import Span
from monitor.wire.tally import Tally

_TRACES = 2
_PUSH = slim_schema("flowdrift.tempo", {"PushBytesRequest": "2 traces bytes*"})["PushBytesRequest"]


class TempoProto:
    """Decoder of Tempo's records."""

    def __init__(self, table: FactsTable, tally: Tally, max_spans: int) -> None:
        self._request = OtlpProto(table, tally, max_spans)
        self._max_spans = max_spans

    def decode(self, payload: bytes, environment: str | None) -> list[Span]:
        """Return the spans of all traces of a record.

        Raises UndecodableError (malformed, too_many_spans, wrong_signal).
        """
        check_list_count(payload, self._max_spans, _TRACES)
        try:
            traces = _PUSH.FromString(payload).traces
        except DecodeError:
            traces = ()
        if not traces:
            said = foreign_bytes.refused(payload, "no traces as Tempo's distributor writes them")
            raise UndecodableError(said, code="malformed")
        return self._request.decode(b"".join(traces), environment)
