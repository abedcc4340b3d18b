"""How the entry ended: class, status and error (telemetry rule 9)."""

import pytest

from monitor.flows.flow import Outcome
from monitor.flows.outcome import Ending, as_seen, ending
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
    assert ending(facts(attributes=attributes, error=error)) == expected


def test_what_the_client_saw_is_an_outcome() -> None:
    """A time-out while the server said 200 is a failure; a refused status code is the server's word."""
    ok, refused = Ending(Outcome.OK, "200", ""), Ending(Outcome.CLIENT_ERROR, "404", "")
    timeout = Ending(Outcome.FAILED, "", "timeout")
    assert as_seen(ok, timeout) == (Outcome.FAILED, "200", "timeout")
    assert as_seen(ok, Ending(Outcome.FAILED, "503", "")) == ok
    assert as_seen(ok, refused) == ok
    assert as_seen(refused, timeout) == refused
