"""Layouts: what happens on each way through a flow, and that it is always a sound tree."""

from itertools import pairwise

import pytest

from monitor.demo.layout import LAYOUTS, Slot, Way, layouts, options
from monitor.demo.shop import FLOWS
from monitor.demo.steps import Flow
from monitor.flows.flow import Outcome
from monitor.wire.span import Kind

ALL_TAKEN = -1
CHECKOUT = next(flow for flow in FLOWS if flow.mocked)
ORDER_PAGE = next(flow for flow in FLOWS if flow.fixture)


def tree(way: Way) -> list[tuple[int, str, Kind]]:
    """Parent, name and kind of every slot of the first layout."""
    return [(slot.parent, slot.name, slot.kind) for slot in layouts(way)[0]]


def names(way: Way) -> list[str]:
    """What happens on `way`, in preorder."""
    return [slot.name for slot in layouts(way)[0]]


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.operation)
def test_layouts_are_sound_trees(flow: Flow, outcome: Outcome) -> None:
    """Parents come before children, no span is empty, and synchronous children lie inside their parents."""
    for slots in layouts(Way(flow, outcome, ALL_TAKEN)):
        assert slots[0].parent == -1
        for place, slot in enumerate(slots[1:], start=1):
            parent = slots[slot.parent]
            assert 0 <= slot.parent < place
            assert parent.start_us < slot.start_us < slot.end_us
            assert slot.end_us <= parent.end_us or slot.kind is Kind.CONSUMER


def test_layouts_differ_only_in_time() -> None:
    """All layouts of one way through a flow have the same spans, at other times."""
    drawn = layouts(Way(CHECKOUT, Outcome.OK, 0))
    assert len(drawn) == LAYOUTS
    assert len({tuple(slot._replace(start_us=0, end_us=0)[:4] for slot in slots) for slots in drawn}) == 1
    assert len({slots[0].end_us for slots in drawn}) > 1


def test_a_step_takes_as_long_on_every_way() -> None:
    """A call works as long whether another one was mocked away or not: only the change itself shows."""
    usual, mocked = (layouts(Way(CHECKOUT, Outcome.OK, 0, mocked=away)) for away in (False, True))

    def booking(slots: tuple[Slot, ...]) -> int:
        [slot] = [each for each in slots if each.name == "shop.Shipping/Book" and each.kind is Kind.SERVER]
        return slot.end_us - slot.start_us

    assert [booking(slots) for slots in usual] == [booking(slots) for slots in mocked]


def test_siblings_happen_one_after_the_other() -> None:
    """Calls of one span follow each other in time and never overlap."""
    slots = layouts(Way(CHECKOUT, Outcome.OK, 0))[0]
    top = [slot for slot in slots if slot.parent == 0]
    assert [slot.start_us for slot in top] == sorted(slot.start_us for slot in top)
    assert all(first.end_us <= second.start_us for first, second in pairwise(top))


@pytest.mark.parametrize("flow", [flow for flow in FLOWS if options(flow)], ids=lambda flow: flow.operation)
def test_optional_steps_follow_their_bits(flow: Flow) -> None:
    """Each bit of `taken` brings one optional step with what is below it."""
    without = names(Way(flow, Outcome.OK, 0))
    for bit, step in enumerate(options(flow)):
        assert len(names(Way(flow, Outcome.OK, 1 << bit))) > len(without), step.operation


def test_mocked_away_leaves_out_one_call() -> None:
    """With the payment provider mocked away its call is missing, and nothing else."""
    whole, mocked = (names(Way(CHECKOUT, Outcome.OK, 0, mocked=mocked)) for mocked in (False, True))
    whole.remove(CHECKOUT.mocked)
    assert mocked == whole


def test_a_fixture_is_one_more_call_of_the_entry() -> None:
    """The seeding shortcut is a statement straight from the entry service, before everything else."""
    plain, seeded = (names(Way(ORDER_PAGE, Outcome.OK, 0, seeded=seeded)) for seeded in (False, True))
    assert seeded == [plain[0], "INSERT orders", *plain[1:]]


def test_a_rejected_request_stops_early() -> None:
    """A rejected request answers 422 after its first step, and is no error of the server."""
    slots = layouts(Way(CHECKOUT, Outcome.CLIENT_ERROR, 0))[0]
    assert slots[0].attributes["http.response.status_code"] == 422
    assert not any(slot.error for slot in slots)
    assert [slot.name for slot in slots if slot.parent == 0] == ["shop.Identity/Check"]


def test_a_failure_shows_on_both_sides_of_the_call() -> None:
    """A failed request answers 502 because its last call failed, which did nothing further."""
    slots = layouts(Way(CHECKOUT, Outcome.FAILED, 0))[0]
    failed = [slot for slot in slots if slot.error]
    assert slots[0].attributes["http.response.status_code"] == 502
    assert [(slot.name, slot.kind) for slot in failed[1:]] == [
        ("shop.Cart/Clear", Kind.CLIENT),
        ("shop.Cart/Clear", Kind.SERVER),
    ]
    assert failed[-1] == slots[-1]


def test_every_call_of_a_service_has_its_partner() -> None:
    """Where the callee is instrumented, exactly one span of it stands below the caller's."""
    slots = layouts(Way(CHECKOUT, Outcome.OK, 0))[0]
    for place, slot in enumerate(slots):
        below = [each for each in slots if each.parent == place]
        if slot.kind in (Kind.CLIENT, Kind.PRODUCER) and is_ours(slot):
            assert [each.kind for each in below] in ([Kind.SERVER], [Kind.CONSUMER])
            assert below[0].service != slot.service


def is_ours(slot: Slot) -> bool:
    """Whether the called side is a service of the shop."""
    return "rpc.method" in slot.attributes or "messaging.system" in slot.attributes


def test_nobody_waits_for_a_consumer() -> None:
    """A message is sent and forgotten: its consumer begins after the sender went on."""
    slots = layouts(Way(CHECKOUT, Outcome.OK, 0))[0]
    consumers = [slot for slot in slots if slot.kind is Kind.CONSUMER]
    assert consumers
    assert all(slots[slot.parent].end_us < slot.start_us for slot in consumers)
