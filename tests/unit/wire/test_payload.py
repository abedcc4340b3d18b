"""Fields of bodies: paths and types, never a value."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.names import VALUE_LIMIT
from monitor.wire.payload import MOST_VALUES, fields_of, key_of
from tests.canaries import LITERALS, SECRETS, TOKENS, found, planted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def fields(body: object) -> dict[str, str]:
    """The types by path of a body that is written as JSON."""
    lines = fields_of(orjson.dumps(body).decode()).splitlines()
    return dict(line.split("\t") for line in lines)


def test_paths_and_types_are_read() -> None:
    """Of objects in arrays, too; a field may have several types."""
    body = {"id": 7, "items": [{"price": 1.5}, {"price": None}], "paid": True, "note": "x", "none": []}
    assert fields(body) == {
        "": "o",
        "id": "n",
        "items": "a",
        "items[]": "o",
        "items[].price": "nz",
        "none": "a",
        "note": "s",
        "paid": "b",
    }


@pytest.mark.parametrize(
    "key",
    [
        "4711",
        "user 12",
        "ada@example.org",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "7f3a9c2e00112233",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "a key of words",
        "",
        "x" * 61,
    ],
)
def test_keys_that_look_like_values_are_one(key: str) -> None:
    """A map by ids is an object with one key."""
    assert fields({key: {"stock": 1}}) == {"": "o", "{}": "o", "{}.stock": "n"}


def test_an_object_with_very_many_keys_is_a_map() -> None:
    """Whatever they are called."""
    assert fields({f"k{chr(97 + n % 26)}{chr(97 + n // 26)}": 1 for n in range(65)}) == {"": "o", "{}": "n"}


@pytest.mark.parametrize("key", ["id", "firstName", "first_name", "@type", "$ref", "x-total", "größe", "v1"])
def test_names_that_people_chose_stay(key: str) -> None:
    """In the styles of every language."""
    assert key_of(key) == key


def test_a_form_has_strings() -> None:
    """Names of fields, and nothing of what stands behind them."""
    assert fields_of("user=ada&amount=12") == "\to\namount\ts\nuser\ts"


@pytest.mark.parametrize(
    "body",
    [
        '{"id": 7, "items": [{"pri',
        "",
        "plain text with a = sign",
        "<order/>",
        "[" * 5_000,
        '{"a":' * 2_000 + "1" + "}" * 2_000,
        orjson.dumps(["x" * VALUE_LIMIT]).decode(),
        orjson.dumps([[{"a": 1}] * 16] * 16 + [0] * MOST_VALUES).decode(),
        "\ud800",
    ],
    ids=["cut", "empty", "text", "xml", "unclosed", "deep", "long", "many", "surrogate"],
)
def test_what_is_not_known_as_a_whole_says_nothing(body: str) -> None:
    """So that no field is missing because a body was cut off, and nothing hostile costs much."""
    assert fields_of(body) == ""


@given(JSON, st.randoms())
def test_the_order_of_keys_is_irrelevant(body: Any, rng: Any) -> None:
    """Two programs that write one object give one line."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in rng.sample(sorted(value), len(value))}
        return [*map(shuffled, value)] if isinstance(value, list) else value

    assert fields_of(orjson.dumps(body).decode()) == fields_of(orjson.dumps(shuffled(body)).decode())


@given(JSON)
def test_values_do_not_matter(body: Any) -> None:
    """Another value of the same type gives the same line."""

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: other(each) for key, each in value.items()}
        if isinstance(value, list):
            return [*map(other, value)]
        return {str: "Kanarie", int: 17}.get(type(value), value)

    assert fields(body) == fields(other(body))


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Nothing raises, and every line has a path and types."""
    assert all(line.count("\t") == 1 for line in fields_of(text).splitlines())


def test_no_canary_survives() -> None:
    """As a value or as a key, in a form or in JSON."""
    for _, value in planted(("key", "value"), TOKENS | SECRETS | LITERALS):
        for body in ({value: 1}, {"a": value}, [value], {"a": [{value: [value]}]}, value):
            assert found(fields_of(orjson.dumps(body).decode())) == set()
        assert found(fields_of(f"a={value}")) == found(fields_of(value)) == set()
