"""What ledgers that fold rows know of a flow, by their names; what another release knows is kept as it is."""

from collections.abc import Mapping
from typing import Any, Self

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.policy import Policy
from monitor.flows.flow import OVERFLOW, Flow, FlowId, Outcome
from monitor.ledgers import ROW_LEDGERS
from monitor.ledgers.ledger import Counted, Room, RowAccount
from monitor.pipeline.timeline.commands import Complete

MOST_KEPT = 2_000
"""Things of all flows of a shard that these ledgers keep."""


_OK = Outcome.OK
"""A module's name is found ten times as fast as an enum's member (Python 3.11)."""


class Folds:
    """Accounts by ledger: none until a row has something to say."""

    __slots__ = ("accounts", "unknown")

    def __init__(self) -> None:
        self.accounts: dict[str, RowAccount] = {}
        self.unknown: dict[str, Any] = {}

    def concern(self, row: Flow) -> bool:
        """Whether a row may say something to them.

        What ends well is most of all, and says something only of a test case, in a flow that ever failed.
        """
        return row.outcome is not _OK or bool(row.case and self.accounts)

    def observe(self, row: Flow, flow: FlowId, policy: Policy, room: Room) -> bool:
        """Fold a row of a flow that concerns them; whether there is something new to say."""
        if flow == OVERFLOW or not policy.compares(row.environment):
            return False
        oldest = LogTime(row.began - policy.days_kept * DAY_MS)
        counted = Counted(flow, row.run or f"@{row.began // policy.bucket_ms}", oldest)
        news = False
        for ledger in ROW_LEDGERS:
            account = self.accounts.get(ledger.name)
            if account is None and ledger.begins(row):
                account = self.accounts[ledger.name] = ledger.account()
            if account is not None:
                news |= account.observe(row, counted, room)
        return news

    def complete(self, command: Complete) -> None:
        """Fold a complete run of a suite."""
        for account in self.accounts.values():
            account.complete(command.environment, command.suite, command.run)

    def absorb(self, other: Self, was: FlowId, now: FlowId, room: Room) -> None:
        """Take over what is known of a flow that counts as another one from now on."""
        for ledger in ROW_LEDGERS:
            theirs = other.accounts.get(ledger.name)
            if theirs is not None:
                mine = self.accounts.setdefault(ledger.name, ledger.account())
                mine.absorb(theirs, was, now, room)

    @property
    def kept(self) -> int:
        """How much it keeps, as `Room` counts it."""
        return sum(account.kept for account in self.accounts.values())

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.unknown, **{name: account.pack() for name, account in self.accounts.items()}}

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """What `pack` packed."""
        folds = cls()
        folds.unknown = dict(plain)
        for ledger in ROW_LEDGERS:
            if ledger.name in folds.unknown:
                folds.accounts[ledger.name] = ledger.account.unpack(folds.unknown.pop(ledger.name))
        return folds
