"""A message is a border: what consumes it is a group of its own, whenever and however it comes."""

from itertools import permutations

import pytest

from monitor.traces.borders import is_border
from monitor.traces.trace import MOST_HOPS
from monitor.wire.span import Kind, Span
from tests.factories import facts, span
from tests.unit.traces.log import GAP, MEMORY, ORPHAN, SECOND, Log, ids_of

WEB = span(1, service="web")
SEND = span(2, parent=1, service="web", kind=Kind.PRODUCER)
GET = span(3, parent=2, service="mail", kind=Kind.CONSUMER)
WRITE = span(4, parent=3, service="mail", kind=Kind.CLIENT)


def told(*spans: Span) -> list[list[int]]:
    """The groups of spans that come a second apart."""
    log = Log()
    for second, each in enumerate(spans):
        log.write(second * SECOND, each)
    return sorted(log.write(10 * MEMORY).groups)


@pytest.mark.parametrize("order", list(permutations((WEB, SEND, GET, WRITE))))
def test_sender_and_consumer_are_two_groups(order: tuple[Span, ...]) -> None:
    """In whatever order their spans come; neither waits, and neither is incomplete."""
    log = Log()
    for second, each in enumerate(order):
        log.write(second * SECOND, each)
    log.write(3 * SECOND + GAP)
    assert sorted(log.groups) == [[1, 2], [3, 4]]
    assert not any(fragment.missing or fragment.split for fragment in log.closed)
    assert log.assembler.tally.roots == log.assembler.tally.late == 0


@pytest.mark.parametrize("kind", [Kind.PRODUCER, Kind.CLIENT])
def test_whoever_sends_is_no_part_of_what_consumes(kind: Kind) -> None:
    """A producer of the own service is a sender as well, and so is the client of a broker."""
    own = span(2, parent=1, service="mail", kind=kind)
    assert told(WEB, own, GET, WRITE) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("kind", [Kind.SERVER, Kind.CONSUMER, Kind.INTERNAL, Kind.UNSPECIFIED])
def test_a_service_goes_on_with_its_own_message(kind: Kind) -> None:
    """A reply inside a request, and what a receiver hands on, stay in their group; others do not."""
    own = span(2, parent=1, service="mail", kind=kind)
    assert told(span(1, service="mail"), own, GET, WRITE) == [[1, 2, 3, 4]]
    assert is_border(facts("web", kind=kind), GET.facts)


def test_only_consumers_are_cut() -> None:
    """A server below a producer of another service is what it calls."""
    server = span(3, parent=2, service="mail", kind=Kind.SERVER)
    assert told(WEB, SEND, server, WRITE) == [[1, 2, 3, 4]]


@pytest.mark.parametrize("delay", [0, 25 * SECOND, 69 * SECOND, 200 * SECOND])
def test_a_consumer_is_never_late_for_its_sender(delay: int) -> None:
    """Whether the sender's group is open, closed or long forgotten, the consumer's has its own position."""
    log = Log().write(0, WEB, SEND).write(delay, GET, WRITE).write(1000 * SECOND)
    assert [(ids_of(each), each.position) for each in log.closed] == [([1, 2], (0, 0)), ([3, 4], (1, 0))]
    assert log.assembler.tally.late == 0


def test_a_consumer_that_came_first_closes_soon_after_its_sender() -> None:
    """It waits for its parent, which might be its own service's; once that is a sender, no longer."""
    log = Log().write(0, GET, WRITE).write(40 * SECOND, WEB, SEND).write(50 * SECOND - 1)
    assert log.closed == []
    assert sorted(log.write(50 * SECOND).groups) == [[1, 2], [3, 4]]


def test_a_consumer_waits_for_what_its_sender_waits_for() -> None:
    """A test's span comes when the test ends; a caller of another process may never come."""
    for remote, closes in ((False, ORPHAN), (True, GAP)):
        web = WEB._replace(parent_id=span(9).span_id, remote=remote)
        log = Log().write(0, web, SEND, GET, WRITE).write(closes - 1)
        assert [3, 4] not in log.groups
        assert [3, 4] in log.write(closes).groups
    late = Log().write(0, WEB._replace(parent_id=span(9).span_id), GET, WRITE).write(SECOND, SEND)
    assert late.write(50 * SECOND, span(9)).groups == []
    assert sorted(late.write(60 * SECOND).groups) == [[1, 2, 9], [3, 4]]


def test_a_consumer_whose_sender_never_comes_waits_as_others_do() -> None:
    """Then it stands alone; a sender that comes later is not split by that."""
    log = Log().write(0, GET, WRITE).write(ORPHAN)
    assert log.groups == [[3, 4]] and log.closed[0].missing == SEND.span_id
    (_, sender) = log.write(ORPHAN, WEB, SEND).write(ORPHAN + GAP).closed
    assert ids_of(sender) == [1, 2] and not sender.split


def test_what_belongs_to_a_closed_group_of_its_own_service_is_late() -> None:
    """A consumer below a receiver that was observed already, and what hangs below it."""
    receive = span(2, parent=1, service="mail", kind=Kind.CONSUMER)
    log = Log().write(0, receive).write(ORPHAN, GET).write(ORPHAN + SECOND, WRITE).write(200 * SECOND)
    assert log.groups == [[2]] and log.assembler.tally.late == 2


def test_a_late_sender_takes_no_consumer_with_it() -> None:
    """The sender's own group was closed; the consumer that waited for it is a flow all the same."""
    log = Log().write(0, WEB).write(GAP, GET, WRITE).write(GAP, SEND).write(GAP + 5 * SECOND)
    assert log.assembler.tally.late == 1
    assert log.write(2 * GAP).groups == [[1], [3, 4]]


def test_children_of_a_consumer_wait_for_it() -> None:
    """What it did may come before it; its position is that of the earliest."""
    log = Log().write(0, WRITE).write(SECOND, WEB, SEND, GET).write(SECOND + GAP)
    assert sorted((each.position, ids_of(each)) for each in log.closed) == [
        ((0, 0), [3, 4]),
        ((1, 0), [1, 2]),
    ]


def test_spans_that_are_each_others_senders_are_cyclic() -> None:
    """A consumer below what it sends: one group, whose top is any of them."""
    (fragment,) = Log().write(0, GET, SEND._replace(parent_id=GET.span_id)).write(GAP).closed
    assert fragment.cyclic and ids_of(fragment) == [2, 3]


def test_a_long_chain_of_messages_is_as_many_groups() -> None:
    """Each hop of 5,000 is found at once, and no group moves up with all of them, whatever comes first."""
    spans = [
        span(number, parent=number - 1, kind=(Kind.PRODUCER, Kind.CONSUMER)[number % 2])
        for number in range(1, 10_001)
    ]
    sends = [span(20_000 + number, parent=1, kind=Kind.PRODUCER) for number in range(5_000)]
    gets = [span(30_000 + number, parent=20_000 + number, kind=Kind.CONSUMER) for number in range(5_000)]
    log = Log(max_spans=20_000).write(0, *spans, *reversed(gets), *reversed(sends)).write(GAP)
    assert len(log.closed) == 5_000 + 5_000
    assert max(fragment.hops for fragment in log.closed) == MOST_HOPS
