"""Whatever stands on a topic of ours is read, or counted and passed; what a newer release wrote stops us."""

from typing import Any

import orjson
import pytest
from aiokafka.structs import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.clock import ManualClock
from monitor.base.errors import NewerFormatError
from monitor.base.steps import result_of
from monitor.kafka.auditor.checkpoints import entries_of, restoring
from monitor.kafka.auditor.log_notes import LogNotes
from monitor.kafka.auditor.log_renewal import LogRenewal
from monitor.kafka.auditor.owner_loop import OwnerLoop
from monitor.kafka.auditor.verdicts import VerdictsRole
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.audit.auditor import PartitionAuditor, entry_key
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.timeline.log_notes import Renewed, Skip
from monitor.publish.view import View
from tests.unit.kafka.client.test_writing import Broker
from tests.unit.pipeline.auditing import Log, summary_of
from tests.unit.pipeline.timeline.test_commands import COMMANDS

SETTINGS, CLOCK = KafkaSettings(), ManualClock()
SOUND = PartitionAuditor(0, 2, 1, {})
KEYS = [
    *(command.subject.encode() for command in COMMANDS),
    *(entry_key(0, number, 2).encode() for number in range(2)),
    b"summary/0",
    b"flow/c/shop\tGET /",
    b"comparison/c",
    b"run/test/1",
]
VALUES = [
    *(orjson.dumps(command.plain()) for command in COMMANDS),
    *(SOUND.checkpoint(number) for number in range(2)),
    orjson.dumps(summary_of(Log().fold())),
]
Row = tuple[bytes | None, bytes | None]


@st.composite
def cut(draw: st.DrawFn) -> bytes:
    """A sound value with some bytes of it replaced."""
    value = draw(st.sampled_from(VALUES))
    start = draw(st.integers(0, len(value)))
    stop = draw(st.integers(start, len(value)))
    return value[:start] + draw(st.binary(max_size=8)) + value[stop:]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "partition", "offset", "base", "run", "policy", "v"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)
KEY = st.none() | st.binary(max_size=12) | st.sampled_from(KEYS)
VALUE = (
    st.none()
    | st.binary(max_size=40)
    | st.sampled_from(VALUES)
    | cut()
    | JSON.map(lambda plain: str(plain).replace("'", '"').encode())
)
ROWS = st.lists(st.tuples(KEY, VALUE), max_size=6)


def record(offset: int, row: Row) -> ConsumerRecord[Any, Any]:
    key, value = row
    return ConsumerRecord("own", 0, offset, 10**12, 0, key, value, None, -1, -1, ())


@pytest.mark.fault(33)
@given(ROWS)
def test_any_record_of_the_verdicts_topic_is_shown_or_counted(rows: list[Row]) -> None:
    """No record ends the reading of the view, and nothing that it refuses is shown."""
    view = View()
    role = VerdictsRole(SETTINGS, view, CLOCK)
    for offset, row in enumerate(rows):
        before = len(view.frozen()._kinds)
        role._feed._receive(record(offset, row))
        assert len(view.frozen()._kinds) == before
    assert role.unreadable <= len(rows)


@pytest.mark.fault(33)
@given(ROWS)
def test_any_record_of_the_commands_topic_is_obeyed_or_passed(rows: list[Row]) -> None:
    """Notes and the owner read on; only a kind that is still to come stops deciding, with what to do."""
    notes = LogNotes(SETTINGS, CLOCK)
    names = Names(SETTINGS.prefix)
    writer, reader = Writer(Broker({}), CLOCK), LogReader(SETTINGS, CLOCK)
    logs = LogRenewal(writer, reader, names, notes, CLOCK)
    loop = OwnerLoop(Owner(1), writer, SETTINGS, CLOCK, {}, logs)
    for offset, row in enumerate(rows):
        notes._feed._receive(record(offset, row))
        loop._commands._receive(record(offset, row))
        loop._verdicts._receive(record(offset, row))
    assert not loop.stopped or "upgrade flowdrift" in loop.stopped


@pytest.mark.fault(19, 33)
@given(ROWS)
def test_any_record_of_the_checkpoints_topic_costs_its_shard_at_most(rows: list[Row]) -> None:
    """A partition is restored from what is sound, or left alone where a newer release wrote."""
    try:
        auditor = result_of(restoring(0, 2, 1, entries_of(0, 2, rows)))
    except NewerFormatError:
        return
    assert auditor.next_offset >= 0


def test_notes_say_what_commands_said() -> None:
    """Offsets to pass add up; of two bases of a log the larger one counts."""
    notes = LogNotes(SETTINGS, CLOCK)
    commands: list[Skip | Renewed] = [Skip(1, 7), Skip(1, 9), Renewed(1, 40), Renewed(1, 30)]
    for offset, command in enumerate(commands):
        row = (command.subject.encode(), orjson.dumps(command.plain()))
        notes._feed._receive(record(offset, row))
    assert notes.of(1).skips == {7, 9}
    assert notes.of(1).base == 40
    assert notes.of(0).base == 0


@pytest.mark.parametrize("value", [b"{}", b"[]", b"\xff", b'{"kind": "renewed", "partition": 1, "base": -1}'])
def test_what_is_no_note_changes_nothing(value: bytes) -> None:
    """A record that says something else of a partition is passed."""
    notes = LogNotes(SETTINGS, CLOCK)
    notes._feed._receive(record(0, (b"renewed/1", value)))
    assert notes.of(1).base == 0
