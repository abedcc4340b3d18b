"""Asks a broker for the ids of topics: a topic that was deleted and created again has another one.

aiokafka ends at version 5 of the Metadata request, ids came with version 10 (KIP-516); hence this request
of our own. Format: clients/src/main/resources/common/message/Metadata{Request,Response}.json of Apache Kafka.
"""

import asyncio
from collections.abc import Iterable
from io import BytesIO
from uuid import UUID

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)


class _Uuid(AbstractType):  # type: ignore[misc]  # aiokafka has no type information
    """Sixteen bytes, most significant first."""

    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


_NAME = CompactString("utf-8")
_PARTITION = CompactArray(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPIC = CompactArray(
    ("error_code", Int16),
    ("topic", _NAME),
    ("id", _Uuid),
    ("is_internal", Boolean),
    ("partitions", _PARTITION),
    ("authorized_operations", Int32),
    ("tags", TaggedFields),
)
_BROKER = CompactArray(
    ("node_id", Int32), ("host", _NAME), ("port", Int32), ("rack", _NAME), ("tags", TaggedFields)
)


class _Answer(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _BROKER),
        ("cluster_id", _NAME),
        ("controller_id", Int32),
        ("topics", _TOPIC),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", CompactArray(("id", _Uuid), ("topic", _NAME), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _TopicIds(Request[_Question]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Question]) -> _Question:
        """The request on the wire."""
        asked: list[tuple[UUID, str, dict[int, bytes]]] = [(UUID(int=0), topic, {}) for topic in self._topics]
        return request_struct_class(asked, False, False, False, {})


async def topic_ids(client: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, str]:
    """The id of each topic, in 32 hexadecimal digits; empty where the broker knows no ids."""
    try:
        async with asyncio.timeout(10):
            answer = await client._send_request(_TopicIds(sorted(topics)))  # noqa: SLF001 - no public way to ask
    except (NotImplementedError, IncompatibleBrokerVersion, KafkaError, TimeoutError):
        return {}
    return {name: uuid.hex for code, name, uuid, *_ in answer.topics if not code and uuid.int}
