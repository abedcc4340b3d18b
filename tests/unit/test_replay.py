"""Two captures compared."""

import json
from pathlib import Path

import pytest

from monitor.base.errors import ConfigurationError
from monitor.replay import Capture, compare
from monitor.settings import Settings
from tests.golden.collector.test_collector import HERE
from tests.unit.wire.requests import as_json, request, sent

_RECORDS = HERE / "records"
_PAGE = _RECORDS / "jaeger_page.json"


def test_sides_in_different_encodings() -> None:
    """Production from Jaeger's page and tests from OTLP are compared like any other two."""
    sides = [Capture("reference", (_PAGE,)), Capture("candidate", (_RECORDS / "otlp_json.jsonl",))]
    report = compare(sides[0], sides[1], Settings(), lambda *_: None, lambda _: None)
    assert report.input.rejected == 0
    assert report.coverage.flows == 1.0


def test_each_file_has_an_account(tmp_path: Path) -> None:
    """What was read and rejected is reported of every file of both sides, in the order of their names."""
    span = as_json(request([sent()]))
    files = [tmp_path / name for name in ("a", "b", "c")]
    for file, lines in zip(files, ([span], [b'{"traces": []}'], [span, span]), strict=True):
        file.write_bytes(b"\n".join(lines))
    told: list[str] = []
    sides = Capture("prod", (files[0], files[1])), Capture("test", (files[2],))
    report = compare(*sides, Settings(), lambda *_: None, told.append)
    assert [line.removeprefix(str(tmp_path)) for line in told if not line.startswith("  ")] == [
        "/a: 1 line read, 0 rejected, 1 span",
        "/b: 1 line read, 1 rejected, 0 spans",
        "/c: 2 lines read, 0 rejected, 2 spans",
    ]
    assert report.input.rejected == 1


def test_a_side_without_spans_is_an_error(tmp_path: Path) -> None:
    """The account is reported first, then the error with the first reason."""
    search = tmp_path / "search.json"
    search.write_text(json.dumps({"traces": [{"traceID": "1", "rootTraceName": "GET /"}]}))
    told: list[str] = []
    sides = Capture("prod", (_PAGE,)), Capture("test", (search,))
    with pytest.raises(ConfigurationError, match=r"test: no span could be .* answer of Tempo"):
        compare(*sides, Settings(), lambda *_: None, told.append)
    assert f"{search}: 1 line read, 1 rejected, 0 spans" in told
