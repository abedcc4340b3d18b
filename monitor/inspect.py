"""`flowdrift inspect`: what a sample of the source topics shows, before anything else runs on this Kafka."""

import asyncio

from pydantic import ValidationError

from monitor.base.clock import SystemClock
from monitor.base.errors import ConfigurationError
from monitor.kafka.inspecting import look
from monitor.kafka.settings import KafkaSettings, TracesSettings
from monitor.pipeline.inspect.advice import advise
from monitor.pipeline.inspect.configuration import Given
from monitor.pipeline.inspect.inspected import Inspection
from monitor.pipeline.inspect.inspection import Sample
from monitor.pipeline.observe.observer import ObserverSettings
from monitor.settings import Settings, document_of


def inspect(settings: Settings, topic: str | None, records: int) -> Inspection:
    """Look at about `records` records of `topic`, or of the configured source topics.

    Raises:
        UnreachableError: no broker answers.
        ConfigurationError: a broker refuses us, the topic is not there, or its pattern is none.
    """
    clock = SystemClock()
    kafka = settings.source if topic is None else _only(topic, settings.source)
    sample = Sample(
        settings.attribution,
        settings.flows,
        settings.kafka.traces.encoding,
        settings.environment_of,
        int(clock.now() * 1000),
    )
    looked = asyncio.run(look(kafka, records, clock, sample.add))
    return advise(sample.seen(looked.topics, looked.lacking), _given(settings, topic))


def _only(topic: str, kafka: KafkaSettings) -> KafkaSettings:
    try:
        traces = TracesSettings(topics=(topic,), encoding=kafka.traces.encoding, rekey=kafka.traces.rekey)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"--topic: {said}", code="topic") from None
    return kafka.model_copy(update={"traces": traces})


def _given(settings: Settings, topic: str | None) -> Given:
    traces = settings.kafka.traces
    return Given(
        brokers=settings.kafka.brokers,
        topics=traces.topics if topic is None else (topic,),
        encoding=traces.encoding,
        policy=settings.policy,
        environments=document_of(settings)["environments"],
        pass_through=settings.flows.pass_through,
        reread_ms=ObserverSettings(assembly=settings.assembly).reread_ms,
        rekey=traces.rekey,
    )
