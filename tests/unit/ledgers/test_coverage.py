"""The coverage ledger: how suites are followed, flow by flow."""

import pytest

from monitor.base.units import LogTime
from monitor.ledgers.coverage import account as accounts
from monitor.ledgers.coverage.account import Account

PAGE = 1e6


def test_coverage_counts_from_the_first_run_that_had_the_flow() -> None:
    """Runs before it say nothing; the same run twice in a row counts once."""
    account = Account()
    account.feed("nightly", "a", seen=False, at=LogTime(1), page=PAGE)
    assert account.signals(1e3) == []
    account.feed("nightly", "b", seen=True, at=LogTime(2), page=PAGE)
    account.feed("nightly", "b", seen=True, at=LogTime(2), page=PAGE)
    [told] = account.signals(1e3)
    assert (told.candidate_n, told.beyond) == (1, False)
    last = "The last complete run of suite nightly exercised this flow"
    assert told.says == f"{last}; 3 more would show that it always does."


def test_coverage_says_how_many_runs_missed_the_flow() -> None:
    """The reason counts the runs since the loss began."""
    account = Account()
    for number in range(9):
        account.feed("nightly", str(number), seen=True, at=LogTime(number), page=PAGE)
    for number in range(9, 12):
        account.feed("nightly", str(number), seen=False, at=LogTime(number), page=PAGE)
    [told] = account.signals(1e3)
    assert told.says.startswith("Suite nightly exercised this flow before;")
    assert told.says.endswith("complete runs did not.")
    assert told.beyond


def test_suites_of_a_flow_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suites that ran last are followed."""
    monkeypatch.setattr(accounts, "MOST_SUITES", 2)
    account = Account()
    for suite in ("a", "b", "a", "c"):
        account.feed(suite, f"{suite} {len(account.suites)}", seen=True, at=LogTime(1), page=PAGE)
    assert list(account.suites) == ["a", "c"]
    assert list(Account.unpack(account.pack()).suites) == ["a", "c"]
