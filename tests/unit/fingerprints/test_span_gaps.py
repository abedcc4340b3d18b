"""Loss: what must be there and is not tells how many spans get lost, by service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import HOUR_MS, LogTime
from monitor.fingerprints import span_gaps as losses
from monitor.fingerprints.span_gaps import (
    ENOUGH,
    LEAST_LOST,
    OTHERS,
    USUAL,
    Gaps,
    Loss,
    added,
    lost_by,
    rates,
)
from monitor.flows.flow import Flaw, Flow, Node, Operation, Outcome
from monitor.wire.span import Kind
from tests.laws.mergeables import flows
from tests.rows import row

SHOP = Operation("shop", Kind.SERVER, "POST /orders")
CALL = Operation("shop", Kind.CLIENT, "POST /charge")
PAYMENT = Operation("payment", Kind.SERVER, "POST /charge")


def of(*nodes: Node, flaws: Flaw = Flaw.NONE, outcome: Outcome = Outcome.OK, hour: int = 0) -> Flow:
    plain = row(0, flaws=flaws, outcome=outcome, began=hour * HOUR_MS)
    return plain._replace(shape=nodes, self_times=(0,) * len(nodes))


WHOLE = (Node(SHOP, -1), Node(CALL, 0), Node(PAYMENT, 1))
UNANSWERED = WHOLE[:2]


def seen(*rows: Flow) -> dict[str, Gaps]:
    loss = Loss()
    for each in rows:
        loss.observe(each)
    return loss.gaps()


def test_a_partner_that_did_not_come_is_missed() -> None:
    """A call that is answered by a span nearly always misses it where there is none: the callee's."""
    assert seen(*[of(*WHOLE)] * 9, of(*UNANSWERED)) == {"payment": Gaps(1, 10), "shop": Gaps(0, 10)}


def test_a_service_that_sends_no_spans_is_not_missed() -> None:
    """Where a call is hardly ever answered by a span, the callee is not instrumented, or a stub."""
    assert "payment" not in seen(of(*WHOLE), *[of(*UNANSWERED)] * 9)


ORPHAN = of(Node(CALL, -1), Node(PAYMENT, 0), flaws=Flaw.ORPHANED)


def test_a_group_without_its_parent_misses_a_span_of_its_service() -> None:
    """The parent of a client's span ran in the same process; that of a server's span may be anybody."""
    assert seen(*[of(*WHOLE)] * USUAL, ORPHAN)["shop"] == Gaps(1, USUAL + 1)
    assert seen(of(Node(PAYMENT, -1), flaws=Flaw.ORPHANED)) == {}


def test_a_parent_that_seldom_comes_in_time_is_not_missed() -> None:
    """What a stream does is unfinished, not lost; other calls of the service are counted for themselves."""
    assert "shop" not in seen(*[of(*WHOLE)] * (USUAL - 1), ORPHAN)
    query = Operation("shop", Kind.CLIENT, "SELECT")
    lost = of(Node(query, -1), flaws=Flaw.ORPHANED)
    whole = of(Node(SHOP, -1), Node(query, 0))
    assert seen(*[of(*WHOLE)], ORPHAN, *[whole] * 9, lost)["shop"] == Gaps(1, 10)


def test_a_parent_that_is_known_to_come_late_is_not_missed() -> None:
    """However usual it is elsewhere that it comes in time."""
    late = of(Node(CALL, -1), Node(PAYMENT, 0), flaws=Flaw.ORPHANED | Flaw.TRUNCATED)
    assert seen(*[of(*WHOLE)] * 9, late)["shop"] == Gaps(0, 9)


def test_counts_by_service_of_release_0_1_are_left_out() -> None:
    """A checkpoint of that release is read; what it says of services is learned anew within the hour."""
    calls = [[*CALL, 9, 1, "payment"]]
    assert Loss.unpack([5, calls, [["shop", 9, 1]]]).gaps() == {"payment": Gaps(1, 10)}


def test_what_failed_misses_nothing() -> None:
    """A failed call without its partner counts as no lost span."""
    assert seen(of(*UNANSWERED, outcome=Outcome.FAILED)) == {}


def test_old_gaps_are_forgotten() -> None:
    """An hour halves what was counted, and a day leaves nothing; a clock that jumps back forgets nothing."""
    loss = Loss()
    for _ in range(8):
        loss.observe(of(*WHOLE, hour=100))
    loss.observe(of(*WHOLE, hour=101))
    loss.observe(of(*WHOLE, hour=50))
    assert loss.gaps()["payment"] == Gaps(0, 6)
    loss.observe(of(*UNANSWERED, hour=130))
    assert "payment" not in loss.gaps()


@given(st.lists(flows(), max_size=12), st.integers(0, 12))
def test_a_restart_changes_nothing(rows: list[Flow], cut: int) -> None:
    """Wherever it is packed, counting goes on as if it had not been."""
    whole, first = Loss(), Loss()
    for each in rows:
        whole.observe(each)
    for each in rows[:cut]:
        first.observe(each)
    resumed = Loss.unpack(first.pack())
    for each in rows[cut:]:
        resumed.observe(each)
    assert resumed.pack() == whole.pack()


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations and services beyond the limit are not counted; known ones go on."""
    monkeypatch.setattr(losses, "MOST_CALLS", 2)
    monkeypatch.setattr(losses, "_PENDING", 1)
    rows = [of(Node(SHOP, -1), Node(CALL._replace(name=f"GET /{n}", service=f"s{n}"), 0)) for n in range(4)]
    loss = Loss()
    for each in rows:
        loss.observe(each)
    assert len(loss.calls) == 2


def test_few_gaps_are_no_loss() -> None:
    """Now and then something is missing; only from some gaps on it is a loss, and then with its error."""
    assert Gaps(LEAST_LOST - 1, 1000).most == 0.0
    assert 0.05 < Gaps(50, 1000).most < 0.08
    assert rates({"a": Gaps(0, 1000)}) == {}


def test_a_service_with_few_counts_loses_what_all_lose() -> None:
    """Who has enough counts speaks for himself, all others take at least the share of all together."""
    lost = rates({"known": Gaps(0, ENOUGH), "lossy": Gaps(60, ENOUGH), "rare": Gaps(0, 10)})
    assert "known" in lost and lost["known"] == 0.0
    assert lost["lossy"] > 0.12
    assert lost["rare"] == lost[OTHERS] > 0.05
    assert lost_by("never seen", lost) == lost[OTHERS]
    assert lost_by("known", lost) == lost_by("any", {}) == 0.0


def test_parts_add_up() -> None:
    """Gaps of several shards are added by service."""
    parts = [[("a", Gaps(1, 2))], [("b", Gaps(0, 1)), ("a", Gaps(2, 4))]]
    assert added(parts) == {"a": Gaps(3, 6), "b": Gaps(0, 1)}


def test_log_time_is_that_of_the_flow() -> None:
    """Loss is kept by the hour of the newest flow's log time."""
    loss = Loss()
    loss.observe(of(*WHOLE)._replace(began=LogTime(5 * HOUR_MS)))
    assert loss.hour == 5
