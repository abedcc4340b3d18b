"""Builds the Faust app, in a function: nothing of it exists at import time."""

from collections.abc import AsyncIterable, Iterable
from typing import Any, NamedTuple, Protocol

import faust
from faust.auth import Credentials, OAuthCredentials

from monitor.kafka.client.auditors import client_id
from monitor.kafka.client.clients import MAX_RECORD_BYTES
from monitor.kafka.client.security import tls_context, token_provider
from monitor.kafka.client.topics import Names
from monitor.kafka.client.unpacking import install
from monitor.kafka.settings import KafkaSettings

TABLE = "shards"
FETCH_BYTES = 1024 * 1024
"""At once, of a partition; a larger record comes whole. After a start Faust leaves as much of each partition
of the checkpoints with its client, unread."""
METADATA_MAX_AGE_MS = 5_000
"""A member that joined while the broker came up may know no topic, and own nothing, for at most this time."""


class LiveRecord(NamedTuple):
    """A record that Faust delivered; timestamp in ms."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None


class App(faust.App):
    """An app whose table lives in memory: it creates no directory, since it needs none."""

    def _create_directories(self) -> None:
        pass


def credentials(settings: KafkaSettings) -> Credentials | None:
    """The settings of TLS and SASL as Faust takes them."""
    context, sasl = tls_context(settings), settings.auth.sasl
    if (tokens := token_provider(settings)) is not None:
        return OAuthCredentials(oauth_cb=tokens, ssl_context=context)
    if sasl is not None:
        return faust.SASLCredentials(
            username=sasl.username, password=sasl.secret(), mechanism=sasl.mechanism, ssl_context=context
        )
    return faust.SSLCredentials(context) if context is not None else None


class Handler(Protocol):
    """Receives what the app delivers."""

    async def receive(self, record: LiveRecord) -> None:
        """Take a live record of the flows topic; called for one record at a time."""

    def recovered(self, assigned: set[int], table: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        """Called after each rebalance: the owned partitions of the flows topic, all entries of the table."""

    def revoked(self) -> None:
        """Called when a rebalance takes all partitions away."""


def build_app(settings: KafkaSettings, handler: Handler) -> App:
    """An app that delivers to `handler`; it does nothing until it is started."""
    install()
    names = Names(settings.prefix)
    session = settings.session_ms / 1000
    app = App(
        names.auditor,
        broker=[f"kafka://{broker}" for broker in settings.brokers],
        broker_credentials=credentials(settings),
        broker_client_id=client_id(names.auditor),
        broker_session_timeout=session,
        broker_rebalance_timeout=session,
        broker_heartbeat_interval=min(3.0, session / 3),
        broker_request_timeout=max(90.0, 2 * session),
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.group_instance_id,
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
        producer_acks=-1,
        producer_max_request_size=MAX_RECORD_BYTES,
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        stream_buffer_maxsize=256,
    )
    _declare(app, names, settings, handler)
    return app


def _declare(app: App, names: Names, settings: KafkaSettings, handler: Handler) -> None:
    flows = app.topic(
        names.flows, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    async def recovered() -> None:
        assigned = {tp.partition for tp in app.consumer.assignment() if tp.topic == names.flows}
        handler.recovered(assigned, table.items())

    table = app.Table(
        TABLE,
        partitions=settings.flows.partitions,
        key_type=bytes,
        value_type=bytes,
        on_recover=recovered,
    )

    async def fold(stream: AsyncIterable[Any]) -> None:
        async for event in stream.events():  # type: ignore[attr-defined]
            message = event.message
            # Faust keeps seconds; the log keeps milliseconds.
            await handler.receive(
                LiveRecord(message.partition, message.offset, round(message.timestamp * 1000), message.value)
            )

    async def revoked(*_: Any, **__: Any) -> None:
        handler.revoked()

    app.agent(flows, name="fold", concurrency=1)(fold)
    app.on_partitions_revoked.connect(revoked)
