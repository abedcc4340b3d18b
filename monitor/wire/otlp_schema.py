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
                   9 attributes*      bytes (KeyValue)    15 status        bytes (Status)
                  16 flags            fixed32
    Resource       1 attributes*      bytes (KeyValue)
    Scope          1 name             bytes (string)
    Status         3 code             enum, read as int32 (2: error)
    KeyValue       1 key              bytes (string)       2 value         AnyValue
    AnyValue       1 string_value     bytes (string)       2 bool_value    bool
                   3 int_value        int64                4 double_value  double

Events, links, arrays and nested values are not declared: the parser steps over them, so that no number of
events and no depth of nesting can cost anything. Strings are declared as `bytes` because a name that is
not UTF-8 is mended here, not refused.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

ERROR = 2
"""STATUS_CODE_ERROR."""

REMOTE = 0x300
"""Span flags: has_is_remote (0x100) and is_remote (0x200)."""

_PACKAGE = "flowdrift.otlp"

_TYPES = {
    "bytes": Field.TYPE_BYTES,
    "int32": Field.TYPE_INT32,
    "int64": Field.TYPE_INT64,
    "fixed32": Field.TYPE_FIXED32,
    "fixed64": Field.TYPE_FIXED64,
    "bool": Field.TYPE_BOOL,
    "double": Field.TYPE_DOUBLE,
}

_MESSAGES = {
    "AnyValue": "1 string_value bytes; 2 bool_value bool; 3 int_value int64; 4 double_value double",
    "KeyValue": "1 key bytes; 2 value AnyValue",
    "Status": "3 code int32",
    "Scope": "1 name bytes",
    "Resource": "1 attributes bytes*",
    "Span": "1 trace_id bytes; 2 span_id bytes; 3 trace_state bytes; 4 parent_span_id bytes; 5 name bytes;"
    "6 kind int32; 7 start_time_unix_nano fixed64; 8 end_time_unix_nano fixed64; 9 attributes bytes*;"
    "15 status bytes; 16 flags fixed32",
    "ScopeSpans": "1 scope bytes; 2 spans Span*",
    "ResourceSpans": "1 resource bytes; 2 scope_spans ScopeSpans*",
    "Request": "1 resource_spans ResourceSpans*",
}


def _declare(message: descriptor_pb2.DescriptorProto, line: str) -> None:
    """Add the field that `line` ('NUMBER NAME TYPE', '*' after the type: repeated) describes."""
    number, name, kind = line.split()
    field = message.field.add(name=name, number=int(number), label=Field.LABEL_OPTIONAL)
    if kind.endswith("*"):
        field.label = Field.LABEL_REPEATED
    plain = kind.rstrip("*")
    if plain in _TYPES:
        field.type = _TYPES[plain]
    else:
        field.type, field.type_name = Field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
    if message.name == "AnyValue":
        field.oneof_index = 0


def _build() -> descriptor_pool.DescriptorPool:
    """Build the schema in a pool of its own, so that it never meets a generated OTLP module."""
    file = descriptor_pb2.FileDescriptorProto(name="flowdrift/otlp.proto", package=_PACKAGE, syntax="proto3")
    for name, lines in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
        for line in lines.split(";"):
            _declare(message, line)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


_POOL = _build()


def _message(name: str) -> Any:
    """The class of message `name`; `Any`, because protobuf makes its attributes at run time."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


Request = _message("Request")
Resource = _message("Resource")
Scope = _message("Scope")
Status = _message("Status")
KeyValue = _message("KeyValue")
