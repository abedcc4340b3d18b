"""The records in the bytes of a file."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.records import Record, records

BOM = b"\xef\xbb\xbf"
A = {"resourceSpans": [{"resource": {"attributes": []}, "note": 'a "{" and \\ in a text'}]}
B = {"resourceSpans": [], "note": "]]]}"}
LIST = [[{"traceId": "1"}], [{"traceId": "2", "tags": {"a": "}{"}}]]


def found(content: bytes) -> list[Record]:
    return list(records(content.splitlines(keepends=True)))


def places(content: bytes) -> list[str]:
    return [f"{record.unit} {record.number}" for record in found(content)]


def documents(content: bytes) -> list[Any]:
    """What the records of a text are, each as JSON."""
    return [json.loads(record.payload) for record in found(content)]


def text(*given: Any, indent: int | None = None, between: str = "\n") -> bytes:
    return between.join(json.dumps(each, indent=indent) for each in given).encode()


def test_a_record_per_line() -> None:
    """Each line is a record, and blank ones are none."""
    content = text(A, B, LIST, between="\n\n") + b"\n\n"
    assert documents(content) == [A, B, LIST]
    assert places(content) == ["line 1", "line 3", "line 5"]


@pytest.mark.parametrize("indent", [0, 1, 4])
@pytest.mark.parametrize("between", ["\n", "", "\r\n\r\n", ",\n", " "])
def test_documents_over_many_lines(indent: int, between: str) -> None:
    """They may be indented or not, and follow each other in any way; brackets in texts are none."""
    content = text(A, LIST, B, indent=indent, between=between)
    assert documents(content) == [A, LIST, B]
    assert places(content)[0] == "line 1"


def test_documents_on_one_line() -> None:
    """Even without anything between them."""
    assert documents(text(A, B, LIST, between="")) == [A, B, LIST]


def test_a_list_of_lines() -> None:
    """A list with an element per line is one document."""
    content = b"[\n" + text(A, B, A, between=",\n") + b"\n]\n"
    assert documents(content) == [[A, B, A]]
    assert documents(b'{"data":[' + text(A, B, between=",\n") + b"\n]}") == [{"data": [A, B]}]


def test_byte_order_marks() -> None:
    """At the beginning and between files that were put together, as editors of Windows write them."""
    assert documents(BOM + text(A, indent=1) + b"\r\n" + BOM + text(B) + b"\r\n") == [A, B]


@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_cut_off_costs_no_other(indent: int | None) -> None:
    """A document without its end is a record that the next one bounds, at the end of the file, too."""
    whole = text(A, indent=indent)
    cut = whole[: len(whole) // 2]
    content = b"\n".join([whole, cut, whole, whole, cut])
    payloads = [record.payload.strip() for record in found(content)]
    assert payloads == [whole, cut, whole, whole, cut]


def test_what_is_no_json_is_a_record() -> None:
    """Lines of text are records, for the decoder to refuse, and so is what stands beside a document."""
    content = b'Exporting ...\n{"a": 1} done {"b": 2}]\nend\n'
    assert [record.payload for record in found(content)] == [
        b"Exporting ...\n",
        b'{"a": 1}',
        b"done",
        b'{"b": 2}',
        b"]",
        b"end\n",
    ]
    assert places(content) == ["line 1", "line 2", "line 2", "line 2", "line 2", "line 3"]


def test_one_page_is_one_record() -> None:
    """A text that is known as another kind of file is not cut into its lines."""
    assert len(found(b"<!DOCTYPE html>\n<html>\n<body>sign in</body>\n</html>\n")) == 1


def framed(*messages: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4, "big") + each for each in messages)


def test_binary() -> None:
    """Whatever bytes its lines would end with, a binary record is one."""
    assert found(b"\x0a\x12\n\n{}\n\x00") == [Record(b"\x0a\x12\n\n{}\n\x00", "record", 1)]
    assert found(b"") == []


def test_binary_records_with_their_sizes() -> None:
    """The Collector's file exporter writes the size of each message before it; the last may be cut off."""
    messages = [b"\x0a\x02\x12\x00", b"\x0a" + b"\x00" * 300]
    content = framed(*messages)
    assert [record.payload for record in found(content)] == messages
    assert places(content) == ["record 1", "record 2"]
    assert [record.payload for record in found(content[:-1])] == [messages[0], messages[1][:-1]]
    assert found(bytes(8)) == [Record(bytes(8), "record", 1)]


_json = st.recursive(
    st.none() | st.integers() | st.text(max_size=4) | st.sampled_from(("{", "]", '"', "\\", "}{")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
_containers = st.lists(_json, max_size=3) | st.dictionaries(st.text(max_size=4), _json, max_size=3)


_indents, _between = st.sampled_from((None, 0, 1)), st.sampled_from(("", "\n"))


@given(st.lists(_containers, min_size=1, max_size=4), _indents, _between)
def test_any_documents(given: list[Any], indent: int | None, between: str) -> None:
    """Documents of any content, printed in any way, come out as they went in."""
    assert documents(text(*given, indent=indent, between=between)) == given


@given(st.lists(st.sampled_from((b"{", b"}", b"[", b"]", b'"', b"\\", b"a", b"\n", b" ", b",")), max_size=60))
def test_nothing_is_left_out(parts: Iterable[bytes]) -> None:
    """Whatever a text is, its records hold all of it but what parts them."""
    content = b"".join(parts)

    def bare(given: bytes) -> bytes:
        return b"".join(given.split()).replace(b",", b"")

    assert bare(b"".join(record.payload for record in found(content))) == bare(content)
