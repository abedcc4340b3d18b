"""A slim schema of OTLP traces, wire-compatible with opentelemetry/proto/collector/trace/v1.

The field numbers are those of `ExportTraceServiceRequest`, but whatever repeats from span to span
(resource, scope, every attribute, the status) is declared as `bytes`: the parser hands over undecoded
slices, which are looked up in dictionaries instead of being parsed again and again.

    Request        1 resource_spans*  ResourceSpans
    ResourceSpans  1 resource         bytes (Resource)     2 scope_spans*  ScopeSpans
    ScopeSpans     1 scope            bytes (Scope)        2 spans*        Span
    Span           1 trace_id         bytes                2 span_id       bytes
                   3 trace_state      bytes (string)       4 parent_span_id  bytes
                   5 name             bytes (string)       6 kind          enum, read as int32
                   7 start_time_unix_nano  fixed64         8 end_time_unix_nano  fixed64
                   9 attributes*      bytes (KeyValue)    11 events*       bytes (Event)
                  13 links*           bytes (Link)        15 status        bytes (Status)
                  16 flags            fixed32
    Event          3 attributes*      bytes (KeyValue)
    Link           1 trace_id         bytes
    Resource       1 attributes*      bytes (KeyValue)
    Scope          1 name             bytes (string)
    Status         3 code             enum, read as int32 (2: error)
    KeyValue       1 key              bytes (string)       2 value         AnyValue
    AnyValue       1 string_value     bytes (string)       2 bool_value    bool
                   3 int_value        int64                4 double_value  double
                   5 array_value  bytes (ArrayValue)
    ArrayValue     1 values*      AnyValue

Nested values are not declared, and arrays are opened where one is wanted: the parser steps over them, so that
no depth of nesting can cost anything. Links are parsed of consumers alone, events where a record names a
feature flag. Strings are declared as `bytes` because a name that is not UTF-8 is mended here, not refused.
"""

from monitor.wire.protobuf import slim_schema

ERROR = 2
"""STATUS_CODE_ERROR."""

REMOTE = 0x300
"""Span flags: has_is_remote (0x100) and is_remote (0x200)."""

_MESSAGES = slim_schema(
    "flowdrift.otlp",
    {
        "AnyValue": "1 string_value bytes?; 2 bool_value bool?; 3 int_value int64?; 4 double_value double?;"
        "5 array_value bytes?",
        "ArrayValue": "1 values AnyValue*",
        "KeyValue": "1 key bytes; 2 value AnyValue",
        "Status": "3 code int32",
        "Scope": "1 name bytes",
        "Link": "1 trace_id bytes",
        "Event": "3 attributes bytes*",
        "Resource": "1 attributes bytes*",
        "Span": "1 trace_id bytes; 2 span_id bytes; 3 trace_state bytes; 4 parent_span_id bytes;"
        "5 name bytes; 6 kind int32; 7 start_time_unix_nano fixed64; 8 end_time_unix_nano fixed64;"
        "9 attributes bytes*; 11 events bytes*; 13 links bytes*; 15 status bytes; 16 flags fixed32",
        "ScopeSpans": "1 scope bytes; 2 spans Span*",
        "ResourceSpans": "1 resource bytes; 2 scope_spans ScopeSpans*",
        "Request": "1 resource_spans ResourceSpans*",
    },
)

Request = _MESSAGES["Request"]
Link = _MESSAGES["Link"]
Event = _MESSAGES["Event"]
Resource = _MESSAGES["Resource"]
Scope = _MESSAGES["Scope"]
Status = _MESSAGES["Status"]
KeyValue = _MESSAGES["KeyValue"]
ArrayValue = _MESSAGES["ArrayValue"]
