"""A look at a cluster: what is said of what a broker answers, and when."""

import asyncio

import pytest

from monitor.kafka.client.topic_ids import Permitted, TopicState
from monitor.kafka.client.watch import Watch
from monitor.kafka.settings import KafkaSettings, TracesSettings

ALL = frozenset(("Describe", "Read", "Write"))
SETTINGS = KafkaSettings(brokers=("kafka-1:9092",), traces=TracesSettings(topics=("spans",)))


def looking() -> Watch:
    return Watch(SETTINGS, ["flowdrift-flows"], reads=True)


def test_what_only_one_look_finds_is_nothing() -> None:
    """A broker that restarts makes nobody not ready; the very first look counts at once."""
    watch = looking()
    watch._take({"flowdrift-flows": "first"})
    assert watch.wrong == {"flowdrift-flows": "first"}
    watch._take({})
    watch._take({"cluster": "once"})
    assert watch.wrong == {}
    watch._take({"cluster": "twice"})
    assert watch.wrong == {"cluster": "twice"}
    watch._take({})
    assert watch.wrong == {}


@pytest.mark.fault(36)
@pytest.mark.parametrize(
    ("state", "said"),
    [
        (TopicState(Permitted(True, ALL), 0), ""),
        (TopicState(Permitted(True, None), 0), ""),
        (
            TopicState(Permitted(True, frozenset(("Describe",))), 0),
            "not permitted: Read and Write on topic flowdrift-flows; grant it: kafka-acls.sh",
        ),
        (TopicState(Permitted(True, ALL), 2), "2 partitions of topic flowdrift-flows have no leader: start"),
        (TopicState(Permitted(False, None), 0), ""),
    ],
)
def test_a_topic_that_cannot_be_used_is_named_with_its_remedy(state: TopicState, said: str) -> None:
    """A missing permission and a partition without a leader; what the broker does not say is no fault."""
    found = looking()._refused(["flowdrift-flows"], {"flowdrift-flows": state})
    assert said in found.get("flowdrift-flows", "")
    assert bool(found) == bool(said)


def test_a_broker_that_does_not_answer_is_named_with_its_cause() -> None:
    """The address, the setting and the cause stand in one sentence."""
    nobody = SETTINGS.model_copy(update={"brokers": ("127.0.0.1:1",)})
    why = asyncio.run(Watch(nobody, [], reads=False)._look())["cluster"]
    assert why.startswith("no broker answers at 127.0.0.1:1 (kafka.brokers): ")
    assert "Connect call failed" in why
