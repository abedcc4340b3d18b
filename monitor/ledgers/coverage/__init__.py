"""Coverage: which flows of production the tests exercise, and which flows of the tests production has.

Three answers. Never exercised, and dead in production, are facts read from counts (`whole`). Lost
(tests had it and no longer do) is a `Rate` over complete runs of one suite with the null 'missed in at most
5 % of runs' (`account`).
"""

from monitor.ledgers.coverage.about import NAME, SEVERITY
from monitor.ledgers.coverage.account import Account
from monitor.ledgers.coverage.whole import DEAD, NEVER_TESTED, lines, section
from monitor.ledgers.ledger import Ledger

COVERAGE = Ledger(
    name=NAME,
    asks="does a test exercise the flow?",
    remedy="Run the tests that exercised the flow, or write one; see the flow's example traces.",
    severity=SEVERITY,
    alert="FlowCoverageLost",
    account=Account,
    section=section,
    lines=lines,
    listed={"missing": NEVER_TESTED, "dead": DEAD},
    blind="Whether a test that exercises a flow also checks what it does.",
)
