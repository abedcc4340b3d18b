"""The least that a Kafka with ACLs must permit, and the page of documentation that says so.

Read and Write imply Describe (Apache Kafka, AclAuthorizer). The configuration of a source topic says whether
the broker sets the timestamps of its records.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from aiokafka.admin import AIOKafkaAdminClient

from monitor.base.permission import Grant, all_not_permitted
from monitor.kafka.client.topic_ids import Permitted, permissions
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings

_VITAL = frozenset(("Read", "Write"))
"""Without the others something is warned of, or found by what it does."""


def needed(settings: KafkaSettings) -> tuple[Grant, ...]:
    """All that a daemon with every role needs, where its topics and groups are on one cluster."""
    return (*of_topics(settings), *of_groups(settings))


def of_topics(settings: KafkaSettings) -> Iterator[Grant]:
    """For topics with traces and our own."""
    return chain(of_sources(settings), of_own_topics(settings))


def of_sources(settings: KafkaSettings) -> Iterator[Grant]:
    """For each topic with traces that has a name; of a pattern the topics are not known."""
    for topic in settings.traces.topics:
        if not topic.startswith("^"):
            yield Grant("topic", topic, ("Read", "DescribeConfigs"))


def of_own_topics(settings: KafkaSettings) -> Iterator[Grant]:
    """For our own topics: some are only written."""
    names = Names(settings.prefix)
    create = ("Create",) if settings.create_topics else ()
    for topic in names.own():
        if topic != names.rekeyed or settings.traces.rekey:
            read = () if topic in (names.alerts, names.dead_letters) else ("Read",)
            configs = ("DescribeConfigs",) if topic == names.rekeyed else ()
            yield Grant("topic", topic, (*create, *read, "Write", *configs))


def of_answers(settings: KafkaSettings) -> Iterator[Grant]:
    """For own topics where a process only answers: verdicts and calls are read, commands written."""
    names = Names(settings.prefix)
    create = ("Create",) if settings.create_topics else ()
    yield Grant("topic", names.verdicts, (*create, "Read"))
    yield Grant("topic", names.commands, (*create, "Write"))
    yield Grant("topic", names.audit, (*create, "Read"))


def of_groups(settings: KafkaSettings) -> Iterator[Grant]:
    """For our consumer groups."""
    names = Names(settings.prefix)
    groups = (names.observer, names.auditor, *((names.rekey,) if settings.traces.rekey else ()))
    return (Grant("group", group, ("Read",)) for group in groups)


async def check(client: AIOKafkaAdminClient, grants: Iterable[Grant]) -> None:
    """See that what is granted on topics that exist is enough to read and write them.

    Nothing is checked where a broker does not say what it permits. Raises ConfigurationError, which names all
    that is missing with the commands that grant it.
    """
    wanted = {each.name: each for each in grants}
    found = await permissions(client, wanted)
    asked = [(wanted[topic], found[topic]) for topic in sorted(found) if topic in wanted]
    missing = [lack for grant, permitted in asked if (lack := lacking(grant, permitted))]
    if missing:
        raise all_not_permitted(missing)


def lacking(grant: Grant, permitted: Permitted) -> Grant | None:
    """What is missing of a grant to read or write its topic; None where nothing is known to be."""
    if not permitted.exists or permitted.operations is None:
        return None
    missing = tuple([each for each in grant.operations if each in _VITAL - permitted.operations])
    return grant._replace(operations=missing) if missing else None


def commands(settings: KafkaSettings) -> str:
    """The commands that grant all of it, in a block of Markdown."""
    return "```\n" + "".join(f"{each.command}\n" for each in needed(settings)) + "```\n"
