"""Looks at a cluster every few seconds: whether it answers, and has the topics that are needed.

Clients of aiokafka and Faust wait in silence for a broker or a topic that is not there. This asks, on a
connection of its own, and says what is wrong and what mends it.
"""

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.base.permission import Grant, all_not_permitted
from monitor.kafka.client.acls import lacking, of_sources
from monitor.kafka.client.asking import CONNECT_SECONDS, Asking
from monitor.kafka.client.tasks import run_until
from monitor.kafka.client.topic_ids import TopicState, topic_states
from monitor.kafka.client.topics import ensure_topics, partition_counts, source_pattern
from monitor.kafka.settings import KafkaSettings

LOOK_SECONDS = 5.0
_log = structlog.get_logger()


class Watch:
    """Says what is wrong with a cluster; what only one look of several finds is nothing.

    settings: of the cluster. own: what is needed there of topics of ours; they are made again where they are
    missing and may be. reads: whether its source topics are needed, too. wrong: sentences by what they are
    about, each with what to do; None before the first look, at which our own topics may be being made.
    """

    def __init__(self, settings: KafkaSettings, own: Iterable[Grant], *, reads: bool) -> None:
        self._settings, self._reads = settings, reads
        self._own = {each.name: each for each in own}
        self._asking = Asking(settings)
        self._before: Mapping[str, str] | None = None
        self._missing: Collection[str] = ()
        self.wrong: Mapping[str, str] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        try:
            await run_until(stop, self._follow())
        finally:
            await self._asking.close()

    async def _follow(self) -> None:
        while True:
            found = await self._look()
            self._take(found, self._missing)
            await asyncio.sleep(LOOK_SECONDS)

    def _take(self, found: Mapping[str, str], missing: Collection[str] = ()) -> None:
        """missing: topics of ours, which may be in the making at the first look."""
        before, known = self._before, self.wrong or {}
        counts = before if before is not None else found.keys() - set(missing)
        wrong = {about: why for about, why in found.items() if about in counts}
        for about in wrong.keys() - known.keys():
            _log.error("kafka_wrong", reason=wrong[about])
        for about in known.keys() - wrong.keys():
            _log.info("kafka_right_again", reason=known[about])
        self._before, self.wrong = found, wrong

    async def _look(self) -> dict[str, str]:
        try:
            return await self._found(await self._asking.client())
        except ConfigurationError as error:
            return {"cluster": str(error)}
        except (UnreachableError, KafkaError, OSError, TimeoutError) as error:
            await self._asking.close()
            brokers = ", ".join(self._settings.brokers)
            cause = str(error) or type(error).__name__
            return {"cluster": f"no broker answers at {brokers} (kafka.brokers): {cause}; it is tried again"}

    async def _found(self, client: AIOKafkaAdminClient) -> dict[str, str]:
        named = [topic for topic in self._settings.traces.topics if self._reads and not topic.startswith("^")]
        states = await topic_states(client, (*self._own, *named))
        there = await partition_counts(client, None) if self._reads or not states else {}
        missing = {topic for topic in (*self._own, *named) if not _is_there(topic, states, there)}
        self._missing = missing.intersection(self._own)
        found = self._refused((*self._own, *named), states)
        found |= {topic: _no_source(topic) for topic in missing.intersection(named)}
        if self._reads and not named and not any(map(re.compile(self._pattern).match, there)):
            found["source topics"] = _no_source(", ".join(self._settings.traces.topics))
        return found | await self._make(client, self._missing)

    @property
    def _pattern(self) -> str:
        return source_pattern(self._settings)

    def _refused(self, topics: Iterable[str], states: Mapping[str, TopicState]) -> dict[str, str]:
        """What is there and cannot be used, by topic."""
        known = {topic: states[topic] for topic in topics if topic in states}
        needed = self._own | {each.name: each for each in of_sources(self._settings)}
        refused = {topic: _not_permitted(needed.get(topic), state) for topic, state in known.items()}
        leaderless = {topic: _leaderless(topic, state.leaderless) for topic, state in known.items()}
        return {topic: why for topic in known if (why := refused[topic] or leaderless[topic])}

    async def _make(self, client: AIOKafkaAdminClient, missing: Collection[str]) -> dict[str, str]:
        """Make topics of ours again that a look before found missing, too; why those that are missing are."""
        again = {topic for topic in missing if topic in (self._before or ())}
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if again:
                    await ensure_topics(client, self._settings, again)
        except ConfigurationError as error:
            return dict.fromkeys(missing, str(error))
        return {topic: f"topic {topic} does not exist" for topic in missing if topic not in again}


def _is_there(topic: str, states: Mapping[str, TopicState], there: Collection[str]) -> bool:
    return states[topic].permitted.exists if topic in states else topic in there


def _no_source(topic: str) -> str:
    return (
        f"source topic {topic} does not exist: create it, or correct kafka.traces.topics; "
        "it is read once it is there"
    )


def _not_permitted(needed: Grant | None, state: TopicState) -> str:
    """What this user may not do with a topic; '' where it may do all, or the broker does not say."""
    missing = lacking(needed, state.permitted) if needed else None
    return str(all_not_permitted([missing])) if missing else ""


def _leaderless(topic: str, partitions: int) -> str:
    if not partitions:
        return ""
    return f"{partitions} partitions of topic {topic} have no leader: start the brokers that hold them"
