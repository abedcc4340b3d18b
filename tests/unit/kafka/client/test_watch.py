"""A look at a cluster: what is said of what a broker answers, and when."""

import asyncio

import pytest
from structlog.testing import capture_logs

from monitor.base.permission import Grant
from monitor.kafka.client.acls import of_answers
from monitor.kafka.client.topic_ids import Permitted, TopicState
from monitor.kafka.client.watch import Watch
from monitor.kafka.settings import KafkaSettings, TracesSettings

ALL = frozenset(("Describe", "Read", "Write"))
FLOWS = Grant("topic", "flowdrift-flows", ("Create", "Read", "Write"))
SETTINGS = KafkaSettings(brokers=("kafka-1:9092",), traces=TracesSettings(topics=("spans",)))


def looking() -> Watch:
    return Watch(SETTINGS, [FLOWS], reads=True)


def test_what_only_one_look_finds_is_nothing() -> None:
    """A broker that restarts makes nobody not ready; the very first look counts at once."""
    watch = looking()
    watch._take({"spans": "first"})
    assert watch.wrong == {"spans": "first"}
    watch._take({})
    watch._take({"cluster": "once"})
    assert watch.wrong == {}
    watch._take({"cluster": "twice"})
    assert watch.wrong == {"cluster": "twice"}
    watch._take({})
    assert watch.wrong == {}


@pytest.mark.fault(36)
def test_topics_of_ours_may_be_missing_at_the_first_look() -> None:
    """They are being made: only what the second look misses, too, is wrong, and in the log."""
    watch = looking()
    with capture_logs() as said:
        watch._take({"flowdrift-flows": "missing"}, ["flowdrift-flows"])
        assert (watch.wrong, said) == ({}, [])
        watch._take({"flowdrift-flows": "missing"}, ["flowdrift-flows"])
    assert watch.wrong == {"flowdrift-flows": "missing"}
    assert [line["reason"] for line in said] == ["missing"]


def test_topics_of_ours_that_cannot_be_used_are_wrong_at_once() -> None:
    """What is there and refused is not in the making."""
    watch = looking()
    watch._take({"flowdrift-flows": "not permitted"})
    assert watch.wrong == {"flowdrift-flows": "not permitted"}


def test_a_process_needs_what_its_roles_need() -> None:
    """Whoever only answers requests may read verdicts alone, and write commands alone."""
    watch = Watch(SETTINGS, of_answers(SETTINGS), reads=False)
    reads, writes = (Permitted(True, frozenset(("Describe", one))) for one in ("Read", "Write"))
    enough = {"flowdrift-verdicts": TopicState(reads, 0), "flowdrift-commands": TopicState(writes, 0)}
    assert watch._refused(enough, enough) == {}
    swapped = {"flowdrift-verdicts": TopicState(writes, 0), "flowdrift-commands": TopicState(reads, 0)}
    assert set(watch._refused(swapped, swapped)) == set(swapped)


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
