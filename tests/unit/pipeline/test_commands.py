"""Commands and records from the topic: what is none is told apart before anything is folded."""

from typing import Any

import pytest

from monitor.base.errors import UndecodableError
from monitor.base.units import MAX_WEIGHT, LogTime
from monitor.flows.record import FlowRecord
from monitor.pipeline.checked import MOST, MOST_PARTITIONS, checked
from monitor.pipeline.commands import (
    Command,
    Complete,
    Finish,
    Lost,
    Settings,
    Threshold,
    command_of,
    numbered,
)
from tests.rows import header, row
from tests.unit.pipeline.auditing import POLICY

COMMANDS = (
    Settings(POLICY),
    Finish("test", "ci-1", LogTime(5)),
    Complete("test", "ci-1", "nightly", LogTime(5)),
    Threshold(20_000, 3e7, 1e6),
    Lost("test", "ci-2", "nightly", LogTime(5), 3, 10),
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
        "finish/test/ci-1",
        "complete/test/ci-1",
        "threshold",
        "lost/test/ci-2",
    ]


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
    {"number": 1, "kind": "finish", "environment": "", "run": "a", "at": MOST},
    {"number": 1, "kind": "complete", "environment": "", "run": "a", "at": 1},
    {"number": 1, "kind": "lost", "environment": "", "run": "a", "suite": "", "at": 1, "flows": 3},
    {"number": 1, "kind": "settings", "policy": {"bucket_ms": 0}},
    {"number": 1, "kind": "settings", "policy": {"page": 0}},
    {"number": 1, "kind": "settings", "policy": {"surprise": 1}},
    {"number": 1, "kind": ["finish"]},
)


@pytest.mark.parametrize("plain", BROKEN, ids=str)
def test_what_is_no_command_is_undecodable(plain: Any) -> None:
    """A missing part, one of another type or out of its range, and an unknown kind raise the same error."""
    with pytest.raises(UndecodableError):
        numbered(plain)


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
