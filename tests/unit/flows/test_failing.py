"""Which span explains that a flow did not end well, and what it says of the reason."""

import pytest

from monitor.flows.failing import error_of
from monitor.flows.flow import Failure, Outcome
from monitor.flows.outcome import Ending
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.unit.flows.test_read import read

ENTRY = 1
NAMES = ("", "GET /cart", "call", "serve", "within", "", "", "", "", "test")
"""By id of the span."""
SERVER, CLIENT, INSIDE = Kind.SERVER, Kind.CLIENT, Kind.INTERNAL


def one(
    id: int,
    parent: int = ENTRY,
    kind: Kind = CLIENT,
    status: str = "",
    error: str = "",
    *,
    fails: bool = False,
    at: int | None = None,
    name: str = "",
    service: str = "shop",
    lasts: int = 5,
) -> Span:
    """A span that begins `at` (by default in the order of ids) and ends with these; fails: it says so."""
    said = {"http.response.status_code": status, "error.type": error}
    return span(
        id,
        parent=parent,
        start=10 * id if at is None else at,
        duration=lasts,
        service=service,
        kind=kind,
        name=name or NAMES[id],
        error=fails,
        attributes={name: value for name, value in said.items() if value},
    )


def entry(status: str = "500", error: str = "") -> Span:
    """The request that all of this is about."""
    return one(ENTRY, 0, SERVER, status, error, at=0, lasts=1000)


def why(*spans: Span) -> tuple[str, str] | None:
    """The operation that explains it, and what it says."""
    (flow,) = read(*spans)
    if flow.failure is None:
        return None
    return flow.shape[flow.failure.place].operation.name, flow.failure.error


def test_what_ends_well_has_no_failure() -> None:
    """A call that failed and was made up for explains nothing where the flow ended well."""
    assert why(entry("200"), one(2, error="timeout")) is None


def test_a_flow_that_fails_by_itself() -> None:
    """Where nothing below it failed, the entry explains it, by the type of its error before its status."""
    assert why(entry(), one(2, status="200")) == ("GET /cart", "500")
    assert why(entry(error="KeyError"), one(2, status="200")) == ("GET /cart", "KeyError")


def test_the_deepest_failure_explains() -> None:
    """Through calls, the servers that answered them, and INTERNAL spans whether they failed or not."""
    call, server = one(2, status="500", lasts=90), one(3, 2, SERVER, "500", service="payments", lasts=80)
    inside = one(4, 3, INSIDE, service="payments")
    query = one(5, 4, error="deadlock", name="SELECT", service="payments")
    assert why(entry(), call, server, inside, query) == ("SELECT", "deadlock")
    assert why(entry(), call, server, inside) == ("serve", "500")
    failing = one(4, 3, INSIDE, error="ValueError", service="payments")
    assert why(entry(), call, server, failing) == ("within", "ValueError")


def test_a_call_without_an_answer() -> None:
    """A call that was never answered explains it, and so it does if its server went on for longer."""
    call = one(2, error="timeout", lasts=90)
    assert why(entry(), call) == ("call", "timeout")
    assert why(entry(), one(2, fails=True)) == ("call", "")
    late = one(3, 2, SERVER, "500", service="payments", lasts=200)
    assert why(entry(), call, late) == ("call", "timeout")
    answered = one(3, 2, SERVER, "500", service="payments", lasts=80)
    assert why(entry(), call, answered) == ("serve", "500")


def test_a_client_that_gave_up_on_the_entry() -> None:
    """Where the entry says that it went well and its client had no answer, the entry is what failed."""
    test = one(9, 0, CLIENT, error="timeout", at=0, service="test", lasts=2000)
    request = span(1, parent=9, start=1, duration=1000, attributes={"http.response.status_code": "200"})
    (flow,) = read(test, request, one(2, error="other"))
    assert flow.outcome is Outcome.FAILED
    assert flow.failure == Failure(0, "timeout")


def test_what_went_well_on_another_try_explains_nothing() -> None:
    """Retries are one failure, and none once one of them went well."""
    tries = [one(2, error="timeout", name="charge"), one(3, error="timeout", name="charge")]
    assert why(entry(), *tries) == ("charge", "timeout")
    assert why(entry(), *tries, one(4, status="200", name="charge")) == ("GET /cart", "500")
    earlier = one(2, status="200", name="charge")
    assert why(entry(), earlier, one(3, error="timeout", name="charge")) == ("charge", "timeout")


def test_the_last_failure_explains() -> None:
    """What failed before something else was tried had not been the end."""
    first, last = one(2, error="timeout", name="z"), one(3, error="reset", name="a")
    assert why(entry(), first, last) == ("a", "reset")
    assert why(entry(), first, one(3, status="200", name="a")) == ("z", "timeout")


@pytest.mark.parametrize("starts", [(20, 21), (21, 20), (20, 20)])
def test_of_failures_at_the_same_time_the_first_by_name(starts: tuple[int, int]) -> None:
    """Which of two calls at the same time begins first is chance, and must not make two kinds of one."""
    a = one(2, error="reset", name="a", at=starts[0])
    z = one(3, error="timeout", name="z", at=starts[1])
    assert why(entry(), a, z) == ("a", "reset")


def test_an_answer_that_blames_the_caller() -> None:
    """It explains the end only if nothing was asked after it: else the caller went on without it."""
    missing = one(2, status="400", name="find")
    assert why(entry(), missing) == ("find", "400")
    assert why(entry(), missing, one(3, status="200", name="other")) == ("GET /cart", "500")
    assert why(entry("400"), missing) == ("find", "400")
    assert why(entry("400"), one(2, error="timeout", name="find")) == ("GET /cart", "400")


def test_calls_that_say_nothing() -> None:
    """Below a call of which nothing is stated, the server that answered it says how it ended."""
    server = one(3, 2, SERVER, "500", service="payments")
    assert why(entry(), one(2), server) == ("serve", "500")
    assert why(entry(), one(2, status="200"), server) == ("GET /cart", "500")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (("500", ""), "500"),
        (("500", "_OTHER"), "500"),
        (("_OTHER", ""), ""),
        (("500", "java.net.SocketTimeoutException"), "java.net.SocketTimeoutException"),
        (("", "23505"), "23505"),
        (("", "42P01"), "42P01"),
        (("", "S3Exception"), "S3Exception"),
        (("", "HTTPError404"), "HTTPError404"),
        (("", "OrderError-48213"), "OrderError-{}"),
        (("", "request_8f3a2b"), "request_{}"),
    ],
)
def test_the_types_of_errors_that_are_kept(said: tuple[str, str], kept: str) -> None:
    """A type before a status, and neither with what one request alone has."""
    assert error_of(Ending(Outcome.FAILED, *said)) == kept
