"""Coverage of what flows cross: operations, services, dependencies, seams."""

from monitor.drift.crossed import Reaches, Unreached, reaches
from monitor.drift.records.flow import Crossed, FlowVerdicts

ENTERED, PAY = ("", "shop", "POST /pay"), ("shop", "payments", "POST /charge")
MAIL, CARTS = ("shop", "mail", "POST /mails"), ("shop", "", "mysql SELECT carts")


def flow(name: str, *edges: Crossed) -> FlowVerdicts:
    return FlowVerdicts(partition=0, offset=0, flow=name, crossed=edges)


CHECKOUT = flow(
    "shop POST /pay",
    Crossed(*ENTERED, 100, 10, True, True),
    Crossed(*PAY, 90, 10, True, False),
    Crossed(*CARTS, 100, 10, True, True),
)
REMINDER = flow("cron reminder", Crossed(*MAIL, 300, 0, False, False), Crossed(*PAY, 10, 0, False, False))


def found(*flows: FlowVerdicts, aside: tuple[str, ...] = (), gone: tuple[str, ...] = ()) -> Reaches:
    return reaches(flows, aside, gone)


def test_what_tests_reach_is_counted_plain_by_traffic_and_by_failures() -> None:
    """Of each kind of thing; whichever flow of the tests reaches it."""
    reached = found(CHECKOUT, REMINDER)
    shares = {
        kind: (each.known, each.plain, each.traffic, each.failures)
        for kind, each in reached._asdict().items()
    }
    assert shares == {
        "operations": (3, 0.666667, 0.4, 0.5),
        "services": (3, 0.666667, 0.4, 0.5),
        "dependencies": (3, 0.666667, 0.4, 0.5),
        "seams": (2, 0.5, 0.25, 0.0),
    }


def test_seams_are_ranked_by_failures_that_tests_never_cross_and_then_by_traffic() -> None:
    """One that tests cross in no flow that fails comes before one without failures that they never cross."""
    assert found(CHECKOUT, REMINDER).seams.missing == (
        Unreached("shop -> payments POST /charge", 0.25, 1.0, tested=True),
        Unreached("shop -> mail POST /mails", 0.75, 0.0),
    )


def test_tests_that_reach_everything_miss_nothing() -> None:
    """The quiet twin."""
    tested = flow("shop POST /pay", Crossed(*ENTERED, 100, 10, True, True), Crossed(*PAY, 9, 1, True, True))
    reached = found(tested)
    assert [each.missing for each in reached] == [(), (), (), ()]
    assert [each.traffic for each in reached] == [1.0] * 4


def test_what_only_tests_reach_is_named() -> None:
    """The other direction: fixtures that are written straight into a database."""
    tested = flow("shop POST /pay", Crossed("shop", "", "mysql INSERT carts", 0, 0, True, False))
    assert found(CHECKOUT, tested).dependencies.only_tests == ("shop -> mysql INSERT carts",)


def test_flows_out_of_scope_and_lost_ones() -> None:
    """What needs no test is in no share; what no run exercises any more is not reached by it."""
    assert found(CHECKOUT, REMINDER, aside=("cron reminder",)).seams.known == 1
    assert found(CHECKOUT, gone=("shop POST /pay",)).operations.traffic == 0.0
