"""Which record formats the auditors at work can read: they say it in the id of their Kafka client."""

import re

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError

from monitor.base.errors import FlowdriftError
from monitor.flows.record import VERSION
from monitor.kafka.client.member_id import members
from monitor.kafka.client.process import named_client


class OlderAuditorsError(FlowdriftError):
    """Auditors are at work that cannot read what this release writes."""

    retriable = True


def client_id(group: str) -> str:
    """Id of the Kafka client of an auditor of this release."""
    return named_client(f"{group}-reads-{VERSION}")


def version_read(group: str, client: str) -> int | None:
    """The newest record format that the auditor with this client id reads; None where it does not say.

    Release 0.1 called its client like the group, and reads format 1.
    """
    match = re.fullmatch(rf"{re.escape(group)}(?:-reads-(\d+))?(?:@.*)?", client)
    return int(match[1] or 1) if match else None


async def check_auditors(client: AIOKafkaAdminClient, group: str) -> None:
    """Ask the broker for the members of the auditors' group.

    Without the permission to ask nothing is checked, as with a broker that does not know its clients' ids.

    Raises:
        OlderAuditorsError: some do not read this release's records.
        KafkaError: the broker cannot say now.
    """
    try:
        clients = [name for _, name in await members(client, group)]
    except GroupAuthorizationFailedError:
        return
    versions = [version_read(group, each) for each in clients]
    older = [version for version in versions if version is not None and version < VERSION]
    if older:
        raise OlderAuditorsError(
            f"{len(older)} of {len(versions)} auditors read record formats up to {min(older)}, this release "
            f"writes {VERSION}: upgrade the auditors first"
        )
