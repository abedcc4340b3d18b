"""A call that one side's agent names in other words is one call, where other spans say that it is."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from monitor.drift.report import Report
from monitor.drift.verdict import State
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of
from tests.unit.wire.requests import Values

ENTRY = Hop("shop", "GET /cart", attributes={"http.request.method": "GET", "http.route": "/cart"})


def answered(name: str, by: str = "inventory", method: str = "GET", route: str = "/stock/{id}") -> list[Hop]:
    """A call under some name, and the server that answers it."""
    server: Values = {"http.request.method": method, "http.route": route}
    return [ENTRY, Hop("shop", name, Kind.CLIENT), Hop(by, f"{method} {route}", attributes=server)]


def both_ends(
    call: str, server: str, does: Sequence[str] = ("charges",), service: str = "payments"
) -> list[Hop]:
    """A call and its answer under these names, and what the server does."""
    said = {"db.system.name": "mysql", "db.operation.name": "INSERT"}
    below = [Hop(service, "x", Kind.CLIENT, {**said, "db.collection.name": each}) for each in does]
    return [ENTRY, Hop("shop", call, Kind.CLIENT), Hop(service, server), *below]


def stored(verb: str, collection: str, system: str = "mysql") -> list[Hop]:
    """A call to a database, as far as its span says what it does."""
    said = {"db.system.name": system, "db.operation.name": verb, "db.collection.name": collection}
    return [ENTRY, Hop("shop", "x", Kind.CLIENT, {key: value for key, value in said.items() if value})]


def compared(tmp_path: Path, live: Sequence[Hop], tested: Sequence[Hop]) -> Report:
    return replayed(tmp_path, production([live]), runs_of([tested]))


def differing(report: Report) -> set[tuple[str, str]]:
    """Dimension and subject of what pages, or may."""
    counting = (line for line in report.verdicts if line.severity != "reports")
    return {(line.dimension, line.subject) for line in counting if line.state.rank >= State.SUSPECT.rank}


NAMES = [
    (answered("GET /stock/{id}"), answered("GET"), "GET /stock/{}", "GET"),
    (answered("StockClient.find"), answered("GET /stock/{id}"), "StockClient.find", "GET /stock/{}"),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("one", "other", "name", "another"), NAMES)
def test_a_call_that_the_same_operation_answers_is_one(
    tmp_path: Path, one: Sequence[Hop], other: Sequence[Hop], name: str, another: str, turned: bool
) -> None:
    """Whichever side has the other agent: no drift, no suspect that counts, and one line with both names."""
    if turned:
        one, other, name, another = other, one, another, name
    report = compared(tmp_path, one, other)
    assert differing(report) == set()
    [told] = [line for line in report.verdicts if line.dimension == "internals" and line.subject]
    assert (told.state, told.severity, told.subject) == ("suspect", "reports", "names of calls of shop")
    assert told.reason.startswith(
        f"Renamed or re-instrumented: 'shop {name}' in production, '{another}' in tests, "
        "answered by inventory in both."
    )


@pytest.mark.parametrize(
    "tested",
    [
        answered("GET", by="inventory-stub"),
        answered("GET")[:2],
        answered("GET", route="/price/{id}"),
        answered("POST", method="POST"),
        answered("POST /stock/{id}"),
        answered("GET /price/{id}"),
    ],
    ids=["another service", "no answer", "another route", "another method", "says POST", "says another path"],
)
def test_a_call_that_may_be_another_one_is_replaced(tmp_path: Path, tested: Sequence[Hop]) -> None:
    """The twins: another answer, none that is seen, or names that contradict each other are a drift."""
    report = compared(tmp_path, answered("GET /stock/{id}"), tested)
    assert ("structure", "shop GET /cart -> GET /stock/{}") in differing(report)
    assert not [line for line in report.verdicts if "re-instrumented" in line.reason]


LIVE = both_ends("POST /charges", "POST /charges")


@pytest.mark.parametrize("turned", [False, True])
def test_a_call_of_which_both_ends_are_named_anew_is_one(tmp_path: Path, turned: bool) -> None:
    """The same service answers, and does the same: one line, whichever side has the other agent."""
    sides = [LIVE, both_ends("PaymentClient.charge", "PaymentController.charge")]
    report = compared(tmp_path, *(reversed(sides) if turned else sides))
    assert differing(report) == set()
    [told] = [line for line in report.verdicts if "re-instrumented" in line.reason]
    assert told.subject == "names of calls of shop" and "answered by payments in both" in told.reason


@pytest.mark.parametrize(
    "tested",
    [
        both_ends("PaymentClient.charge", "PaymentController.charge", does=["refunds"]),
        both_ends("PaymentClient.charge", "PaymentController.charge", does=[]),
        both_ends("PaymentClient.charge", "PaymentController.charge", service="payments-stub"),
        both_ends("POST /refunds", "POST /refunds"),
    ],
    ids=["it does something else", "it does nothing that is known", "another service", "another path"],
)
def test_a_call_that_somebody_else_answers_is_another_one(tmp_path: Path, tested: Sequence[Hop]) -> None:
    """The twins: new names at both ends prove nothing by themselves."""
    assert ("structure", "shop GET /cart -> POST /charges") in differing(compared(tmp_path, LIVE, tested))


def test_a_server_under_another_name_is_compared_with_what_it_was(tmp_path: Path) -> None:
    """The same call, answered by another operation of the service: what that does is not left out."""
    quiet = compared(tmp_path, LIVE, both_ends("POST /charges", "PaymentController.charge"))
    assert differing(quiet) == set()
    [told] = [line for line in quiet.verdicts if "re-instrumented" in line.reason]
    assert told.subject == "names of requests of payments" and "answering the same call" in told.reason
    broken = compared(tmp_path, LIVE, both_ends("POST /charges", "PaymentController.charge", does=[]))
    assert ("structure", "payments POST /charges -> mysql INSERT charges") in differing(broken)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("tested", [stored("", "carts"), stored("SELECT", "app.carts")])
def test_the_same_data_is_one_call(tmp_path: Path, tested: Sequence[Hop], turned: bool) -> None:
    """One side says no verb, or the namespace as well."""
    sides = (tested, stored("SELECT", "carts")) if turned else (stored("SELECT", "carts"), tested)
    report = compared(tmp_path, *sides)
    assert differing(report) == set()
    assert [line for line in report.verdicts if "the same data, as far as they say." in line.reason]


@pytest.mark.parametrize("tested", [stored("UPDATE", "carts"), stored("SELECT", "orders")])
def test_other_data_is_another_call(tmp_path: Path, tested: Sequence[Hop]) -> None:
    """The twins: a write for a read, another collection."""
    report = compared(tmp_path, stored("SELECT", "carts"), tested)
    assert ("structure", "shop GET /cart -> mysql SELECT carts") in differing(report)


def test_another_system_is_another_dependency(tmp_path: Path) -> None:
    """The same query to a database of another kind is made, and answered by something else."""
    report = compared(tmp_path, stored("SELECT", "carts"), stored("SELECT", "carts", "sqlite"))
    assert ("dependency", "shop mysql SELECT carts answered") in differing(report)
    assert not {subject for dimension, subject in differing(report) if dimension == "structure"}


def test_servers_whose_names_contradict_are_two(tmp_path: Path) -> None:
    """A stub that answers the call with another operation of the service is not taken for the same."""
    report = compared(
        tmp_path,
        both_ends("POST /graphql", "POST /graphql mutation Checkout"),
        both_ends("POST /graphql", "POST /graphql query Preview"),
    )
    assert not [line for line in report.verdicts if line.dimension == "structure" and line.state is State.OK]
