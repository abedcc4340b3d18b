"""Laws of recall: kinds of failure do not depend on the order, the split or the restarts of the fold."""

import json
from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.flows.flow import Flow
from monitor.ledgers.ledger import Counted, Room
from monitor.ledgers.recall.account import MOST_ERRORS, Account
from monitor.ledgers.recall.sighting import Sighting
from tests.unit.ledgers.failing import CALLS, ORDERS, failing

KINDS = [
    (call, error) for call in ("", *CALLS, "send", "ask") for error in ("500", "503", "E", "F", "G", "HI")
]
KINDS += [("", error) for error in ("a", "b", "c", "d", "e")] + [
    ("PUT /x", error) for error in "abcdefghijklmno"
]
"""Fifty kinds of failure of one flow."""
ROWS = st.builds(
    failing,
    st.sampled_from(["", *CALLS]),
    st.sampled_from(["500", "E"]),
    at=st.integers(0, 99),
    version=st.sampled_from(["", "1.0", "1.1"]),
    weight=st.sampled_from([1024, 4096]),
    environment=st.sampled_from(["production", "integration"]),
)


def fold(account: Account, rows: Sequence[Flow], room: Room) -> Account:
    for each in rows:
        account.observe(each, Counted(ORDERS, each.run), room)
    return account


def content(account: Account) -> dict[str, object]:
    """What is known, whatever the order in which it came."""
    return {
        signature.id(ORDERS): {name: each.pack() for name, each in environments.items()}
        for signature, environments in account.kinds.items()
    } | {"left out": account.left_out}


def restarted(account: Account) -> Account:
    return Account.unpack(json.loads(json.dumps(account.pack())))


@given(st.lists(ROWS, max_size=30), st.randoms(use_true_random=False), st.integers(0, 30))
def test_order_and_restarts_do_not_matter(rows: list[Flow], dice: Random, restart: int) -> None:
    """The same failures in another order, with a restart in between, are the same kinds and counts."""
    one = fold(Account(), rows, Room(99))
    dice.shuffle(rows)
    half = restarted(fold(Account(), rows[:restart], Room(99)))
    assert content(fold(half, rows[restart:], Room(99))) == content(one)


@given(st.lists(st.tuples(ROWS, st.integers(0, 2)), max_size=30))
def test_the_split_does_not_matter(dealt: list[tuple[Flow, int]]) -> None:
    """However failures are dealt to three folds, together they know what one knows."""
    whole = fold(Account(), [each for each, _ in dealt], Room(99))
    together = Account()
    for part in range(3):
        rows = [each for each, to in dealt if to == part]
        together.absorb(fold(Account(), rows, Room(99)), ORDERS, ORDERS, Room(99))
    assert content(together) == content(whole)


@given(st.tuples(*[st.lists(ROWS, max_size=9)] * 3))
def test_sightings_merge(parts: tuple[list[Flow], ...]) -> None:
    """Counts of one kind are merged in any order and grouping, and merging changes neither operand."""
    a, b, c = (seen(each) for each in parts)
    before = a.pack(), b.pack()
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(Sighting()) == a == Sighting.unpack(json.loads(json.dumps(a.pack())))
    assert a.merge(b) == seen([*parts[0], *parts[1]])
    assert (a.pack(), b.pack()) == before


def seen(rows: Sequence[Flow]) -> Sighting:
    sighting = Sighting()
    for each in rows:
        sighting.observe(each, "shop")
    return sighting


@given(st.permutations(range(MOST_ERRORS + 5)))
def test_errors_without_end_are_one_kind_in_any_order(order: list[int]) -> None:
    """Whichever of too many types of errors comes first, all failures are counted as one kind."""
    rows = [failing("send", f"E{chr(97 + number)}") for number in range(MOST_ERRORS + 5)]
    room = Room(99)
    account = fold(Account(), [rows[number] for number in order], room)
    (signature,) = account.kinds
    assert (signature.error, account.kinds[signature]["production"].traces) == ("{any}", len(rows))
    assert room.left == 98


def test_a_hundred_thousand_failures_of_fifty_kinds() -> None:
    """They are fifty signatures with all their counts, whatever the order and wherever it restarts."""
    assert len(set(KINDS)) == 50
    kinds = [failing(*kind, at=place) for place, kind in enumerate(KINDS)]
    rows = kinds * 2_000
    Random(1).shuffle(rows)
    room = Room(2_000)
    account = restarted(fold(Account(), rows[:40_000], room))
    fold(account, rows[40_000:], room)
    assert (len(account.kinds), account.left_out, room.left) == (50, 0, 1_950)
    assert {each["production"].traces for each in account.kinds.values()} == {2_000}
