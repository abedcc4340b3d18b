"""Which attributes are read as bodies: none, unless somebody asks for them."""

import pytest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.bodies import REQUEST, RESPONSE
from monitor.wire.decode import FORMATS, Decoder
from tests.unit.wire.encoders import decode_all, records
from tests.unit.wire.requests import Values, decode, request, sent

BODY = '{"id": 17, "items": [{"price": 1.5}], "name": "Ada"}'
FIELDS = "\to\nid\tn\nitems\ta\nitems[]\to\nitems[].price\tn\nname\ts"


def kept(values: Values, **payloads: object) -> dict[str, str]:
    """What is kept of a span's attributes with these settings."""
    [span] = decode([sent(attributes=values)], {"service.name": "shop"}, payloads=payloads)
    return dict(span.facts.attributes)


def test_by_default_no_body_is_read() -> None:
    """Whatever attribute it stands in."""
    assert kept({"http.response.body.content": BODY, "http.request.body": BODY}) == {}


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("http.request.body.content", REQUEST),
        ("http.response.body", RESPONSE),
        ("rpc.response.body", RESPONSE),
        ("messaging.message.body", REQUEST),
        ("app.answer", RESPONSE),
    ],
)
@pytest.mark.parametrize("encoding", FORMATS)
def test_its_fields_are_kept_where_they_are_asked_for(encoding: str, name: str, side: str) -> None:
    """In every encoding, under one name for each side; and nothing else of it."""
    decoder = Decoder(AttributionSettings(payloads={"bodies": True, "response": ("app.answer",)}))
    made = records(encoding, [sent(attributes={name: BODY})], {"service.name": "shop"}, "")
    [span] = decode_all(decoder, encoding, made)
    assert dict(span.facts.attributes) == {side: FIELDS}


@pytest.mark.parametrize(("services", "read"), [(["s*"], True), (["pay"], False), ([], False)])
def test_services_decide_of_whom_bodies_are_read(services: list[str], read: bool) -> None:
    """By globs on their names."""
    assert kept({"http.response.body": BODY}, bodies=True, services=services) == (
        {RESPONSE: FIELDS} if read else {}
    )


def test_of_a_body_that_is_too_long_nothing_is_known() -> None:
    """What is left of it would say nothing of what is missing."""
    long = BODY.replace("Ada", "a" * 20_000)
    assert kept({"http.response.body": long}, bodies=True) == {}


def test_many_different_bodies_do_not_fill_the_memory() -> None:
    """Equal fields are one object of facts, and tables are emptied when they have had very many."""
    decoder = Decoder(AttributionSettings(payloads={"bodies": True}))
    same = [sent(attributes={"http.response.body": f'{{"id": {n}}}'}) for n in range(300)]
    assert len({id(s.facts) for s in decoder.decode(request(same).SerializeToString(), "otlp_proto")}) == 1
