"""Flows whose names have free parts become one, each kind by itself."""

from random import Random

import pytest

from monitor.flows.flow import Flow, FlowId, Node, Operation
from monitor.flows.notes import UNDECLARED, UNROUTED
from monitor.pipeline.audit.unbounded import MOST_DESTINATIONS, MOST_PATHS, MOST_WORDS, Unbounded
from monitor.wire.span import Kind
from tests.rows import row


def flow(name: str, kind: Kind = Kind.SERVER, *notes: str) -> Flow:
    """A flow of one span that is named by it."""
    node = Node(Operation("hub", kind, name), -1, notes=notes)
    return row(1)._replace(id=FlowId("hub", name), shape=(node,))


def named(unbounded: Unbounded, *flows: Flow) -> set[str]:
    """What these flows are counted as, once all of them are known."""
    for each in flows:
        unbounded.flow_of(each)
    return {unbounded.flow_of(each).operation for each in flows}


def paths(count: int) -> list[Flow]:
    return [flow(f"GET /{number}x", Kind.SERVER, UNROUTED) for number in range(count)]


def batches(count: int) -> list[Flow]:
    return [flow(f"POST /graphql query A + query {number}") for number in range(count)]


def topics(count: int, form: str = "process devices/{}/state") -> list[Flow]:
    return [flow(form.format(f"lamp{number}"), Kind.CONSUMER, UNDECLARED) for number in range(count)]


@pytest.mark.parametrize(
    ("flows", "group"),
    [
        (paths(MOST_PATHS), "HTTP {other}"),
        (batches(MOST_PATHS), "POST /graphql batch {other}"),
        (topics(MOST_WORDS), "process devices/{}/state {other}"),
        (topics(MOST_WORDS, "process {}.orders Placed"), "process {}.orders Placed {other}"),
    ],
)
def test_beyond_some_all_are_one(flows: list[Flow], group: str) -> None:
    """One fewer, and each is a flow of its own; the order in which they come is of no matter."""
    assert len(named(Unbounded(), *flows[:-1])) == len(flows) - 1
    for seed in range(3):
        unbounded = Unbounded()
        assert named(unbounded, *Random(seed).sample(flows, len(flows))) == {group}
        [known] = {unbounded.flow_of(each) for each in flows}
        assert known.is_group and set(unbounded.of(known)) == {each.id for each in flows}


def test_destinations_without_a_common_form_are_bounded_too() -> None:
    """Where two segments are free, no other name may differ in one of them alone."""
    flows = [flow(f"process a{n}/b{n}", Kind.CONSUMER, UNDECLARED) for n in range(2 * MOST_DESTINATIONS)]
    assert named(Unbounded(), *flows) == {"process {other}"}


@pytest.mark.parametrize(
    "flows",
    [
        [flow(f"process a.b tasks.{n}", Kind.CONSUMER, UNDECLARED) for n in range(2 * MOST_DESTINATIONS)],
        [flow(f"process tasks.{number}", Kind.CONSUMER) for number in range(100)],
        [flow(f"GET /users/{number}") for number in range(100)],
    ],
    ids=["jobs of one queue", "declared destinations", "routes"],
)
def test_what_is_named_by_somebody_stays(flows: list[Flow]) -> None:
    """The twins: however many there are."""
    assert len(named(Unbounded(), *flows)) == len(flows)


def test_it_is_packed_and_read_as_of_the_release_before() -> None:
    """Paths have the place that they had, which that one reads; it passes over all else."""
    unbounded = Unbounded()
    everything = [*paths(3), *batches(MOST_PATHS), *topics(2)]
    before = named(unbounded, *everything)
    plain = unbounded.pack()
    assert plain["unrouted"] == {"hub": ["GET /0x", "GET /1x", "GET /2x"]}
    assert named(Unbounded.unpack(plain), *everything) == before
    assert Unbounded.unpack({"unrouted": plain["unrouted"]}).pack()["unrouted"] == plain["unrouted"]
