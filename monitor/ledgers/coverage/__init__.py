"""Coverage: which flows of production the tests exercise, and which flows of the tests production has.

Three answers. Never exercised, and dead in production, are facts read from counts (`whole`). Lost
(tests had it and no longer do) is a `Rate` over complete runs of one suite with the null 'missed in at most
5 % of runs' (`account`).
"""

from monitor.dimensions.dimension import Headlines
from monitor.ledgers.coverage.about import NAME, SEVERITY
from monitor.ledgers.coverage.account import Account
from monitor.ledgers.coverage.whole import DEAD, NEVER_TESTED, lines, section
from monitor.ledgers.ledger import Ledger

COVERAGE = Ledger(
    name=NAME,
    asks="do tests exercise the flow, and still do where they did?",
    remedy="Run the tests that exercised the flow, or write one; see the flow's example traces.",
    severity=SEVERITY,
    alert="FlowCoverageLost",
    headlines=Headlines(
        pending="Tests may no longer exercise {flow}",
        firing="Tests no longer exercise {flow}",
        resolved="Tests exercise {flow} again",
    ),
    account=Account,
    section=section,
    lines=lines,
    listed={"missing": NEVER_TESTED, "dead": DEAD},
    blind="Whether a test that exercises a flow also checks what it does.",
)
