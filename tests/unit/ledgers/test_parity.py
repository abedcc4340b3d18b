"""Parity minute by minute: what is said while both sides change, and while tests pause."""

from collections.abc import Callable, Iterable

import pytest

from monitor.base.units import DAY_MS, HOUR_MS, MINUTE_MS, LogTime
from monitor.drift.records.sums import PartSums
from monitor.drift.verdict import State
from monitor.flows.stated import FLAG, Profile
from monitor.ledgers.fleet import Fleet
from monitor.ledgers.parity.about import NAME
from monitor.ledgers.parity.book import DAYS, NEWEST, Book
from monitor.ledgers.parity.lines import lines
from monitor.pipeline.audit.noting import PERIOD_MS
from tests.rows import row

Says = Callable[[int], str]
"""What a side states in a minute."""
NEW = {"new": "java 21", "old": "java 17"}


def _observe(book: Book, environment: str, minute: int, value: str, period: int) -> None:
    stated = (Profile("shop", (("runtime", NEW[value]), ("database", value), (f"{FLAG}checkout", value))),)
    case = f"{minute} pays" if environment == "test" else ""
    flow = row(minute, environment=environment, began=minute * MINUTE_MS)._replace(stated=stated)
    book.observe(flow, LogTime(period), case)


def suspect(minutes: int, runs: Iterable[int], live: Says, tests: Says) -> list[int]:
    """The minutes in which parity is suspect: production has a request a minute, a run is a minute."""
    book, begins, found = Book(), set(runs), []
    for minute in range(minutes):
        at = minute * MINUTE_MS
        _observe(book, "production", minute, live(minute), at // PERIOD_MS * PERIOD_MS)
        if minute in begins:
            _observe(book, "test", minute, tests(minute), at)
        fleet = Fleet("production", "test", PartSums(), books={NAME: book}, warn=2.0)
        if any(line.state is State.SUSPECT for line in lines(fleet)):
            found.append(minute)
    return found


def since(flip: int) -> Says:
    return lambda minute: "new" if minute >= flip else "old"


@pytest.mark.parametrize("flip", [31, 60, 118, 300, 359])
def test_both_sides_change_together(flip: int) -> None:
    """What production and tests change at once is no difference at any moment."""
    assert suspect(flip + 480, range(3, 5_000, 5), since(flip), since(flip)) == []


def test_a_change_while_tests_pause() -> None:
    """What production changes on a Saturday is not held against the runs of Friday, nor on Monday."""
    day = DAY_MS // MINUTE_MS
    runs = [*range(0, day, 60), *range(3 * day, 3 * day + 60, 5)]
    assert suspect(3 * day + 60, runs, since(day + 500), since(day + 500)) == []


def test_a_difference_that_stays() -> None:
    """What tests never have is suspect by the second run, and stays so at noon where they run at night."""
    day = DAY_MS // MINUTE_MS
    found = suspect(2 * day, [120, 121, 122, day + 120], lambda _: "new", lambda _: "old")
    assert found == list(range(120, 2 * day))


def test_periods_are_bounded() -> None:
    """After a fortnight an aspect has its newest periods, and the first of a few days, in any order."""
    books = [Book(), Book()]
    hours = range(14 * 24)
    for book, order in zip(books, (hours, reversed(hours)), strict=True):
        for hour in order:
            _observe(book, "production", hour * 60, "new", hour * HOUR_MS)
    assert books[0] == books[1]
    assert {len(periods) for periods in books[0].counted().values()} == {NEWEST + DAYS}


@pytest.mark.parametrize(
    ("live", "tests", "differs"),
    [("mysql", "mariadb", False), ("postgresql", "pgsql", False), ("mysql", "postgresql", True)],
)
def test_systems_of_one_family(live: str, tests: str, differs: bool) -> None:
    """A database that libraries call by two names is one; another one is suspect."""
    book = Book()
    for environment, system in (("production", live), ("test", tests)):
        stated = (Profile("shop", (("database", system),)),)
        book.observe(row(1, environment=environment)._replace(stated=stated), LogTime(0), "")
    found = list(lines(Fleet("production", "test", PartSums(), books={NAME: book})))
    assert [line.state for line in found] == ([State.SUSPECT] if differs else [])
