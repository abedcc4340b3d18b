"""What Tempo writes (`tempo`): records of its distributor on Kafka, and answers of its API in protobuf.

    PushBytesRequest   2 traces*  bytes (Trace)     3 ids*  bytes     5 skip_metrics_generation  bool
    TraceByIDResponse  1 trace    bytes (Trace)     2 metrics         3 status  enum (1: PARTIAL)
    Trace              1 resource_spans*  as in OTLP

A Trace is an export request of OTLP, byte by byte, and messages of protobuf that follow each other are one:
the traces of a record, put together, are read as one request. Their ids stand in their spans as well. The key
of a record is the tenant; the distributor of Tempo 3 sends all of a trace to one partition. An answer of
GET /api/v2/traces/ID says whether it is all of its trace; that of version 1 is the Trace itself.

Source: grafana/tempo, pkg/tempopb/tempo.proto, pkg/ingest/encoding.go.
"""

from google.protobuf.message import DecodeError

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.wire import foreign_bytes
from monitor.wire.facts import FactsTable
from monitor.wire.guard import check_list_count
from monitor.wire.otlp import OtlpProto
from monitor.wire.protobuf import slim_schema
from monitor.wire.span import Span
from monitor.wire.tally import DecodedCounts

_TRACES, _TRACE = 2, 1
_PARTIAL = 1
_MESSAGES = slim_schema(
    "flowdrift.tempo",
    {
        "PushBytesRequest": "2 traces bytes*",
        "TraceByIDResponse": "1 trace bytes; 3 status int32",
    },
)
_PUSH, _ANSWER = _MESSAGES["PushBytesRequest"], _MESSAGES["TraceByIDResponse"]


class TempoProto:
    """Decoder of Tempo's records and answers."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._request = OtlpProto(table, tally, max_spans)
        self._max_spans = max_spans

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of all traces of a record, or of the trace of an answer.

        Raises UndecodableError (malformed, too_many_spans, wrong_signal).
        """
        check_list_count(payload, self._max_spans, _TRACES)
        check_list_count(payload, self._max_spans, _TRACE)
        try:
            answer = _ANSWER.FromString(payload)
            if answer.trace:
                partial = answer.status == _PARTIAL
                return (yield from self._answered(payload, answer.trace, environment, partial))
            traces = _PUSH.FromString(payload).traces
        except DecodeError:
            traces = ()
        if not traces:
            raise _refused(payload)
        return (yield from self._request.steps(b"".join(traces), environment))

    def _answered(
        self, payload: bytes, trace: bytes, environment: str | None, partial: bool
    ) -> Steps[list[Span]]:
        """The spans of an answer, which a request of OTLP is not, though it begins alike."""
        spans = yield from self._request.steps(trace, environment, partial=partial)
        if not spans:
            raise _refused(payload)
        return spans


def _refused(payload: bytes) -> UndecodableError:
    otherwise = "no traces as Tempo's distributor or its API (GET /api/v2/traces/TRACE-ID) writes them"
    return UndecodableError(foreign_bytes.refused(payload, otherwise), code="malformed")
