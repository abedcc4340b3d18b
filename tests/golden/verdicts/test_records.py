"""Records of the verdicts topic: one of each kind, as the code before there were types wrote it."""

import gzip
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from monitor.base.errors import UndecodableError
from monitor.base.units import LogTime
from monitor.dimensions.structure import STRUCTURE
from monitor.drift.judge import Episode, judge
from monitor.drift.policy import Policy
from monitor.drift.records.latest import KINDS, read
from monitor.drift.records.placed import written
from monitor.drift.records.summary import Summary
from monitor.drift.report import build_report
from monitor.drift.verdict import State
from monitor.pipeline.timeline.commands import Lost
from monitor.pipeline.timeline.runs import Runs
from monitor.pipeline.timeline.sources import Sources
from monitor.pipeline.timeline.telemetry_lost import LostTelemetry
from monitor.publish.view import View
from tests.unit.drift.test_judge import ABOUT, line, story

HERE = Path(__file__).parent
OLD = sorted((HERE.parent / "formats" / "0.1").glob("*.json.gz"))
KEYS = {
    "flow": "flow/prod-test/shop\tGET /cart",
    "run": "run/integration/ci-1",
    "comparison": "comparison/c",
    "summary": "summary/0",
}


def golden(kind: str) -> bytes:
    return (HERE / f"{kind}.json").read_bytes()


def known(now: Any, then: Any) -> Any:
    """Of what is written now, the fields that were there then, in the order of now."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: known(each, then[key]) for key, each in now.items() if key in then}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [known(one, other) for one, other in zip(now, then, strict=True)]
    return now


def again(kind: str, value: bytes) -> bytes:
    """A record as it is written after it was read, but for fields that are newer than the golden ones."""
    now = orjson.loads(written(read(KEYS[kind], value)))
    return orjson.dumps(known(now, orjson.loads(golden(kind))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_written_as_before(kind: str) -> None:
    """What is read is written again byte for byte, its fields in the same order."""
    assert again(kind, golden(kind)) == golden(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_newer_release_adds_is_ignored(kind: str) -> None:
    """Fields that are not known change nothing, in a record and in its parts."""
    first = rb'\{(?="(?:partition|environment|flow|reference|reference_flows|paths|spans)")'
    assert again(kind, re.sub(first, b'{"spare":[{"a":1}],', golden(kind))) == golden(kind)


def test_an_alert_is_written_as_before() -> None:
    """Events of a flow in every phase, of one that nothing speaks of any more, and of an environment."""
    episode, [fired] = judge(ABOUT, STRUCTURE, [line(State.DRIFT)], Episode(), LogTime(0))
    events = [*story(State.SUSPECT, State.DRIFT, State.OK, State.SUSPECT)]
    events += judge(ABOUT, STRUCTURE, [], episode, LogTime(9000))[1]
    broke_off = Lost("test", "ci-1", "nightly", LogTime(5), 3, 10)
    events += LostTelemetry().fold(broke_off, (), Runs(), Sources(), Policy())
    written_then = (HERE / "alerts.jsonl").read_bytes().splitlines()
    assert [event.written() for event in events] == written_then
    assert fired.flow == "shop POST /orders" and events[-1].flow == ""


@pytest.mark.parametrize("world", OLD, ids=lambda path: path.name)
def test_what_the_first_release_wrote_is_read(world: Path) -> None:
    """Records without the fields that came later; the report is made from what they have."""
    records = orjson.loads(gzip.decompress(world.read_bytes()))["records"]
    view = View()
    for key, record in records.items():
        view.receive(key, orjson.dumps(record))
    sides = {"reference": "production", "candidate": "integration"}
    view.receive("comparison/prod-test", orjson.dumps({"partition": 0, "offset": 1, "comparison": sides}))
    told = [line for key, record in records.items() if "/prod-test/" in key for line in record["verdicts"]]
    assert len(build_report(view, "prod-test").verdicts) == len(told) > 0
    [summary] = view.every(Summary)
    assert [run.key for run in summary.runs] == [
        (run["environment"], run["run"]) for run in records["summary/0"]["runs"]
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("summary/0", b"{}"),
        ("summary/0", b"no JSON"),
        ("summary/0", b"[]"),
        ("later/0", b"{}"),
        ("summary/0", b'{"partition": 1, "offset": 999}'),
        ("flow/c/shop\tGET /", b'{"partition": 1, "offset": 999, "flow": "shop GET /"}'),
        ("comparison/c", b'{"partition": 0, "offset": 999}'),
        ("run/test/1", b'{"partition": 0, "offset": 999, "environment": "test", "run": "2"}'),
    ],
)
def test_what_is_no_record_is_refused(key: str, value: bytes) -> None:
    """A part of another type, no JSON, or a kind that is not known: the view keeps what it had."""
    view = View()
    view.receive("summary/0", golden("summary"))
    with pytest.raises(UndecodableError):
        view.receive(key, value)
    assert len(view.every(Summary)) == 1
