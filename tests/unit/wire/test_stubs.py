"""Stubs by their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.stubs import stub_in


@pytest.mark.parametrize(
    ("name", "stub"),
    [
        ("wiremock", "WireMock"),
        ("payments-wiremock-1", "WireMock"),
        ("WireMock", "WireMock"),
        ("demo.wiremockapi.cloud", "WireMock"),
        ("mock-server", "MockServer"),
        ("sqs.eu-west-1.localhost.localstack.cloud", "LocalStack"),
        ("orders.localstack.svc", "LocalStack"),
        ("fake-gcs-server", "fake-gcs-server"),
        ("pubsub-emulator", "emulator"),
        ("stripe-mock", "mock"),
        ("payments_stub", "stub"),
        ("fake-sso.shop.svc", "fake"),
        ("f1.mock.pstmn.io", "Postman"),
        ("payments", ""),
        ("mockingbird", ""),
        ("stubhub", ""),
        ("faker", ""),
        ("prism", ""),
        ("payments.mock.svc", ""),
        ("api.fake.example.com", ""),
        ("", ""),
    ],
)
def test_a_stub_is_known_by_a_word_of_its_name(name: str, stub: str) -> None:
    """Programs by their names anywhere, common words in the first label."""
    assert stub_in(name) == stub


@given(st.text(max_size=60))
def test_any_name(name: str) -> None:
    """What is kept of a name is one of few words, or nothing of it."""
    assert len(stub_in(name)) <= len("fake-gcs-server")
