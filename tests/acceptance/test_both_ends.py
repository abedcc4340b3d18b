"""A call is shown with the services at both ends, however that at the other end is known."""

from pathlib import Path

import pytest

from monitor.wire.span import Kind
from tests.acceptance.replaying import replayed
from tests.acceptance.trees import Step, findings, production, query, runs, server

ENDS: dict[str, dict[str, str]] = {
    "named": {"service.peer.name": "ledger", "server.address": "somewhere"},
    "named, of older conventions": {"peer.service": "ledger"},
    "at an address": {"server.address": "ledger.shop.svc.cluster.local"},
    "at an address, of older conventions": {"net.peer.name": "ledger"},
}


def booked(ends: dict[str, str], *answers: Step, calls: bool = True) -> Step:
    """A booking that asks a ledger."""
    attributes = {"http.request.method": "POST", "url.template": "/entries", **ends}
    ask = Step("books", Kind.CLIENT, "POST", attributes, answers)
    return server(
        "books", "POST /bookings", *([ask] if calls else []), query("books", "INSERT", "rows", at=9)
    )


def said(tmp_path: Path, ends: dict[str, str], *answers: Step) -> str:
    """The sentence about the call, which the tests do not make."""
    made, missing = booked(ends, *answers), booked(ends, calls=False)
    report = replayed(tmp_path, production(lambda n: made), runs(lambda n: missing))
    [line] = [each for each in report.verdicts if each.state.value == "drift"]
    return line.reason


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
def test_whom_a_caller_says_it_asks(tmp_path: Path, ends: dict[str, str]) -> None:
    """A peer that it names, else the service in the address that it asks."""
    assert said(tmp_path, ends).startswith("'books POST /bookings -> POST /entries' (of ledger) happens in")


def test_who_answers_is_known_best(tmp_path: Path) -> None:
    """An address may be that of a balancer, whoever is behind it."""
    answer = server("ledger", "POST /entries")
    assert "(of ledger)" in said(tmp_path, {"server.address": "balancer"}, answer)


def test_addresses_are_not_compared(tmp_path: Path) -> None:
    """Tests run elsewhere: at other addresses the calls are the same."""
    there, here = (booked({"server.address": host}) for host in ("ledger.prod.svc", "stand-in"))
    report = replayed(tmp_path, production(lambda n: there), runs(lambda n: here))
    assert findings(report) == []
    assert not [each for each in report.verdicts if each.state.value in ("drift", "suspect")]


def test_an_address_of_the_world_is_no_service(tmp_path: Path) -> None:
    """Nor is a number, or a machine."""
    for host in ("api.example.com", "10.1.2.3", "localhost", "ip-10-1-2-3.ec2.internal"):
        assert said(tmp_path, {"server.address": host}).startswith(
            "'books POST /bookings -> POST /entries' happens in"
        )
