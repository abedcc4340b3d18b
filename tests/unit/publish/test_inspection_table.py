"""What `flowdrift inspect` prints for people."""

import pytest
import yaml

from monitor.pipeline.advice import advise
from monitor.publish.inspection_table import WIDTH, print_inspection
from tests.unit.pipeline.inspecting import GIVEN, WAYS, record, resource, seen, trace

EXPECTED = """\
topic      spans: 2 partitions, 10 records, 10 sampled, LogAppendTime
records    401 spans; 111 bytes in the median, 111 at most
encodings  otlp_proto 201
not read   malformed 1
keys       none 201
traces     200, 0 of them on several partitions
entry      shop GET /all: 100% of production, looks like a gateway
"""


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    fan = [record(trace(n, WAYS[n % 10])) for n in range(1, 201)]
    tests = record(of=resource("integration", test_run_id="a-run-id-that-is-rather-long" * 3))
    print_inspection(advise(seen(*fan, tests, record(value=b"x" * 30)), GIVEN))
    return capsys.readouterr().out


def test_it_says_what_was_seen_first(capsys: pytest.CaptureFixture[str]) -> None:
    """A line per fact, then a table of environments, then what to do."""
    facts, table, *findings = printed(capsys).split("\n\n")
    assert [line.split()[0] for line in facts.splitlines()] == [
        line.split()[0] for line in EXPECTED.splitlines()
    ]
    assert facts.splitlines()[2:] == EXPECTED.splitlines()[2:]
    assert [line.split() for line in table.splitlines()][1] == [
        *("production", "attribute", "600", "200", "0%", "0%", "not", "stated"),
    ]
    assert findings[0].startswith("! 1 of 202 records hold no spans that can be read: malformed\n  -> ")


def test_it_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever there is to say."""
    assert max(map(len, printed(capsys).splitlines())) <= WIDTH


def test_its_last_part_is_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands below the heading can be pasted."""
    _, _, pasted = printed(capsys).partition("configuration to paste (YAML):\n")
    assert yaml.safe_load(pasted)["flows"] == {"pass_through": ["shop GET /all"]}
