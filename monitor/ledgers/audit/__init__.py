"""Audit: of every call of a test run, whether its other side, its ending and its payload are recorded.

What is not recorded is not audited: a green test says nothing of it. A partner is due where such a call of
the flow is mostly answered by a service that sends spans, in production or in the tests; a payload where
other calls of its kind in the run have one.
"""

from monitor.dimensions.dimension import DIFFERS
from monitor.ledgers.audit.lines import NAME, SEVERITY, lines, section
from monitor.ledgers.ledger import Ledger

AUDIT = Ledger(
    name=NAME,
    asks="is the other side, the ending and the payload of every call of a test run recorded?",
    remedy="Let the named service send its spans, status codes and payload records in the tests, too.",
    severity=SEVERITY,
    alert="FlowDriftDetected",
    headlines=DIFFERS,
    account=None,
    section=section,
    lines=lines,
    listed={},
    blind="Calls of flows that neither side ever had answered, and whether a message is consumed.",
)
