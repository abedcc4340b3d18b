"""Where a failure of production stands, by what production and the tests have shown of it."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.records.failure import FailureKind, Gap, Standing
from monitor.flows.flow import Flow, Operation, Outcome
from monitor.ledgers.ledger import Counted, Room
from monitor.ledgers.recall.account import MOST_ERRORS, Account
from monitor.ledgers.recall.kinds import Exercised, Window, kinds
from monitor.wire.span import Kind
from tests.rows import MINUTE
from tests.unit.ledgers.failing import CALLS, ORDERS, failing, in_test

CHARGE = CALLS[0]
EXERCISED = frozenset(
    [
        Operation("shop", Kind.SERVER, "POST /orders"),
        *(Operation("shop", Kind.CLIENT, call) for call in CALLS),
    ]
)


def folded(rows: Iterable[Flow], room: int = 2000) -> Account:
    account, left = Account(), Room(room)
    for each in rows:
        account.observe(each, Counted(ORDERS, each.run), left)
    return account


def shown(account: Account, now: int = 1000, **tests: Any) -> tuple[FailureKind, ...]:
    """The kinds of an account in minute `now`, after a restart."""
    known = Exercised(operations=EXERCISED, sampled=False, lost={}, traces=("near",))._replace(**tests)
    window = Window("production", "integration", LogTime(now * MINUTE), DAY_MS)
    restored = Account.unpack(json.loads(json.dumps(account.pack())))
    assert kinds(restored, ORDERS, window, known) == kinds(account, ORDERS, window, known)
    return kinds(account, ORDERS, window, known)


def one(*rows: Flow, now: int = 1000) -> FailureKind:
    """The only kind that these rows show."""
    (kind,) = shown(folded(rows), now)
    return kind


PRODUCTION = failing(CHARGE, at=10, version="1.0")
SHOWS = in_test(CHARGE, run="ci-1", at=20)
PASSES = in_test(run="ci-2", at=30)


def test_escaped() -> None:
    """What production has and no test ever showed, with what is known of it."""
    kind = one(PRODUCTION, failing(CHARGE, at=12, weight=2048, version="1.1"), in_test(run="ci-1", at=20))
    assert (kind.state, kind.gap, kind.since) == (Standing.ESCAPED, Gap.FAILURE, 10 * MINUTE)
    assert (kind.first, kind.last, kind.traces, kind.weight) == (10 * MINUTE, 12 * MINUTE, 2, 3072)
    assert (kind.versions, kind.candidate) == (("1.0", "1.1"), ("near",))
    assert (kind.service, kind.operation, kind.error) == ("shop", CHARGE, "500")
    assert kind.says == (
        "shop POST /charge fails with 500 in 2 production traces since 1970-01-01 00:10 UTC and in no test: "
        "tests exercise it, and there it never fails like this."
    )


def test_reproduced() -> None:
    """A test run shows the same signature: reproduced, since then, with its trace."""
    kind = one(PRODUCTION, SHOWS)
    assert (kind.state, kind.since, kind.guard) == (Standing.REPRODUCED, 20 * MINUTE, "")
    assert kind.candidate == (SHOWS.trace_id.hex(),)
    assert kind.says.endswith(
        "have shown it since 1970-01-01 00:20 UTC, and no case that showed it has passed in a later run."
    )


def test_guarded() -> None:
    """A later run of the same case passes on that flow: it guards, and is named."""
    kind = one(PRODUCTION, SHOWS, PASSES)
    assert (kind.state, kind.since) == (Standing.GUARDED, 30 * MINUTE)
    assert (kind.guard, kind.suite, kind.guarded) == ("pays", "nightly", 30 * MINUTE)
    assert kind.says.endswith(
        "; test case pays of nightly showed it, and has passed since 1970-01-01 00:30 UTC."
    )


@pytest.mark.parametrize(
    "passes",
    [
        in_test(run="ci-1", at=30),
        in_test(run="ci-2", at=30, case="another"),
        in_test(run="ci-2", at=15),
        in_test(run="ci-2", at=30, environment="staging"),
    ],
    ids=["in the same run", "of another case", "before", "elsewhere"],
)
def test_what_does_not_guard(passes: Flow) -> None:
    """Only a later run of the very case that showed the failure says that it guards against it."""
    assert one(PRODUCTION, SHOWS, passes).state is Standing.REPRODUCED


def test_a_pass_in_a_run_that_fails_otherwise() -> None:
    """A case that fails for another reason in the same run has not passed."""
    other = in_test("GET /stock", run="ci-2", at=31)
    assert one(PRODUCTION, SHOWS, PASSES, other).state is Standing.REPRODUCED
    assert one(PRODUCTION, SHOWS, PASSES, other, in_test(run="ci-3", at=40)).state is Standing.GUARDED


def test_regressed() -> None:
    """Production shows it again, of a version that had not failed so before, though the guard passes."""
    again = failing(CHARGE, at=50, version="1.2")
    rows = (PRODUCTION, SHOWS, PASSES, again, in_test(run="ci-3", at=60))
    kind = one(*rows)
    assert (kind.state, kind.since, kind.guard) == (Standing.REGRESSED, 50 * MINUTE, "pays")
    assert kind.says.endswith(
        "; production has it again since 1970-01-01 00:50 UTC, though test case pays of nightly passes."
    )
    shows_again = in_test(CHARGE, run="ci-4", at=70)
    assert one(*rows, shows_again).state is Standing.REPRODUCED
    # What came and went has to pass three times.
    passes = [in_test(run=f"ci-{n}", at=10 * n) for n in (8, 9, 10)]
    assert one(*rows, shows_again, *passes).state is Standing.GUARDED


def test_an_old_version_that_still_runs_is_no_regression() -> None:
    """What production showed before the guard, it goes on to show until the mended version is deployed."""
    still = failing(CHARGE, at=50, version="1.0")
    kind = one(PRODUCTION, SHOWS, PASSES, still)
    assert kind.state is Standing.GUARDED
    assert kind.says.endswith("; production still runs what fails (1.0).")
    unstated = [each._replace(versions=()) for each in (PRODUCTION, still)]
    assert one(unstated[0], SHOWS, PASSES, unstated[1]).state is Standing.REGRESSED


def test_another_guard_after_a_regression() -> None:
    """A case that showed the failure anew and passes guards; one that merely passes on does not."""
    again = failing(CHARGE, at=50, version="1.2")
    idle = in_test(CHARGE, run="ci-1", at=21, case="idle")
    rows = (PRODUCTION, SHOWS, idle, PASSES, again, in_test(run="ci-5", at=55, case="idle"))
    assert one(*rows).state is Standing.REGRESSED
    new = (in_test(CHARGE, run="ci-6", at=60, case="new"), in_test(run="ci-7", at=70, case="new"))
    kind = one(*rows, *new)
    assert (kind.state, kind.guard) == (Standing.GUARDED, "new")


def test_a_case_of_another_suite() -> None:
    """A case of the same name in another suite that passes guards nothing."""
    kind = one(PRODUCTION, SHOWS, in_test(run="ci-2", at=30, suite="smoke"))
    assert (kind.state, kind.guard) == (Standing.REPRODUCED, "")


def test_known() -> None:
    """What a test had shown before production did was no escape."""
    earlier = in_test(CHARGE, run="ci-0", at=5)
    assert one(earlier, PRODUCTION).state is Standing.KNOWN
    assert one(PRODUCTION, earlier).since == 5 * MINUTE
    assert one(earlier, in_test(run="ci-1", at=7), PRODUCTION).state is Standing.KNOWN


def test_stale() -> None:
    """What production has not shown for the retention is stale, whatever tests make of it."""
    kind = one(PRODUCTION, SHOWS, PASSES, now=10 + 24 * 60 + 1)
    assert (kind.state, kind.since) == (Standing.STALE, 10 * MINUTE + DAY_MS)


def test_a_guard_that_is_gone() -> None:
    """A guard that two complete runs of its suite in a row lack guards nothing, until it is back."""
    account = folded([PRODUCTION, SHOWS, PASSES])
    account.complete("integration", "nightly", "ci-2")
    account.complete("integration", "smoke", "ci-3")
    account.complete("integration", "nightly", "ci-4")
    assert [kind.state for kind in shown(account)] == [Standing.GUARDED]
    account.complete("integration", "nightly", "ci-5")
    (kind,) = shown(account)
    assert kind.state is Standing.REPRODUCED
    assert kind.says.endswith("and pays, which guarded it, is gone from the suite.")
    account.observe(in_test(run="ci-6", at=60), Counted(ORDERS, "ci-6"), Room(9))
    assert [kind.state for kind in shown(account)] == [Standing.GUARDED]


def test_what_only_tests_have_is_no_failure_of_production() -> None:
    """A signature without production is kept, for it may be known one day, and is not shown."""
    assert shown(folded([SHOWS, PASSES])) == ()


def test_another_reason_in_the_same_flow() -> None:
    """Another error of the same call, and another call with the same error, are credited with nothing."""
    others = [in_test(CHARGE, "503", run="ci-1", at=20), in_test("GET /stock", run="ci-1", at=21)]
    itself = in_test("", run="ci-1", at=22)
    kind = one(PRODUCTION, *others, itself, in_test(run="ci-2", at=30))
    assert kind.state is Standing.ESCAPED


def test_client_errors_are_kinds_of_their_own() -> None:
    """The same operation and status, of a request that is refused, is another kind."""
    refused = failing(CHARGE, "402", outcome=Outcome.CLIENT_ERROR)
    kinds = shown(folded([PRODUCTION, refused, in_test(CHARGE, "402", run="ci-1", at=20)]))
    assert {kind.outcome: kind.state for kind in kinds} == dict.fromkeys(
        ("failed", "client_error"), Standing.ESCAPED
    )


def test_a_failure_that_comes_and_goes() -> None:
    """After a relapse a case guards only once it has passed in three runs in a row, and it is said why."""
    rows = [PRODUCTION, SHOWS, PASSES, in_test(CHARGE, run="ci-3", at=40)]
    for number in (4, 5):
        rows.append(in_test(run=f"ci-{number}", at=10 * number + 10))
        kind = one(*rows)
        assert kind.state is Standing.REPRODUCED
        assert "pays comes and goes: it guards once it has passed in three runs in a row" in kind.says
    assert one(*rows, in_test(run="ci-6", at=70)).state is Standing.GUARDED


def test_one_error_per_request() -> None:
    """Errors without end are one kind, of which a test that shows another one of them is not credited."""
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(200)]
    rows = [failing(CHARGE, f"Error-{word}", at=10) for word in words]
    kind = one(*rows, in_test(CHARGE, "Error-test", run="ci-1", at=20), in_test(run="ci-2", at=30))
    assert (kind.traces, kind.error) == (200, "{any}")
    assert (kind.state, kind.gap) == (Standing.UNJUDGED, Gap.ERRORS)
    assert one(*rows).state is Standing.ESCAPED
    assert len(shown(folded(rows[:MOST_ERRORS]))) == MOST_ERRORS


def test_failures_without_any_detail() -> None:
    """Where no span says why, a test that fails there, too, may do so for another reason: not judged."""
    silent = failing("", "", at=10)
    assert one(silent).state is Standing.ESCAPED
    kind = one(silent, in_test("", "", run="ci-1", at=20), in_test(run="ci-2", at=30))
    assert (kind.state, kind.gap) == (Standing.UNJUDGED, Gap.DETAIL)
    unanswered = failing(CHARGE, "", at=10)
    assert one(unanswered, in_test(CHARGE, "", run="ci-1", at=20)).state is Standing.REPRODUCED


def test_a_test_that_provokes_the_failure() -> None:
    """Where the runner says that it passed, showing the failure in a later run is passing."""
    first = in_test(CHARGE, run="ci-1", at=20, result="passed")
    again = in_test(CHARGE, run="ci-2", at=30, result="passed")
    assert one(PRODUCTION, first).state is Standing.REPRODUCED
    kind = one(PRODUCTION, first, again)
    assert (kind.state, kind.guard, kind.since) == (Standing.GUARDED, "pays", 30 * MINUTE)
    fails = in_test(CHARGE, run="ci-3", at=40, result="failed")
    assert one(PRODUCTION, first, again, fails).state is Standing.REPRODUCED


def test_the_runner_knows_better() -> None:
    """A flow that ends well in a test that failed is no pass."""
    failed = in_test(run="ci-2", at=30, result="failed")
    assert one(PRODUCTION, SHOWS, failed).state is Standing.REPRODUCED
    provokes = in_test("GET /stock", run="ci-2", at=31, result="passed")
    assert one(PRODUCTION, SHOWS, PASSES, provokes).state is Standing.GUARDED


def test_without_case_ids() -> None:
    """A test that does not say which case it is reproduces, and cannot guard."""
    rows = (PRODUCTION, in_test(CHARGE, run="ci-1", at=20, case=""), in_test(run="ci-2", at=30, case=""))
    kind = one(*rows)
    assert kind.state is Standing.REPRODUCED
    assert kind.says.endswith("and none of them says of which test case it is, so none can guard.")


@pytest.mark.parametrize(
    ("tests", "state", "gap"),
    [
        ({"operations": ()}, Standing.ESCAPED, Gap.FLOW),
        (
            {"operations": [Operation("shop", Kind.SERVER, "x")]},
            Standing.ESCAPED,
            Gap.PATH,
        ),
        ({"operations": [Operation("front", Kind.SERVER, "x")]}, Standing.ESCAPED, Gap.SILENT),
        ({"sampled": True}, Standing.UNJUDGED, Gap.SAMPLED),
        ({"lost": {"shop": 1.0}}, Standing.UNJUDGED, Gap.LOSS),
        ({"lost": {"shop": 0.1}}, Standing.ESCAPED, Gap.FAILURE),
    ],
)
def test_why_no_test_shows_it(tests: dict[str, Any], state: Standing, gap: Gap) -> None:
    """It escaped only where the tests' telemetry could have shown it, and it is said what keeps them."""
    (kind,) = shown(folded([PRODUCTION]), **tests)
    assert (kind.state, kind.gap) == (state, gap)


def test_a_flow_that_fails_by_its_data() -> None:
    """Where the entry itself fails, it is what the request says that tests never send."""
    assert one(failing("", "KeyError", at=10)).gap is Gap.DATA
