"""Auth: auth_skipped: a hop that says who asks in production is anonymous in the tests."""

import pytest

from monitor.flows.credentials import credentials
from monitor.flows.flow import Flow
from monitor.wire.credentials import AUTHORIZATION, CERTIFICATE, COOKIE, HEADERS, TLS, USER
from monitor.wire.span import Kind
from tests.acceptance.test_gate import verdicts_of
from tests.dimensions.scenario import UNSAMPLED, Make, Scenario, calling, found, lines, log_of
from tests.factories import facts

_usual = calling("POST /charge")
HOP = "shop POST /charge"
SUBJECT = f"credentials of {HOP}"
BEARER = {AUTHORIZATION: "bearer", HEADERS: "true"}
REDACTED = {AUTHORIZATION: "hidden", HEADERS: "true"}
BASIC = {AUTHORIZATION: "basic", HEADERS: "true"}
ANONYMOUS = {HEADERS: "true"}
NOTHING: dict[str, str] = {}


def saying(call: dict[str, str], entry: dict[str, str] = NOTHING) -> Make:
    """Flows whose call, and whose entry, say this of who asks."""
    notes = [
        credentials(facts("shop", "any", kind, attributes=said))
        for kind, said in ((Kind.SERVER, entry), (Kind.CLIENT, call))
    ]

    def make(number: int) -> Flow:
        flow = _usual(number)
        shape = tuple(node._replace(notes=each) for node, each in zip(flow.shape, notes, strict=True))
        return flow._replace(shape=shape)

    return make


SCENARIO = Scenario(
    production=saying(BEARER), faithful=saying(BEARER), drifting=saying(ANONYMOUS), subject=SUBJECT
)


def test_an_anonymous_hop_is_named() -> None:
    """Which hop, what it carries in production, both shares, and whose spans show it."""
    [line] = lines(log_of(SCENARIO, drifting=True).fold(), "auth")
    usual = f"'{HOP}' carries a bearer token in all 2,000 production traces and in 0 of"
    alike = "carries an Authorization header in all 2,000 production traces and in 0 of"
    assert line["reason"].startswith(usual) or alike in line["reason"]
    assert "as the spans of shop show" in line["reason"]


def test_the_gate_says_it_in_the_same_words() -> None:
    """Of a run: the hop, and both shares; once, though header and scheme are missing."""
    told = list(verdicts_of(log_of(SCENARIO, drifting=True), UNSAMPLED).values())[-1]
    [reason] = told["reasons"]
    assert f"'{HOP}' carries" in reason
    assert "in all 2,000 production traces and in" in reason


@pytest.mark.parametrize(
    ("production", "tests"),
    [
        (BEARER, BASIC),
        (BEARER, {COOKIE: "true"}),
        (REDACTED, ANONYMOUS),
        (ANONYMOUS, BEARER),
        ({CERTIFICATE: "true"}, {TLS: "true"}),
    ],
    ids=["other scheme", "cookie", "redacted", "only in tests", "certificate"],
)
def test_another_mechanism_is_one_finding(production: dict[str, str], tests: dict[str, str]) -> None:
    """Whatever differs of what a hop carries is one line about that hop."""
    other = SCENARIO._replace(production=saying(production), drifting=saying(tests))
    assert found(lines(log_of(other, drifting=True).fold(), "auth")) == {("drift", SUBJECT)}


@pytest.mark.parametrize(
    ("production", "tests"),
    [
        (BEARER, NOTHING),
        (NOTHING, BEARER),
        (BEARER, {TLS: "true"}),
        ({CERTIFICATE: "true"}, ANONYMOUS),
        (BEARER, REDACTED),
        (REDACTED, BASIC),
    ],
)
def test_what_one_side_does_not_record_is_no_difference(
    production: dict[str, str], tests: dict[str, str]
) -> None:
    """Headers, schemes or certificates that only one side's spans would show are never judged."""
    other = SCENARIO._replace(production=saying(production), drifting=saying(tests))
    states = {state for state, _ in found(lines(log_of(other, drifting=True).fold(), "auth"))}
    assert states <= {"ok", "insufficient"}


def test_where_nothing_is_recorded_there_is_no_line() -> None:
    """Nothing is known of who asks, and nothing is said of it."""
    silent = SCENARIO._replace(production=saying(NOTHING), drifting=saying(NOTHING))
    assert lines(log_of(silent, drifting=True).fold(), "auth") == []


def test_who_takes_a_request_and_no_longer_finds_out_who_asks() -> None:
    """Credentials are carried as before, and nobody checks them; others of the trace name who asks."""
    named, unnamed = {**BEARER, USER: "true"}, BEARER

    def make(entry: dict[str, str]) -> Make:
        flows = saying(BEARER, entry)
        inner = credentials(facts("stock", "any", Kind.SERVER, attributes=named))

        def with_stock(number: int) -> Flow:
            flow = flows(number)
            top, call = flow.shape
            answer = call._replace(
                operation=call.operation._replace(service="stock", kind=Kind.SERVER), parent=1, notes=inner
            )
            return flow._replace(shape=(top, call, answer), self_times=(*flow.self_times, 70))

        return with_stock

    other = SCENARIO._replace(production=make(named), drifting=make(unnamed))
    [line] = lines(log_of(other, drifting=True).fold(), "auth")
    assert (line["state"], line["subject"]) == ("drift", "credentials of shop POST /orders")
    assert line["reason"].startswith("shop finds out who asks with 'shop POST /orders' in all 2,000")


def test_where_no_span_names_anybody_nothing_is_said_of_it() -> None:
    """Tests that record nobody's name anywhere may check credentials as production does."""
    other = SCENARIO._replace(production=saying(BEARER, {USER: "true"}), drifting=saying(BEARER))
    assert {state for state, _ in found(lines(log_of(other, drifting=True).fold(), "auth"))} == {"ok"}
