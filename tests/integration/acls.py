"""A Kafka with ACLs, and the request that makes one: aiokafka has none.

Format, version 1:
clients/src/main/resources/common/message/CreateAcls{Request,Response}.json of Apache Kafka.
"""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int8, Int16, Int32, Schema, String

from monitor.base.permission import Grant
from tests.integration.apache_kafka import ApacheKafka

READ, WRITE, DESCRIBE = 3, 4, 8
TOPIC, GROUP = 2, 3
_ALLOW, _LITERAL = 3, 3
_KINDS = {"topic": TOPIC, "group": GROUP}
_OPERATIONS = {"Read": READ, "Write": 4, "Create": 5, "Describe": DESCRIBE, "DescribeConfigs": 10}
_TEXT = String("utf-8")


class GuardedKafka(ApacheKafka):
    """An Apache Kafka that permits everything on what has no ACL; clients are `User:ANONYMOUS`."""

    def _format(self, classpath: str, *arguments: str) -> None:
        super()._format(classpath, *arguments)
        with self._config.open("a") as config:
            config.write("authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n")
            config.write("allow.everyone.if.no.acl.found=true\n")


class _Answer(Response):  # type: ignore[misc]  # aiokafka has no type information
    API_KEY = 30
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32), ("results", Array(("error_code", Int16), ("message", _TEXT)))
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = 30
    API_VERSION = 1
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "creations",
            Array(
                ("resource_type", Int8),
                ("resource_name", _TEXT),
                ("pattern_type", Int8),
                ("principal", _TEXT),
                ("host", _TEXT),
                ("operation", Int8),
                ("permission", Int8),
            ),
        )
    )


class _CreateAcls(Request[_Question]):  # type: ignore[misc]
    API_KEY = 30

    def __init__(self, creations: list[tuple[Any, ...]]) -> None:
        self._creations = creations

    def build(self, request_struct_class: type[_Question]) -> _Question:
        """The request on the wire."""
        return request_struct_class(self._creations)


async def grant(bootstrap: str, user: str, *grants: Grant) -> None:
    """Grant a user what these say, and nothing else."""
    wanted = [
        (_KINDS[each.kind], each.name, f"User:{user}", _OPERATIONS[operation])
        for each in grants
        for operation in each.operations
    ]
    await allow(bootstrap, *wanted)


async def allow(bootstrap: str, *grants: tuple[int, str, str, int]) -> None:
    """Permit operations: (type of resource, its name, principal, operation); others there are refused."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        acls = [(kind, name, _LITERAL, who, "*", operation, _ALLOW) for kind, name, who, operation in grants]
        answer = await client._send_request(_CreateAcls(acls))
        assert [code for code, _ in answer.results] == [0] * len(acls), answer.results
    finally:
        await client.close()
