"""The coverage ledger: how suites are followed, flow by flow."""

import random
from collections.abc import Iterable

import pytest

from monitor.base.units import LogTime
from monitor.drift.policy import Policy
from monitor.drift.verdict import State, state_of
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


def test_one_run_that_missed_the_flow_is_no_number() -> None:
    """Where the loss began with the last run, that run is named, and no share of one."""
    account = followed([True] * 9 + [False])
    [told] = account.signals(1e3)
    assert told.says == "Suite nightly exercised this flow before; its last complete run did not."


def followed(seen: Iterable[bool]) -> Account:
    """An account of one suite, run by run."""
    account = Account()
    for number, each in enumerate(seen):
        account.feed("nightly", str(number), seen=each, at=LogTime(number), page=PAGE)
    return account


@pytest.mark.parametrize(
    ("had", "suspect", "fires"), [(1, None, None), (2, 37, None), (3, 7, 26), (4, 4, 11), (5, 5, 7)]
)
def test_how_soon_a_flow_is_lost_depends_on_how_long_it_was_there(
    had: int, suspect: int | None, fires: int | None
) -> None:
    """After a few runs with a flow it takes more runs without it: by chance it would look so as seldom."""
    policy = Policy()
    told = [followed([True] * had + [False] * n).signals(policy.warn)[0] for n in range(1, 41)]
    states = [state_of(each, policy) for each in told]
    first = {state: states.index(state) + 1 for state in set(states)}
    assert (first.get(State.SUSPECT), first.get(State.DRIFT)) == (suspect, fires)
    assert State.OK not in first


def test_a_flow_that_comes_back_was_not_lost() -> None:
    """What came back after a few runs comes by chance: nothing that was thought of it before counts."""
    [told] = followed([True] * 2 + [False] * 6 + [True] + [False] * 6).signals(1e3)
    assert not told.firing and told.evidence < 1e3


def test_since_when_a_flow_is_absent() -> None:
    """From the first of two runs without it on, of the suite that had it last; not in a gap as usual."""
    account = followed([True, True])
    assert account.absent_since is None
    account.feed("nightly", "2", seen=False, at=LogTime(2), page=PAGE)
    assert account.absent_since is None
    account.feed("nightly", "3", seen=False, at=LogTime(3), page=PAGE)
    assert account.absent_since == 2
    account.feed("smoke", "a", seen=True, at=LogTime(4), page=PAGE)
    assert account.absent_since is None
    account.feed("smoke", "b", seen=False, at=LogTime(5), page=PAGE)
    account.feed("smoke", "c", seen=False, at=LogTime(6), page=PAGE)
    assert Account.unpack(account.pack()).absent_since == account.absent_since == 5
    assert followed([True, False, False, True, False, False]).absent_since is None
    assert followed([True, False, False, True, False, False, False]).absent_since == 4


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3, 0.6, 0.8])
def test_flows_that_come_by_chance_are_not_lost(share: float) -> None:
    """Of 300 flows that each of 40 runs has with that probability, at most 2 page after the last one."""
    rng = random.Random(f"chance {share}")
    runs = [[rng.random() < share for _ in range(40)] for _ in range(300)]
    fired = sum(any(each.firing for each in followed(one).signals(1e3)) for one in runs)
    assert fired <= 2


def test_suites_of_a_flow_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suites that ran last are followed."""
    monkeypatch.setattr(accounts, "MOST_SUITES", 2)
    account = Account()
    for suite in ("a", "b", "a", "c"):
        account.feed(suite, f"{suite} {len(account.suites)}", seen=True, at=LogTime(1), page=PAGE)
    assert list(account.suites) == ["a", "c"]
    assert list(Account.unpack(account.pack()).suites) == ["a", "c"]
