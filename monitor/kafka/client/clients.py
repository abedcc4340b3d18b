"""Builds aiokafka's clients from the settings, starts them until a broker answers, stops them in time."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, Protocol, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from monitor.base.errors import ConfigurationError, FlowdriftError, UnreachableError
from monitor.kafka.client.process import named_client
from monitor.kafka.client.retry import retry
from monitor.kafka.client.security import security
from monitor.kafka.client.unpacking import install
from monitor.kafka.settings import KafkaSettings

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Largest record of our own topics: a checkpoint of one shard must fit into it."""

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
"""Refusals of a record that no other try mends."""
STOP_SECONDS = 5.0
METADATA_MAX_AGE_MS = 30_000
"""New partitions, and new topics that match a pattern, are found after this time."""

_REFUSED = ("authentication", "sasl", "certificate", "credential", "mechanism", "wrong version number")
_PLACES = re.compile(r"https?://\S+|[\w.-]+:\d+")
"""URLs and addresses, whose words are names that somebody chose."""
_CLOSED = " closed"
_WANTS = (
    "a listener that closes connections at once may want TLS (kafka.tls.enabled), a certificate of ours "
    "(kafka.tls.cert_file, key_file) or SASL (kafka.auth.sasl)"
)
_log = structlog.get_logger()


class TooLargeError(FlowdriftError):
    """A record is larger than the broker, or our client, takes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a record of {size:,} bytes is too large", code="too_large")


class Client(Protocol):
    """What all clients of aiokafka have in common."""

    async def start(self) -> None:
        """Connect."""


def _common(settings: KafkaSettings) -> dict[str, Any]:
    install()
    return {
        "bootstrap_servers": list(settings.brokers),
        "client_id": settings.prefix,
        "metadata_max_age_ms": METADATA_MAX_AGE_MS,
        **security(settings),
    }


def group_consumer(settings: KafkaSettings, group: str) -> AIOKafkaConsumer:
    """A member of `group`; its caller decides where it reads and what it commits."""
    return AIOKafkaConsumer(
        group_id=group,
        group_instance_id=settings.group_instance_id,
        enable_auto_commit=False,
        auto_offset_reset="none",
        session_timeout_ms=settings.session_ms,
        heartbeat_interval_ms=min(3000, settings.session_ms // 3),
        partition_assignment_strategy=[StickyPartitionAssignor],
        max_partition_fetch_bytes=MAX_RECORD_BYTES,
        **{**_common(settings), "client_id": named_client(settings.prefix)},
    )


def free_consumer(settings: KafkaSettings, fetch_bytes: int = MAX_RECORD_BYTES) -> AIOKafkaConsumer:
    """A consumer without a group: its caller assigns the partitions, and it commits nothing.

    fetch_bytes: of a partition at most this many come at once; a batch of records that is larger comes whole.
    """
    return AIOKafkaConsumer(
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=fetch_bytes,
        **_common(settings),
    )


def producer(settings: KafkaSettings, batch_bytes: int = 16_384) -> AIOKafkaProducer:
    """A producer whose records are acknowledged by all replicas, in order per partition.

    batch_bytes: the most that a batch holds, unless it is one record.

    zstd: on records of the flows topic it took a third fewer bytes than lz4 at about the same CPU time.
    """
    return AIOKafkaProducer(
        acks="all",
        compression_type="zstd",
        max_request_size=MAX_RECORD_BYTES,
        max_batch_size=batch_bytes,
        **_common(settings),
    )


def admin(settings: KafkaSettings) -> AIOKafkaAdminClient:
    """A client for topics and for the offsets of groups."""
    return AIOKafkaAdminClient(**_common(settings))


C = TypeVar("C", bound=Client)


async def start_once(build: Callable[[], C], seconds: float | None = None) -> C:
    """Build a client and connect it, in one try of at most `seconds`.

    Raises:
        UnreachableError: no broker answered; the message has the cause that aiokafka logged.
        ConfigurationError: a broker answered and refused these settings.
    """
    client = build()
    with _complaints() as complaints:
        try:
            async with asyncio.timeout(seconds):
                await client.start()
        except (TimeoutError, KafkaError, OSError) as error:
            cause = "; ".join(dict.fromkeys(complaints)) or str(error) or type(error).__name__
        except asyncio.CancelledError:
            await stop_client(client)
            raise
        else:
            return client
    await stop_client(client)
    said = _PLACES.sub("", cause.lower())
    if any(word in said for word in _REFUSED):
        raise ConfigurationError(f"kafka: the broker refuses us: {cause}", code="kafka_refused")
    hint = f"; {_WANTS}" if _CLOSED in cause else ""
    raise UnreachableError(cause + hint, code="kafka_unreachable")


async def start_client(build: Callable[[], C]) -> C:
    """Build a client and connect it; tries again until a broker answers.

    Raises:
        ConfigurationError: a broker answered and refused these settings.
    """
    return await retry(lambda: start_once(build), UnreachableError, "kafka_unreachable")


async def open_client(clients: AsyncExitStack, build: Callable[[], C]) -> C:
    """Build and connect a client, which is stopped when `clients` is exited."""
    client = await start_client(build)
    clients.push_async_callback(stop_client, client)
    return client


async def stop_client(client: Any, seconds: float = STOP_SECONDS) -> None:
    """Stop `client` in a task of its own: aiokafka's `stop` can hang, or raise CancelledError here."""
    stop: Callable[[], Awaitable[None]] = client.close if hasattr(client, "close") else client.stop
    task = asyncio.ensure_future(stop())
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        task.cancel()
        _log.warning("kafka_stop_timed_out", client=type(client).__name__, seconds=seconds)
    elif not task.cancelled():
        with suppress(KafkaError, OSError):
            task.result()


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what aiokafka logs meanwhile: it reports the cause of a failed start nowhere else."""
    messages: list[str] = []
    handler = _Collector(messages)
    logger = logging.getLogger("aiokafka")
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())
