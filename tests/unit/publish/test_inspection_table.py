"""What `flowdrift inspect` prints for people."""

import pytest
import yaml

from monitor.pipeline.inspect.advice import advise
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
value      integration: deployment.environment.name = integration
value      production: deployment.environment.name = prod
run        integration
"""


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    fan = [record(trace(n, WAYS[n % 10])) for n in range(1, 201)]
    tests = record(of=resource("integration", test_run_id="a-run-id-that-is-rather-long" * 3))
    print_inspection(advise(seen(*fan, tests, record(value=b"x" * 30)), GIVEN))
    return capsys.readouterr().out


def test_it_says_what_was_seen_first(capsys: pytest.CaptureFixture[str]) -> None:
    """The table has a line per fact, then the environments, then what to do."""
    facts, table, *findings = printed(capsys).split("\n\n")
    named = [line.split()[0] for line in facts.splitlines() if not line.startswith(" ")]
    assert named == [line.split()[0] for line in EXPECTED.splitlines()]
    lines = facts.splitlines()
    assert lines[2:9] == EXPECTED.splitlines()[2:9]
    assert lines[10:] == [
        "           a-run-id-that-is-rather-longa-run-id-that-is-rather-longa...",
        "           (test.run.id), 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z, 1 span,",
        "           0 cases",
    ]
    assert [line.split() for line in table.splitlines()][1] == [
        *("production", "attribute", "600", "200", "0%", "0%", "not", "stated"),
    ]
    assert findings[0].startswith("! 1 of 202 records hold no spans that can be read: malformed\n  -> ")


def test_it_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """The table fits 80 columns, whatever it says."""
    assert max(map(len, printed(capsys).splitlines())) <= WIDTH


def test_its_last_part_is_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    """The last part of the table is YAML to paste."""
    _, _, pasted = printed(capsys).partition("configuration to paste (YAML):\n")
    assert yaml.safe_load(pasted)["flows"] == {"pass_through": ["shop GET /all"]}
