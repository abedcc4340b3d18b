"""Feature flags: the key and variant of each that a span evaluated, and never a value."""

import pytest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.flags import FLAGS, MOST, evaluated
from tests.unit.wire.requests import Values, as_json, request, sent

FLAG = "feature_flag."


def decoded(*events: Values, attributes: Values | None = None, encoding: str = "otlp_proto") -> str:
    """What is kept of a span with these attributes and events."""
    made = request([sent(1, attributes=attributes)])
    for given in events:
        event = made.resource_spans[0].scope_spans[0].spans[0].events.add(name="feature_flag.evaluation")
        for name, value in given.items():
            pair = event.attributes.add(key=name).value
            if isinstance(value, bool):
                pair.bool_value = value
            else:
                pair.string_value = str(value)
    payload = as_json(made) if encoding == "otlp_json" else made.SerializeToString()
    [span] = Decoder(AttributionSettings()).decode(payload, encoding)
    return span.facts.attributes.get(FLAGS, "")


both = pytest.mark.parametrize("encoding", ["otlp_proto", "otlp_json"])


@both
def test_events_and_attributes_name_flags(encoding: str) -> None:
    """The flags of all events and of the span itself are kept together, by key, whatever their order."""
    old = {f"{FLAG}key": "search", f"{FLAG}variant": "v2"}
    new = {f"{FLAG}key": "new-checkout", f"{FLAG}result.variant": "on"}
    own = {f"{FLAG}key": "banner", f"{FLAG}result.variant": "off"}
    said = decoded(old, new, attributes=own, encoding=encoding)
    assert said == "banner=off;new-checkout=on;search=v2"
    assert said == decoded(new, own, attributes=old, encoding=encoding)


@both
def test_a_value_counts_only_where_it_is_a_boolean(encoding: str) -> None:
    """Where no variant is named, true and false are kept; any other value is not read."""
    key = {f"{FLAG}key": "new-checkout"}
    assert decoded({**key, f"{FLAG}result.value": True}, encoding=encoding) == "new-checkout=true"
    assert decoded({**key, f"{FLAG}result.value": "Ada"}, encoding=encoding) == ""


@both
@pytest.mark.parametrize(
    "variant",
    ["", "ada@example.org", "a b", "7f3a9c2e1b2c3d4e", "x" * 65, "a=b", "a;b", "3f2504e0-4f89-11d3"],
)
def test_what_is_no_word_is_not_kept(encoding: str, variant: str) -> None:
    """A variant that is long, an id, a person or more than one word is none."""
    assert decoded({f"{FLAG}key": "f", f"{FLAG}result.variant": variant}, encoding=encoding) == ""


@both
def test_other_events_say_nothing(encoding: str) -> None:
    """An exception beside a flag changes nothing, and a span without flags has none."""
    other = {"exception.message": "no feature_flag.key here"}
    flag = {f"{FLAG}key": "f", f"{FLAG}result.variant": "on"}
    assert decoded(other, flag, encoding=encoding) == "f=on"
    assert decoded(other, encoding=encoding) == ""


def test_flags_are_bounded() -> None:
    """Of a span that evaluates very many flags some are kept, each of them whole."""
    events = [{f"{FLAG}key": f"f{number:03}", f"{FLAG}result.variant": "on"} for number in range(2 * MOST)]
    assert set(evaluated(decoded(*events)).values()) == {"on"}
    assert 20 <= len(evaluated(decoded(*events))) <= MOST
