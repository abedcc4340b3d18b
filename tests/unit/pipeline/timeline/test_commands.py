"""Commands and records from the topic: what is none is distinguished before anything is folded."""

from typing import Any

import orjson
import pytest

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.base.units import MAX_WEIGHT, LogTime
from monitor.drift.policy import Comparison, Policy
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.record_check import LARGEST, MOST_PARTITIONS, checked
from monitor.pipeline.timeline.commands import (
    KINDS,
    Begin,
    Command,
    Complete,
    Finish,
    Lost,
    Settings,
    SpanLoss,
    Threshold,
    command_of,
    numbered,
)
from monitor.pipeline.timeline.log_notes import Renewed, Skip
from tests.rows import header, row
from tests.unit.pipeline.auditing import POLICY

COMMANDS = (
    Settings(POLICY),
    Begin("test", "ci-1", "nightly", LogTime(5)),
    Finish("test", "ci-1", LogTime(5)),
    Complete("test", "ci-1", "nightly", LogTime(5)),
    Threshold(20_000, 3e7, 1e6),
    Lost("test", "ci-2", "nightly", LogTime(5), 3, 10),
    SpanLoss("test", {"cart": 0.05}),
    Skip(3, 712),
    Renewed(3, 712),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_comes_back_from_its_plain_form(command: Command) -> None:
    """A command comes back from its plain form, and from the numbered one."""
    assert command_of(command.plain()) == command
    assert numbered({"number": 7, **command.plain()}) == (7, command)


def test_subjects_tell_commands_apart() -> None:
    """The newest command of a subject replaces the older ones."""
    assert [command.subject for command in COMMANDS] == [
        "settings",
        "begin/test/ci-1",
        "finish/test/ci-1",
        "complete/test/ci-1",
        "threshold",
        "lost/test/ci-2",
        "loss/test",
        "skip/3/712",
        "renewed/3",
    ]


def test_a_run_is_spelled_as_telemetry_spells_it() -> None:
    """Whoever wrote a command: white space around the id, control characters, ids of any length."""
    for kind in ("begin", "finish"):
        plain = {"kind": kind, "environment": "", "run": f" ci\n1{'x' * 300}", "suite": "", "at": 1}
        command = command_of(plain)
        assert isinstance(command, Begin | Finish)
        assert command.run == f"ci\ufffd1{'x' * 196}"


@pytest.mark.parametrize("command", COMMANDS)
def test_fields_that_this_version_does_not_know_are_ignored(command: Command) -> None:
    """A newer release may have written them: what is known of the command holds."""
    assert command_of({**command.plain(), "of_a_newer_release": {"any": [1]}}) == command


def test_a_policy_of_a_newer_release_is_read() -> None:
    """Unknown fields are ignored in the policy, and in what stands inside it."""
    plain = Settings(POLICY).plain()
    policy = {**plain["policy"], "newer": 1}
    policy["comparisons"] = [{**each, "newer": 1} for each in policy["comparisons"]]
    policy["alerts"] = {**policy["alerts"], "newer": 1}
    assert command_of({**plain, "policy": policy}) == Settings(POLICY)


BROKEN: tuple[Any, ...] = (
    *(
        {"kind": "threshold", "day": 1, "page": page, "warn": 1.0}
        for page in (0, -1.0, True, "1", 1e301, None)
    ),
    [],
    7,
    {},
    {"number": 1},
    {"number": True, "kind": "finish", "environment": "", "run": "a", "at": 1},
    {"number": -1, "kind": "finish", "environment": "", "run": "a", "at": 1},
    {"number": 1, "kind": "finish", "environment": "", "run": 5, "at": 1},
    {"number": 1, "kind": "finish", "environment": "", "run": "a", "at": "now"},
    {"number": 1, "kind": "finish", "environment": "", "run": "a", "at": LARGEST},
    {"number": 1, "kind": "complete", "environment": "", "run": "a", "at": 1},
    {"number": 1, "kind": "begin", "environment": "", "run": "a", "at": 1},
    {"number": 1, "kind": "lost", "environment": "", "run": "a", "suite": "", "at": 1, "flows": 3},
    {"number": 1, "kind": "settings", "policy": {"bucket_ms": 0}},
    {"number": 1, "kind": "settings", "policy": {"page": 0}},
    {"number": 1, "kind": ["finish"]},
)


@pytest.mark.parametrize("plain", BROKEN, ids=str)
def test_what_is_no_command_is_undecodable(plain: Any) -> None:
    """A missing part, and one of another type or out of its range, raise the same error."""
    with pytest.raises(UndecodableError):
        numbered(plain)


def test_a_kind_to_come_is_no_damage() -> None:
    """A command of a kind that only a newer release knows must not be skipped: it says what to do."""
    with pytest.raises(NewerFormatError, match=r"command kind 'mute', this release reads .*: upgrade"):
        numbered({"number": 1, "kind": "mute"})


def test_fields_to_come_are_ignored() -> None:
    """A newer release may add fields to a command and to the policy: the known ones mean what they meant."""
    known = Settings(Policy(comparisons=(Comparison(name="a", reference="b", candidate="c"),)))
    plain = orjson.loads(orjson.dumps({"number": 1, **known.plain(), "soon": 1}))
    for part in (plain["policy"], plain["policy"]["comparisons"][0], plain["policy"]["alerts"]):
        part["soon"] = {"deep": True}
    assert numbered(plain) == (1, known)


def test_every_kind_is_named() -> None:
    """What is said to be known are the kinds that the commands write."""
    assert {command.plain()["kind"] for command in COMMANDS} == set(KINDS)


def test_what_observers_write_passes() -> None:
    """Records with rows, heartbeats and commands are folded as they are."""
    runs = {("test", "ci-1"): (1, 2)}
    head = header(low=1, log_time=5, low_times={"test": 4}, runs=runs, tallies={"spans": 2})
    for record in (FlowRecord(head, (row(1),)), FlowRecord(head), FlowRecord(None, command={"number": 1})):
        assert checked(record) is record


HEAD = header()
ROW = row(1)
SHAPE = ROW.shape
STRANGE: tuple[Any, ...] = (
    FlowRecord(None, (ROW,)),
    FlowRecord(HEAD._replace(partitions=MOST_PARTITIONS + 1)),
    FlowRecord(HEAD._replace(partitions=0)),
    FlowRecord(HEAD._replace(low="1")),  # type: ignore[arg-type]
    FlowRecord(HEAD._replace(at_end=1)),  # type: ignore[arg-type]
    FlowRecord(HEAD._replace(low_times={"test": None})),  # type: ignore[dict-item]
    FlowRecord(HEAD._replace(tallies=[])),  # type: ignore[arg-type]
    FlowRecord(header(runs={("test", 5): (1, 2)})),  # type: ignore[dict-item]
    FlowRecord(header(runs={("test", "ci-1"): (1, 2)}, marks=(("branch", 5),))),  # type: ignore[arg-type]
    FlowRecord(HEAD._replace(source=HEAD.source._replace(topic=5))),  # type: ignore[arg-type]
    FlowRecord(HEAD, (ROW._replace(began=1.5),)),  # type: ignore[arg-type]
    FlowRecord(HEAD, (ROW._replace(case=None),)),  # type: ignore[arg-type]
    FlowRecord(HEAD, (row(1, weight=MAX_WEIGHT + 1),)),
    FlowRecord(HEAD, (ROW._replace(shape=(SHAPE[0]._replace(parent=0),)),)),
    FlowRecord(HEAD, (ROW._replace(shape=(SHAPE[0], SHAPE[1]._replace(parent="0"))),)),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("record", STRANGE, ids=range(len(STRANGE)))
def test_what_nobody_of_us_wrote_is_undecodable(record: FlowRecord) -> None:
    """Parts of another type, parents that come later and numbers out of range would break the fold."""
    with pytest.raises(UndecodableError):
        checked(record)
