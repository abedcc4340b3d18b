"""Slim protobuf schemas: of a published schema only the fields that are read, built at run time.

Protobuf steps over fields that a schema does not declare, and a nested message may be declared as `bytes`,
so that the parser hands over its undecoded slice.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

_TYPES = {
    "bytes": Field.TYPE_BYTES,
    "int32": Field.TYPE_INT32,
    "int64": Field.TYPE_INT64,
    "uint64": Field.TYPE_UINT64,
    "fixed32": Field.TYPE_FIXED32,
    "fixed64": Field.TYPE_FIXED64,
    "bool": Field.TYPE_BOOL,
    "double": Field.TYPE_DOUBLE,
}


def slim_schema(package: str, messages: Mapping[str, str]) -> dict[str, Any]:
    """The class of each message, by its name; `Any`, because protobuf makes their attributes at run time.

    `messages`: name -> its fields as 'NUMBER NAME TYPE' joined by ';'. TYPE is one of `_TYPES` or a message,
    with '*' after it where the field is repeated, '?' where it is one of a oneof named `value`. The schema
    lives in a pool of its own, so that it never meets a generated module of the same package.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, lines in messages.items():
        message = file.message_type.add(name=name)
        if "?" in lines:
            message.oneof_decl.add(name="value")
        for line in lines.split(";"):
            _declare(message, line, package)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }


def _declare(message: descriptor_pb2.DescriptorProto, line: str, package: str) -> None:
    """Add the field that `line` describes."""
    number, name, kind = line.split()
    field = message.field.add(name=name, number=int(number), label=Field.LABEL_OPTIONAL)
    if kind.endswith("*"):
        field.label = Field.LABEL_REPEATED
    if kind.endswith("?"):
        field.oneof_index = 0
    plain = kind.rstrip("*?")
    if plain in _TYPES:
        field.type = _TYPES[plain]
    else:
        field.type, field.type_name = Field.TYPE_MESSAGE, f".{package}.{plain}"
