"""Of what says who asks it is kept that it is there, and of an Authorization header the scheme."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.credentials import (
    API_KEY,
    AUTHORIZATION,
    CERTIFICATE,
    COOKIE,
    HEADERS,
    HIDDEN,
    PRESENT,
    TLS,
    TOKEN,
    USER,
    mechanism,
)
from monitor.wire.decode import FORMATS, Decoder
from tests.unit.wire.encoders import decode_all, records
from tests.unit.wire.requests import as_json, decode, request, sent

KEPT = {
    "http.request.header.accept": HEADERS,
    "http.request.header.x_request_id": HEADERS,
    "http.request.header.cookie": COOKIE,
    "http.request.header.x-api-key": API_KEY,
    "http.request.header.ocp_apim_subscription_key": API_KEY,
    "http.request.header.x-auth-token": TOKEN,
    "http.request.header.x-amzn-oidc-data": TOKEN,
    "http.request.header.x-forwarded-client-cert": CERTIFICATE,
    "http.request.header.x-author": HEADERS,
    "rpc.grpc.request.metadata.x-api-key": API_KEY,
    "rpc.request.metadata.cookie": COOKIE,
    "rpc.connect_rpc.request.metadata.accept": HEADERS,
    "messaging.header.tenant": HEADERS,
    "tls.client.subject": CERTIFICATE,
    "tls.client.certificate_chain": CERTIFICATE,
    "tls.client.server_name": TLS,
    "tls.established": TLS,
    "enduser.id": USER,
    "enduser.scope": USER,
    "user.id": USER,
    "user.roles": USER,
    "usr.id": USER,
}
"""Attributes of which only that they are there is kept, and as what."""


@pytest.mark.parametrize(("name", "kept"), KEPT.items())
@pytest.mark.parametrize("encoding", FORMATS)
def test_only_that_it_is_there_is_kept(encoding: str, name: str, kept: str) -> None:
    """Whatever the encoding, nothing of the value is."""
    made = [sent(attributes={name: "a secret"})]
    [span] = decode_all(Decoder(AttributionSettings()), encoding, records(encoding, made, {}, ""))
    assert dict(span.facts.attributes) == {kept: PRESENT}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Bearer abc.def", "bearer"),
        ("bearer", "bearer"),
        ("Basic dXNlcg==", "basic"),
        ('["Bearer abc"]', "bearer"),
        ("AWS4-HMAC-SHA256 Credential=x", "other"),
        ("ApiKey 123", "API key"),
        ("[REDACTED]", HIDDEN),
        ("****", HIDDEN),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", HIDDEN),
        ("hunter2", HIDDEN),
    ],
)
def test_of_an_authorization_header_the_scheme_is_kept(value: str, said: str) -> None:
    """One of a few words, or that it is hidden: never a part of what follows."""
    assert mechanism(value) == said
    [span] = decode([sent(attributes={"rpc.grpc.request.metadata.authorization": value})])
    assert dict(span.facts.attributes) == {AUTHORIZATION: said}


@pytest.mark.parametrize(
    "name", ["user_agent.id", "user.colour", "enduser.pseudo.id", "http.response.header.x"]
)
def test_what_says_nothing_of_who_asks_is_not_kept(name: str) -> None:
    """A user's agent, a visitor's pseudonym and the headers of answers name nobody."""
    [span] = decode([sent(attributes={name: "x"})])
    assert dict(span.facts.attributes) == {}


def with_array(name: str, *values: str) -> ExportTraceServiceRequest:
    """A request with a span whose attribute is an array, as the conventions have headers."""
    made = request([sent()])
    pair = made.resource_spans[0].scope_spans[0].spans[0].attributes.add(key=name)
    pair.value.array_value.SetInParent()
    for value in values:
        pair.value.array_value.values.add().string_value = value
    return made


@pytest.mark.parametrize(
    ("name", "values", "kept"),
    [
        ("http.request.header.authorization", ("Bearer x", "Basic y"), {AUTHORIZATION: "bearer"}),
        ("http.request.header.cookie", ("a=b",), {COOKIE: PRESENT}),
        ("http.request.header.cookie", (), {}),
        ("db.collection.name", ("orders",), {}),
    ],
)
def test_headers_may_be_arrays(name: str, values: tuple[str, ...], kept: dict[str, str]) -> None:
    """The first value of a header counts; of no other attribute an array is read."""
    made = with_array(name, *values)
    for encoding, payload in (("otlp_proto", made.SerializeToString()), ("otlp_json", as_json(made))):
        [span] = Decoder(AttributionSettings()).decode(payload, encoding)
        assert dict(span.facts.attributes) == kept


def test_any_number_of_values_costs_no_memory() -> None:
    """What is new in every request is known by its name alone, and gives one object of facts."""
    decoder = Decoder(AttributionSettings())
    names = ("user.id", "http.request.header.x-request-id", "http.request.header.cookie")
    made = [sent(attributes=dict.fromkeys(names, f"value {number}")) for number in range(200)]
    spans = decoder.decode(request(made).SerializeToString(), "otlp_proto")
    assert len({id(span.facts) for span in spans}) == 1


@given(st.lists(st.one_of(st.text(max_size=4), st.integers(0, 300), st.booleans()), min_size=1, max_size=20))
def test_what_is_kept_never_depends_on_what_came_before(values: list[str | int | bool]) -> None:
    """A decoder that knows many values reads the next one as a new decoder does."""
    made = [sent(attributes={"user.id": value, "http.request.header.x": value}) for value in values]
    together = decode(made)
    assert [dict(span.facts.attributes) for span in together] == [
        dict(span.facts.attributes) for each in made for span in decode([each])
    ]


def test_an_attribute_that_the_settings_ask_for_is_kept_whole() -> None:
    """A header may name the run."""
    [span] = decode(
        [sent(attributes={"http.request.header.x-run": "ci-1"})],
        run_attributes=("http.request.header.x-run",),
    )
    assert span.facts.run == "ci-1"
