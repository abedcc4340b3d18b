"""Questions about whole flows and the fleet, one file each: this table is all that the program knows."""

from collections.abc import Mapping
from typing import Any

from monitor.dimensions import DIMENSIONS
from monitor.dimensions.dimension import Dimension
from monitor.drift.judge import Question
from monitor.ledgers.coverage import COVERAGE
from monitor.ledgers.ledger import Account, Book, Ledger
from monitor.ledgers.parity import PARITY

LEDGERS: tuple[Ledger, ...] = (COVERAGE, PARITY)
ACCOUNTS: Mapping[str, type[Account]] = {each.name: each.account for each in LEDGERS if each.account}
"""Of the ledgers that keep something of each flow."""
BOOKS: Mapping[str, type[Book]] = {each.name: each.book for each in LEDGERS if each.book}
"""Of the ledgers that keep something of all flows of a shard."""
OF_FLOWS = frozenset([each.name for each in LEDGERS if each.listed])
"""Ledgers whose lines are about whole flows, which the report lists as well."""
ASKED: tuple[Dimension[Any] | Ledger, ...] = (*DIMENSIONS, *LEDGERS)
QUESTIONS: Mapping[str, Question] = {each.name: each for each in ASKED}
"""Everything that is asked, by name."""
