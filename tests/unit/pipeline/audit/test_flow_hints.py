"""What a flow's state says to hints: whether it fans out, and the servers below its entry."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.flow import Entered, FlowVerdicts
from monitor.drift.sampling import Sampling
from monitor.flows.flow import OVERFLOW, Flaw, FlowId, Node, Operation
from monitor.pipeline.audit.flow_hints import INNER, fans_out, with_hints
from monitor.pipeline.audit.flow_state import FlowState
from monitor.wire.span import Kind
from tests.rows import row

COMPARISON = Comparison(name="c", reference="production", candidate="tests")
POLICY = Policy(comparisons=(COMPARISON,))
ENTRY = FlowId("edge", "GET /api")


def plain(made: FlowState) -> FlowVerdicts:
    """The record of a flow without hints."""
    return FlowVerdicts(partition=0, offset=0, flow=str(made.id), candidate_weight=made.weight("tests"))


def for_hints(made: FlowState, policy: Policy = POLICY) -> FlowVerdicts:
    """What a flow's record says to hints."""
    return with_hints(plain(made), made, COMPARISON, policy)


def state(
    *servers: str, traces: int = 1, flaws: Flaw = Flaw.NONE, environment: str = "production"
) -> FlowState:
    """A flow whose traces went on to one of these servers of `shop` in turn."""
    made = FlowState(ENTRY)
    entry = Node(Operation(*ENTRY[:1], Kind.SERVER, ENTRY.operation), -1)
    for number in range(traces):
        below = Node(Operation("shop", Kind.SERVER, servers[number % len(servers)]), 0)
        flow = row(number, flow=ENTRY, environment=environment, flaws=flaws)
        made.count(flow._replace(shape=(entry, below), self_times=(0, 0)), POLICY)
    return made


@pytest.mark.parametrize(
    ("traces", "servers", "expected"),
    [
        (1000, dict.fromkeys("abcde", 200), True),
        (1000, dict.fromkeys("abcd", 250), False),
        (1000, dict.fromkeys("abcde", 1000), False),
        (1000, dict.fromkeys("abcde", 50), False),
        (1000, {"auth": 1000, **dict.fromkeys("abcde", 200)}, True),
        (99, dict.fromkeys("abcde", 20), False),
    ],
    ids=[
        "one of five",
        "too few ways",
        "all of them each time",
        "seldom",
        "after a common one",
        "too little",
    ],
)
def test_a_gateway_goes_on_to_one_of_many(traces: int, servers: Mapping[str, int], expected: bool) -> None:
    """A gateway goes on to five servers or more, none of them usual, from a hundred traces on."""
    assert (
        fans_out(traces, {Operation(name, Kind.SERVER, "GET /"): count for name, count in servers.items()})
        == expected
    )


def test_a_flow_says_where_it_fans_out() -> None:
    """A flow says of each role whether it fans out there, once it has enough traces."""
    ways = [f"GET /{letter}" for letter in "abcdefghij"]
    told = for_hints(state(*ways, traces=200))
    inner = tuple(f"shop {way}" for way in ways)
    assert (told.fans_out, told.inner, told.candidate_inner) == (("reference",), inner, ())
    tests = state(*ways, traces=200, environment="tests")
    entered = Entered("edge GET /api", "edge", 0, 200)
    shown = {"candidate_inner": inner, "services": ("edge", "shop"), "entered": entered}
    assert for_hints(tests) == replace(plain(tests), fans_out=("candidate",), **shown)


def test_what_overflowed_is_no_gateway() -> None:
    """Many flows beyond a limit, counted as one, look like a gateway and are none."""
    made = state(*(f"GET /{letter}" for letter in "abcdefghij"), traces=200)
    made.id = OVERFLOW
    assert for_hints(made) == plain(made)


def test_incomplete_traces_hide_no_gateway() -> None:
    """Incomplete traces do not hide that a flow fans out."""
    ways = [f"GET /{letter}" for letter in "abcdefghij"]
    made = state(*ways, traces=200)
    for number in range(900):
        made.count(row(number, flow=ENTRY, flaws=Flaw.TRUNCATED), POLICY)
    assert for_hints(made).fans_out == ("reference",)


def test_neither_the_entry_nor_what_passes_on_is_inner() -> None:
    """A server below the entry that has the entry's name is the same flow; a bare name says nothing."""
    made = state("GET /a", "/*", "GET", traces=3)
    assert for_hints(made).inner == ("shop GET /a",)
    assert for_hints(state("GET /a", traces=9, flaws=Flaw.TRUNCATED)).inner == ()


@pytest.mark.parametrize(
    ("sampling", "weight", "expected"),
    [("unknown", 1, True), ("unknown", 100, False), ("tail", 1, False), ("head", 1, False)],
)
def test_a_reference_that_nobody_knows_the_sampling_of(
    sampling: Sampling, weight: int, expected: bool
) -> None:
    """A tested flow says that its sampling is unknown, until the setting or weights say it."""
    policy = POLICY.model_copy(update={"sampling": {"production": sampling}})
    made = state("GET /a")
    for number in range(200):
        made.count(row(number, flow=ENTRY, weight=weight * UNIT_WEIGHT), policy)
    assert for_hints(made, policy).outcomes_unknown is False
    made.count(row(0, flow=ENTRY, environment="tests"), policy)
    assert for_hints(made, policy).outcomes_unknown is expected


def test_so_many_inner_operations_are_named() -> None:
    """A flow names its first 64 inner operations."""
    names = [f"GET /{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(2 * INNER)]
    told = for_hints(state(*reversed(names), traces=2 * INNER)).inner
    assert told == tuple(f"shop {name}" for name in names[:INNER])


def test_services_that_the_tests_never_show() -> None:
    """Of flows that both have: a service in most of production's traces, and in none of the tests'."""
    made = state("GET /orders", traces=10)
    assert for_hints(made).silent == ()
    entry = Node(Operation(*ENTRY[:1], Kind.SERVER, ENTRY.operation), -1)
    alone = row(10, flow=ENTRY, environment="tests")._replace(shape=(entry,), self_times=(0,))
    made.count(alone, POLICY)
    said = for_hints(made)
    assert (said.services, said.silent) == (("edge",), ("shop",))


def test_what_stands_in_front_of_a_flow() -> None:
    """A server without a path of its own passes on to the one that names the flow."""
    made = FlowState(FlowId("shop", "GET /orders"))
    shape = (
        Node(Operation("edge", Kind.SERVER, "GET"), -1),
        Node(Operation("edge", Kind.CLIENT, "GET /orders"), 0),
        Node(Operation("shop", Kind.SERVER, "GET /orders"), 1),
    )
    flow = row(0, flow=made.id, environment="production")
    made.count(flow._replace(shape=shape, self_times=(0, 0, 0)), POLICY)
    assert for_hints(made).passed_on == ("edge GET",)
