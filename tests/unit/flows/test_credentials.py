"""Notes of who asks: what a span carries, and what it would show."""

import pytest

from monitor.flows.credentials import carried, credentials, records_headers, records_tls
from monitor.wire.credentials import API_KEY, AUTHORIZATION, CERTIFICATE, COOKIE, HEADERS, TLS, USER
from monitor.wire.span import Kind
from tests.factories import facts


def notes(kind: Kind, **said: str) -> tuple[str, ...]:
    """The notes of a span of this kind."""
    return credentials(facts(kind=kind, attributes=said))


@pytest.mark.parametrize("kind", [Kind.SERVER, Kind.CLIENT, Kind.PRODUCER, Kind.CONSUMER])
def test_each_mechanism_is_a_note(kind: Kind) -> None:
    """Header by header, and the certificate."""
    said = {AUTHORIZATION: "basic", COOKIE: "true", API_KEY: "true", CERTIFICATE: "true", HEADERS: "true"}
    found = notes(kind, **said)
    assert sorted(carried(found)) == ["API key", "basic", "cookie", "mTLS"]
    assert records_headers(found)
    assert records_tls(found)


def test_headers_that_carry_nothing_say_that_they_are_recorded() -> None:
    """So that the lack of a mechanism means something; of TLS it does not."""
    found = notes(Kind.SERVER, **{HEADERS: "true"})
    assert (records_headers(found), records_tls(found), list(carried(found))) == (True, False, [])


def test_a_certificate_says_nothing_of_headers() -> None:
    """Each is recorded by itself."""
    assert not records_headers(notes(Kind.SERVER, **{CERTIFICATE: "true"}))
    assert records_tls(notes(Kind.SERVER, **{TLS: "true"}))


def test_who_asks_is_named_by_those_who_are_asked() -> None:
    """Inside of a service, too; a client's span may have the name from its caller."""
    named = {kind: notes(kind, **{USER: "true"}) for kind in Kind}
    assert {kind for kind, found in named.items() if found} == {*Kind} - {Kind.CLIENT, Kind.PRODUCER}


def test_nothing_recorded_is_no_note() -> None:
    """Shapes of spans that say nothing of it stay as they are."""
    assert notes(Kind.SERVER, **{"http.route": "/orders"}) == ()
