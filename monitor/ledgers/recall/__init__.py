"""Recall: which failures of production a test has shown, and which of these a test guards against.

A failure of production has a signature (`signature`). What each environment has shown of it is counted
(`sighting`), and of test cases that showed it is known whether they have passed since (`case`); one flow has
one account of all that (`account`). Where a failure stands follows from these facts alone (`standing`).
"""

from monitor.dimensions.dimension import Severity
from monitor.ledgers.ledger import RowLedger
from monitor.ledgers.recall.account import Account

RECALL = RowLedger(
    name="recall",
    asks="have tests shown the failures that production has, and do they guard against them?",
    remedy="Write a test that makes the operation fail as it does in the example trace of production.",
    severity=Severity.WARNS,
    alert="RecallEscapeOpen",
    account=Account,
    begins=lambda row: row.failure is not None,
    blind="Whether a test that shows a failure also asserts what shall come of it.",
)
