"""Ids in text."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.ids import SPAN, TRACE, any_id

SIZES = [TRACE, SPAN]


@pytest.mark.parametrize("size", SIZES)
@given(data=st.data())
def test_every_spelling_of_an_id_is_that_id(size: int, data: st.DataObject) -> None:
    """Hexadecimal digits of either case, and base64 of either alphabet, padded or not."""
    raw = data.draw(st.binary(min_size=size, max_size=size))
    plain = b64encode(raw).decode()
    spellings = [raw.hex(), raw.hex().upper(), plain, plain.rstrip("="), urlsafe_b64encode(raw).decode()]
    assert {any_id(each, size) for each in spellings} == {raw}


@given(st.binary(min_size=SPAN, max_size=SPAN))
def test_a_short_trace_id_is_padded(raw: bytes) -> None:
    """A trace id of 64 bits is the lower half of one of 128, in any spelling."""
    assert any_id(raw.hex(), TRACE) == any_id(b64encode(raw).decode(), TRACE) == bytes(8) + raw


@pytest.mark.parametrize("size", SIZES)
@given(text=st.one_of(st.text(), st.none(), st.integers(), st.binary().map(lambda raw: raw.hex())))
def test_anything_else_is_no_id(size: int, text: object) -> None:
    """Whatever the text is, the answer has the size of an id or is nothing."""
    assert len(any_id(text, size)) in (0, size)


@pytest.mark.parametrize("text", ["", "=", "0102", "5b8efff79803810", "z" * 32, "!" * 22, "0" * 40])
def test_what_has_no_spelling_of_an_id(text: str) -> None:
    """Other lengths and other characters are no id."""
    assert any_id(text, TRACE) == b""


def test_a_trace_id_is_no_span_id() -> None:
    """Where a span id is meant, 128 bits are none."""
    assert any_id("ab" * 16, SPAN) == b""
