"""How the entry ended: class, status and error (telemetry rule 9)."""

import pytest

from monitor.flows.flow import Outcome
from monitor.flows.outcome import ending
from monitor.wire.span import Facts, Kind
from tests.factories import facts

STATUS = "http.response.status_code"


@pytest.mark.parametrize(
    ("attributes", "error", "expected"),
    [
        ({}, False, (Outcome.OK, "", "")),
        ({}, True, (Outcome.FAILED, "", "")),
        ({"error.type": "KeyError"}, False, (Outcome.FAILED, "", "KeyError")),
        ({STATUS: "200"}, False, (Outcome.OK, "200", "")),
        ({STATUS: "302"}, False, (Outcome.OK, "302", "")),
        ({STATUS: "404"}, True, (Outcome.CLIENT_ERROR, "404", "")),
        ({STATUS: "503", "error.type": "503"}, True, (Outcome.FAILED, "503", "503")),
        ({STATUS: "200"}, True, (Outcome.FAILED, "200", "")),
        ({"rpc.status_code": "OK"}, False, (Outcome.OK, "OK", "")),
        ({"rpc.status_code": "NOT_FOUND"}, True, (Outcome.CLIENT_ERROR, "NOT_FOUND", "")),
        ({"rpc.status_code": "UNAVAILABLE"}, False, (Outcome.FAILED, "UNAVAILABLE", "")),
    ],
)
def test_codes_decide_before_the_span_status(
    attributes: dict[str, str], error: bool, expected: tuple[Outcome, str, str]
) -> None:
    """5xx and its like fail, 4xx and its like are the client's, else the error mark decides."""
    assert ending(facts(attributes=attributes, error=error), None) == expected


def caller(attributes: dict[str, str], kind: Kind = Kind.CLIENT) -> Facts:
    """The span above the entry, marked as an error."""
    return facts(kind=kind, attributes=attributes, error=True)


def test_what_the_client_saw_is_an_outcome() -> None:
    """A time-out while the server said 200 is a failure; a refused status code is the server's word."""
    ok = facts(attributes={STATUS: "200"})
    timeout = caller({"error.type": "timeout"})
    assert ending(ok, timeout) == (Outcome.FAILED, "200", "timeout")
    assert ending(ok, caller({STATUS: "404"})) == (Outcome.OK, "200", "")
    assert ending(ok, caller({"error.type": "timeout"}, Kind.INTERNAL)) == (Outcome.OK, "200", "")
    assert ending(facts(attributes={STATUS: "404"}), timeout).outcome is Outcome.CLIENT_ERROR
