"""Captured files: which records they hold, and in which encoding."""

import gzip
from pathlib import Path

import pytest

from monitor.replay import Capture, compare, payloads
from monitor.settings import Settings
from tests.golden.collector.test_collector import HERE, records

_RECORDS = HERE / "records"
_PAGE = _RECORDS / "jaeger_page.json"


def encodings(file: Path) -> list[str]:
    """The encoding of each record of a file."""
    return [encoding for _, encoding, _ in payloads(file)]


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
    record = records(encoding)[0]
    file.write_bytes(record)
    assert [(payload, told) for payload, told, _ in payloads(file)] == [(record, encoding)]


def test_blank_lines_are_no_records(tmp_path: Path) -> None:
    """Between lines and at the end of a file nothing is read."""
    file = tmp_path / "capture.jsonl"
    file.write_bytes(b'{"resourceSpans": []}\n\n{"resourceSpans": []}\n\n')
    assert encodings(file) == ["otlp_json"] * 2


def test_sides_in_different_encodings() -> None:
    """Production from Jaeger's page and tests from OTLP are compared like any other two."""
    sides = [Capture("reference", (_PAGE,)), Capture("candidate", (_RECORDS / "otlp_json.jsonl",))]
    report = compare(sides[0], sides[1], Settings(), lambda *_: None, pytest.fail)
    assert report.input.rejected == 0
    assert report.coverage.flows == 1.0
