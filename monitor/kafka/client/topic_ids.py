"""Asks a broker for the ids of topics, and for the operations on them that it permits.

A topic that was deleted and created again has another id. aiokafka ends at version 5 of the Metadata request,
operations came with version 8 (KIP-430), ids with version 10 (KIP-516); hence this request of our own.
Format: clients/src/main/resources/common/message/Metadata{Request,Response}.json of Apache Kafka.
"""

import asyncio
from collections.abc import Iterable
from io import BytesIO
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
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

ANSWER_SECONDS = 10.0
_LACKING = (NotImplementedError, IncompatibleBrokerVersion)


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


class _Topics(Request[_Question]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: list[str], operations: bool) -> None:
        self._topics, self._operations = topics, operations

    def build(self, request_struct_class: type[_Question]) -> _Question:
        """The request on the wire."""
        asked: list[tuple[UUID, str, dict[int, bytes]]] = [(UUID(int=0), topic, {}) for topic in self._topics]
        return request_struct_class(asked, False, False, self._operations, {})


async def topic_ids(client: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, str]:
    """The id of each topic, in 32 hexadecimal digits; empty where the broker knows no ids."""
    answers = await _ask(client, topics, operations=False)
    return {name: uuid.hex for code, name, uuid, *_ in answers if not code and uuid.int}


_OPERATIONS = {3: "Read", 4: "Write", 8: "Describe"}
"""Numbers of the operations of ACLs that we need (AclOperation of Apache Kafka), each a bit of the answer."""
SAID = frozenset(_OPERATIONS.values())
_UNKNOWN, _DESCRIBE = -(2**31), 8


class Permitted(NamedTuple):
    """What this user may do with a topic, by the names of ACLs; None where the broker does not say."""

    exists: bool
    operations: frozenset[str] | None


async def permissions(client: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, Permitted]:
    """The permitted operations on each topic; empty where the broker cannot say.

    A topic that this user may not even describe counts as one that exists.
    """
    answers = await _ask(client, topics, operations=True)
    return {name: _permitted(code, bits) for code, name, _, _, _, bits, _ in answers}


def _permitted(code: int, bits: int) -> Permitted:
    if code == TopicAuthorizationFailedError.errno:
        return Permitted(exists=True, operations=frozenset())
    return Permitted(code != UnknownTopicOrPartitionError.errno, permitted(bits))


def permitted(bits: int) -> frozenset[str] | None:
    """The operations of a bit field of the broker; None where it says none, not even to describe."""
    if bits == _UNKNOWN or not bits >> _DESCRIBE & 1:
        return None
    return frozenset(name for number, name in _OPERATIONS.items() if bits >> number & 1)


class TopicState(NamedTuple):
    """A topic as a broker sees it now. leaderless: its partitions that nobody serves."""

    permitted: Permitted
    leaderless: int


async def topic_states(client: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, TopicState]:
    """The state of each topic; empty where the broker does not know this version of the request.

    Raises:
        KafkaError, TimeoutError: the broker does not answer.
    """
    try:
        answers = await _answers(client, topics, operations=True)
    except _LACKING:
        return {}
    return {
        name: TopicState(_permitted(code, bits), sum(leader < 0 for _, _, leader, *_ in partitions))
        for code, name, _, _, partitions, bits, _ in answers
    }


async def _ask(client: AIOKafkaAdminClient, topics: Iterable[str], *, operations: bool) -> list[Any]:
    """One row of the answer per topic; empty where the broker does not know this version of the request."""
    try:
        return await _answers(client, topics, operations=operations)
    except (*_LACKING, KafkaError, TimeoutError):
        return []


async def _answers(client: AIOKafkaAdminClient, topics: Iterable[str], *, operations: bool) -> list[Any]:
    async with asyncio.timeout(ANSWER_SECONDS):
        question = _Topics(sorted(topics), operations)
        answer = await client._send_request(question)  # noqa: SLF001 - no public way to ask
    return list(answer.topics)
