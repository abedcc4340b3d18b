"""The audits of a shard: every call is counted, and listed up to a limit, as before after a restart."""

import orjson
import pytest

from monitor.base.run import RunKey
from monitor.drift.policy import Comparison, Policy
from monitor.fingerprints.span_gaps import Loss
from monitor.flows.flow import Flow, FlowId, Node, Operation
from monitor.pipeline.audit.run_audits import LEAST_LISTED, RunAudits, list_calls, taken
from monitor.wire.span import Kind
from tests.rows import row, source

POLICY = Policy(
    comparisons=(Comparison(name="c", reference="production", candidate="integration"),), calls_per_run=1_000
)
RUN = RunKey("integration", "ci-1")
ENTRY = Node(Operation("shop", Kind.SERVER, "POST /orders"), -1)
CHARGE = Node(Operation("shop", Kind.CLIENT, "POST /charge"), 0)
ANSWER = Node(Operation("payments", Kind.SERVER, "POST /charge"), 1)
SAYS_OK = 4


def order(offset: int, *, answered: bool, environment: str = "integration") -> Flow:
    """An order whose charge is answered, or not."""
    shape = (ENTRY, CHARGE, ANSWER) if answered else (ENTRY, CHARGE)
    flow = row(offset, flow=FlowId("shop", "POST /orders"), environment=environment, run="ci-1", case="buys")
    return flow._replace(shape=shape, self_times=(0,) * len(shape), grades=(SAYS_OK,) * len(shape))


def production() -> dict[str, Loss]:
    loss = Loss()
    for offset in range(10):
        loss.observe(order(offset, answered=True, environment="production"))
    return {"production": loss}


def observed(audits: RunAudits, *flows: Flow) -> RunAudits:
    losses = production()
    for flow in flows:
        audits.observe(source(), flow, POLICY, losses)
    return audits


def test_a_call_that_production_has_answered_needs_its_partner() -> None:
    """Of two orders one has no span of payments: one of four calls is unaudited."""
    audits = observed(RunAudits(), order(1, answered=True), order(2, answered=False))
    audits.settle(RUN)
    audit = audits.settled[RUN]
    assert (audit.calls, audit.unaudited) == (4, 1)
    assert [(each.service, each.partner) for each in audit.found] == [("payments", 1)]


def test_the_quiet_twin_lacks_nothing() -> None:
    """Where every call is answered as in production, all of them are audited."""
    audits = observed(RunAudits(), order(1, answered=True), order(2, answered=True))
    audits.settle(RUN)
    assert audits.settled[RUN].unaudited == 0 and audits.settled[RUN].found == ()


def test_each_call_is_listed_under_an_id_that_never_changes() -> None:
    """Whoever folds the row again writes the same records, so that a reader counts each once."""
    lists = []
    for _ in range(2):
        audits = RunAudits()
        list_calls([audits])
        lists.append(taken([observed(audits, order(1, answered=False), order(2, answered=False))]))
        assert taken([audits]) == []
    first, again = lists
    assert first == again and len({each.id for each in first}) == len(first) == 4
    assert orjson.loads(first[1].written()) == {
        "id": first[1].id,
        "environment": "integration",
        "run": "ci-1",
        "case": "buys",
        "trace": order(1, answered=False).trace_id.hex(),
        "flow": "shop POST /orders",
        "caller": "shop",
        "call": "POST /charge",
        "service": "payments",
        "partner": False,
        "outcome": "ok",
        "payload": "nothing",
    }


def test_what_is_over_the_limit_is_counted() -> None:
    """A shard lists its part of the calls of a run, at least some; the sums know all."""
    audits = RunAudits()
    audits.parts = 1_000
    list_calls([audits])
    observed(audits, *(order(offset, answered=True) for offset in range(LEAST_LISTED)))
    audits.settle(RUN)
    assert len(taken([audits])) == audits.settled[RUN].listed == LEAST_LISTED
    assert audits.settled[RUN].beyond == LEAST_LISTED
    assert audits.settled[RUN].calls == 2 * LEAST_LISTED


@pytest.mark.parametrize("settles", [False, True])
def test_a_restart_goes_on_with_the_same_sums(settles: bool) -> None:
    """Open tallies and settled audits are packed; what is listed is none of the state."""
    audits = observed(RunAudits(), order(1, answered=False))
    if settles:
        audits.settle(RUN)
    restored = RunAudits.unpack(orjson.loads(orjson.dumps(audits.pack())))
    for each in (audits, restored):
        each.settle(RUN)
    assert restored.settled == audits.settled and restored.listed is None
    restored.forget(RUN)
    assert restored.settled == {}


def test_nothing_is_listed_where_it_is_switched_off() -> None:
    """`audit.calls_per_run: 0`: the calls are counted, and none is listed."""
    audits = RunAudits()
    list_calls([audits])
    audits.observe(source(), order(1, answered=True), POLICY.model_copy(update={"calls_per_run": 0}), {})
    audits.settle(RUN)
    assert taken([audits]) == [] and audits.settled[RUN].calls == audits.settled[RUN].beyond == 2
