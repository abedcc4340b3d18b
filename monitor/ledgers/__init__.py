"""Questions about whole flows and the fleet, one file each: this table is all that the program knows."""

from collections.abc import Mapping
from typing import Any

from monitor.dimensions import DIMENSIONS
from monitor.dimensions.dimension import Dimension
from monitor.drift.judge import Question
from monitor.ledgers.audit import AUDIT
from monitor.ledgers.concurrency import CONCURRENCY
from monitor.ledgers.coverage import COVERAGE
from monitor.ledgers.ledger import Account, Book, Ledger, RowLedger
from monitor.ledgers.parity import PARITY
from monitor.ledgers.recall import RECALL

LEDGERS: tuple[Ledger, ...] = (COVERAGE, PARITY, AUDIT, CONCURRENCY)
ACCOUNTS: Mapping[str, type[Account]] = {each.name: each.account for each in LEDGERS if each.account}
"""What ledgers keep of one flow in one comparison, by name."""
BOOKS: Mapping[str, type[Book]] = {each.name: each.book for each in LEDGERS if each.book}
"""What ledgers keep of all flows of a shard, by name."""
OF_FLOWS = frozenset([each.name for each in LEDGERS if each.listed])
"""Ledgers whose lines are about whole flows, which the report lists as well."""
ROW_LEDGERS: tuple[RowLedger, ...] = (RECALL,)
"""Those that fold every row by itself."""
_JUDGED: tuple[Question, ...] = (*DIMENSIONS, *LEDGERS)
QUESTIONS: Mapping[str, Question] = {each.name: each for each in _JUDGED}
"""What is judged flow by flow, by name."""
ASKED: tuple[Dimension[Any] | Ledger | RowLedger, ...] = (*DIMENSIONS, *LEDGERS, *ROW_LEDGERS)
"""Everything that is asked."""
