"""Parity: whether services run on the same in the tests as in production, as far as both sides state it.

Versions, runtime, SDK, platform, image, limits, database and broker systems are facts of an environment; of
feature flags, it is asked which variants test cases evaluated (`difference`).
"""

from monitor.dimensions.dimension import Headlines, Severity
from monitor.ledgers.ledger import Ledger
from monitor.ledgers.parity.about import NAME
from monitor.ledgers.parity.book import Book
from monitor.ledgers.parity.lines import lines, section

PARITY = Ledger(
    name=NAME,
    asks="do services run on the same versions, systems and flags, as far as both sides state them?",
    remedy="Deploy what production runs, set the flag as production has it, or declare that it may differ: "
    "parity.allow.",
    severity=Severity.WARNS,
    alert="FlowDriftDetected",
    headlines=Headlines(),
    account=None,
    section=section,
    lines=lines,
    listed={},
    blind="What services do not state, and flags that only log records tell of.",
    book=Book,
)
