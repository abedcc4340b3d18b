"""Captured files: which records they hold, in which encoding, and the account of what was read."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from monitor.base.errors import ConfigurationError
from monitor.captured import PLACES, PLAUSIBLE_BYTES, REASONS, captured, read
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.recognise import encoding_of
from monitor.wire.span import Kind
from tests.deploy.documented import snippets
from tests.golden.collector.test_collector import HERE, records
from tests.unit.wire.requests import as_json, request, sent

_RECORDS = HERE / "records"
GOOD = as_json(request([sent(1), sent(2, parent=1)]))
ONE = as_json(request([sent(1)]))
BAD = as_json(request([sent(1), sent(2, span_id=b"")]))
USELESS = as_json(request([sent(1, span_id=b"")]))


def encodings(file: Path) -> list[str]:
    """The encoding of each record of a file."""
    return [encoding_of(record.payload) for record, _ in captured(file)]


def account(file: Path, *lines: bytes) -> list[str]:
    """The account of a file with these lines, without its name."""
    file.write_bytes(b"\n".join(lines))
    told = list(read(file, Decoder(AttributionSettings()), "test", lambda *_: None).account())
    return [told[0].removeprefix(f"{file}: "), *told[1:]]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("otlp_json.jsonl", ["otlp_json"]),
        ("jaeger_json.jsonl", ["jaeger_json"] * 16),
        ("jaeger_page.json", ["jaeger_json"]),
        ("zipkin_json.jsonl", ["zipkin_json"]),
    ],
)
def test_json(tmp_path: Path, name: str, found: list[str], zipped: bool) -> None:
    """A file of JSON lines holds one record per line; a document over many lines is one, gzipped or not."""
    file = tmp_path / name
    content = (_RECORDS / name).read_bytes()
    file.write_bytes(gzip.compress(content) if zipped else content)
    assert encodings(file) == found


@pytest.mark.parametrize("encoding", ["otlp_proto", "jaeger_proto", "zipkin_proto", "zipkin_thrift", "tempo"])
def test_binary(tmp_path: Path, encoding: str) -> None:
    """A binary file is one record, whatever bytes its lines would end with."""
    file = tmp_path / "capture.bin"
    payload = records(encoding)[0]
    file.write_bytes(payload)
    assert [record.payload for record, _ in captured(file)] == [payload]
    assert encodings(file) == [encoding]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("indent", [None, 2])
def test_texts_of_windows(tmp_path: Path, encoding: str, indent: int | None) -> None:
    """A byte order mark is no part of the text, and a text in UTF-16 is read as what it says."""
    document = json.loads(GOOD) | {"note": "größe \U0001f600"}
    file = tmp_path / "capture.json"
    text = json.dumps(document, indent=indent, ensure_ascii=False) + "\r\n"
    file.write_bytes(text.encode(encoding))
    assert [json.loads(record.payload) for record, _ in captured(file)] == [document]


@pytest.mark.parametrize("damage", [slice(-8), slice(None, None, -1)])
def test_gzip_that_is_cut_off(tmp_path: Path, damage: slice) -> None:
    """A gzip file without its end is an error that names it; other bytes are a record to be refused."""
    file = tmp_path / "capture.jsonl.gz"
    file.write_bytes(gzip.compress(GOOD)[damage])
    if damage.stop:
        with pytest.raises(ConfigurationError, match="is no whole gzip file"):
            list(captured(file))
    else:
        assert len(list(captured(file))) == 1


@pytest.mark.parametrize("content", [b"\0", b"[" + b" " * 100_000 + b"]\n"])
def test_gzip_beyond_measure(tmp_path: Path, content: bytes) -> None:
    """A small file that unpacks to a giant is refused before it has, whatever it would hold."""
    file = tmp_path / "bomb.gz"
    file.write_bytes(gzip.compress(content * (3 * PLAUSIBLE_BYTES // len(content))))
    tracemalloc.start()
    with pytest.raises(ConfigurationError, match="unpacks to over 500 times its size"):
        for _ in captured(file):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * PLAUSIBLE_BYTES


def test_an_account_without_faults(tmp_path: Path) -> None:
    """One line: how many lines, documents or records were read, with how many spans."""
    file = tmp_path / "a"
    assert account(file, GOOD, b"", GOOD) == ["2 lines read, 0 rejected, 4 spans"]
    assert account(file, json.dumps(json.loads(GOOD), indent=1).encode()) == [
        "1 document read, 0 rejected, 2 spans"
    ]
    assert account(file, request([sent()]).SerializeToString()) == ["1 record read, 0 rejected, 1 span"]
    assert account(file) == ["nothing read, 0 rejected, 0 spans"]


def test_an_account_of_faults(tmp_path: Path) -> None:
    """Each reason with its number and the first lines, the commonest first, and spans that were left out."""
    lines = [GOOD, USELESS, b"oops", *[USELESS] * PLACES, BAD]
    ids = "valid trace id (16 bytes) and span id (8 bytes)"
    assert account(tmp_path / "a", *lines) == [
        "7 lines read, 5 rejected, 3 spans",
        f"  4 rejected (lines 2, 4, 5, ...): no span with a {ids}, read as otlp_json",
        "  1 rejected (line 3): text, and no JSON",
        f"  1 span left out: no {ids}",
    ]


def test_an_account_of_odd_spans(tmp_path: Path) -> None:
    """Spans that are read, and may still not be what somebody thinks they are, are counted."""
    odd = as_json(
        request([sent(1, start=1_700_000_000, end=1_700_000_001, kind=Kind.UNSPECIFIED)], {"a": "b"})
    )
    assert account(tmp_path / "a", GOOD, odd) == [
        "2 lines read, 0 rejected, 3 spans",
        "  1 span began before 2000 or after 2099, or took over 30 days: is it the unit?",
        "  1 span without the name of a service",
        "  1 span without a kind",
    ]


def test_the_documented_account(tmp_path: Path) -> None:
    """deploy/telemetry.md shows what an account is."""
    search = b'{"traces": [{"traceID": "1", "rootServiceName": "shop"}]}'
    told = account(tmp_path / "prod.jsonl", *[ONE] * 60, search, search, b"curl: (28) timeout")
    assert "\n".join(["prod.jsonl: " + told[0], *told[1:]]) == snippets()["account.txt"].rstrip()


def test_an_account_is_bounded(tmp_path: Path) -> None:
    """However many reasons there are, the commonest are reported and the others counted."""
    lines = [b'{"name%d": 1}' % number for number in range(REASONS + 5)]
    told = account(tmp_path / "a", *lines)
    assert len(told) == 1 + REASONS + 1
    assert told[-1] == "  5 rejected for 5 other reasons"
