"""The id of a static member is one process's: another one that is given it, too, waits until it is free.

Kafka lets the newest process that brings an id take it, and two of them take it from each other for ever. The
broker remembers the client id of the first; so each process puts its host and number into that.
"""

import asyncio
from collections.abc import Iterable
from functools import partial

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, for_code

from monitor.base.errors import ConfigurationError, FlowdriftError, UnreachableError
from monitor.base.permission import not_permitted
from monitor.kafka.client.asking import Asking
from monitor.kafka.client.process import may_live, process_name, process_of
from monitor.kafka.client.retry import retry
from monitor.kafka.settings import KafkaSettings

LOOK_SECONDS = 5.0
_FAILURES = (UnreachableError, KafkaError, OSError, TimeoutError)
_log = structlog.get_logger()


class TakenError(FlowdriftError):
    """Another process is the static member that this one is to be."""

    retriable = True


async def members(client: AIOKafkaAdminClient, group: str) -> list[tuple[str, str]]:
    """Member id and client id of the members of a group; empty where nobody is in it.

    Raises:
        KafkaError: the broker cannot say now, or not to this user.
    """
    found: list[tuple[str, str]] = []
    for answer in await client.describe_consumer_groups([group]):
        for code, _, _, _, _, listed, *_ in answer.groups:
            if (error := for_code(code)).errno:
                raise error(f"group {group}")
            found += [(member[0], member[1]) for member in listed]
    return found


async def check_membership(client: AIOKafkaAdminClient, group: str) -> None:
    """See that this user may join a group; ConfigurationError with what grants it where it may not."""

    async def ask() -> None:
        try:
            await members(client, group)
        except GroupAuthorizationFailedError:
            raise not_permitted("group", group, "Read") from None

    await retry(ask, _FAILURES, "group_asked_again", group=group)


def holder(instance: str, found: Iterable[tuple[str, str]]) -> str:
    """Which process is the static member `instance`; '' where nobody is, or it does not say.

    A broker makes the id of a static member of its name, a hyphen, and a UUID of 36 characters.
    """
    holders = (client for member, client in found if member[:-37] == instance and member[-37:-36] == "-")
    return process_of(next(holders, ""))


class MemberId:
    """Whether the static member id of `settings` is free for this process in a group; always, without one.

    taken: what is wrong and what to do; '' while it is free.
    """

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings, self._group = settings, group
        self.taken = ""

    async def free(self) -> None:
        """Wait until no other process has it."""
        if self._settings.group_instance_id:
            async with Asking(self._settings) as asking:
                check = partial(self._check, asking)
                await retry(check, (TakenError, *_FAILURES), "member_id_taken", group=self._group)

    async def lost(self) -> None:
        """Wait until another process has it, which does not happen without one."""
        if not self._settings.group_instance_id:
            await asyncio.Event().wait()
        async with Asking(self._settings) as asking:
            is_ours = True
            while is_ours:
                await asyncio.sleep(LOOK_SECONDS)
                is_ours = await self._is_ours(asking)

    async def _is_ours(self, asking: Asking) -> bool:
        try:
            await self._check(asking)
        except TakenError as error:
            _log.error("member_id_taken", reason=str(error))
            return False
        except (ConfigurationError, *_FAILURES):  # a password that is changed may be refused for a while
            await asking.close()
        return True

    async def _check(self, asking: Asking) -> None:
        try:
            found = await members(await asking.client(), self._group)
        except GroupAuthorizationFailedError:
            found = []
        instance = self._settings.group_instance_id or ""
        other = holder(instance, found)
        self.taken = ""
        if other not in ("", process_name()) and may_live(other):
            self.taken = (
                f"member {instance} of group {self._group} is process {other} already, so that this one, "
                f"{process_name()}, waits: give each a kafka.group_instance_id of its own"
            )
            raise TakenError(self.taken)
