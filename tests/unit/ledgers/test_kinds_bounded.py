"""How many kinds of failure are known: the room for them, what is left out, and what makes room."""

import pytest

from monitor.base.units import LogTime
from monitor.ledgers.ledger import Counted, Room
from monitor.ledgers.recall.account import MOST_KINDS, Account
from monitor.ledgers.recall.kinds import MOST_SHOWN
from tests.rows import MINUTE
from tests.unit.ledgers.failing import ORDERS, failing
from tests.unit.ledgers.test_standing import folded, shown


def test_bounded() -> None:
    """Kinds beyond the room are counted as left out, and the record has the ones that fail most."""
    calls = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(100)]
    account = folded(failing(call, at=10) for call in calls)
    assert (account.kept, account.left_out) == (MOST_KINDS, 100 - MOST_KINDS)
    assert len(shown(account)) == MOST_SHOWN
    narrow = folded((failing(call, at=10) for call in calls), room=5)
    assert (narrow.kept, narrow.left_out) == (5, 95)


@pytest.mark.parametrize(("room", "kinds"), [(2000, MOST_KINDS), (5, 5)])
def test_what_is_past_makes_room(room: int, kinds: int) -> None:
    """Where all room is taken, kinds that are older than the retention go, and new ones are known."""
    calls = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(kinds)]
    account, left = Account(), Room(room)
    for minute, call in enumerate(calls):
        account.observe(failing(call, at=minute), Counted(ORDERS, ""), left)
    account.observe(failing("send", at=100), Counted(ORDERS, "", LogTime(3 * MINUTE)), left)
    assert (account.kept, account.left_out, account.kept + left.left) == (kinds - 2, 0, room)
    assert "send" in {kind.operation.name for kind in account.kinds}
