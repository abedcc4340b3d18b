"""Marks of what is in hand: a record that ends the process is found, and an innocent one is not blamed."""

from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kafka.observer.offsets import Commit
from monitor.kafka.observer.trials import Mark, Trials


class Record(NamedTuple):
    """All that is looked at of a record."""

    offset: int


class Log:
    """A partition that is read from its beginning by one process after the other."""

    def __init__(self, length: int) -> None:
        self.records = [Record(offset) for offset in range(length)]
        self.commit = Commit(0)

    def start(self, dies_at: int | None = None, killed_after: int | None = None) -> set[int]:
        """Read until it dies at a record, or is killed after so many; the offsets that were passed unread."""
        trials = Trials(self.commit.opened, self.commit.mark)
        self.commit = self.commit._replace(opened=self.commit.opened + 1)
        folded = 0
        for portion in trials.portions(self.records):
            if portion.mark:
                self.commit = self.commit._replace(mark=portion.mark)
            for record in portion.records:
                if record.offset == dies_at != trials.fatal or folded == killed_after:
                    return set()
                folded += 1
        self.commit = self.commit._replace(opened=0, mark=Mark())
        return set() if trials.fatal is None else {trials.fatal}


@pytest.mark.fault(16)
@given(st.integers(1, 30), st.data())
def test_a_record_that_ends_the_process_is_passed_after_three_or_four_exits(
    length: int, data: st.DataObject
) -> None:
    """The mark named it in its batch, and alone; the next start reads all but this record."""
    poison = data.draw(st.integers(0, length - 1))
    log = Log(length)
    passed: list[set[int]] = []
    while not passed or not passed[-1]:
        passed.append(log.start(dies_at=poison))
    assert passed[-1] == {poison} and len(passed) == (4 if length == 1 else 5)
    assert log.commit == Commit(0)


@pytest.mark.fault(16)
def test_a_process_that_is_killed_at_any_time_passes_nothing() -> None:
    """Three kills in a row leave marks, too, but those of different records."""
    random = Random(1)
    for _ in range(200):
        log, before = Log(100), -1
        for _ in range(3):
            after = random.choice([n for n in range(100) if n != before])
            before = after
            assert log.start(killed_after=after) == set()
        assert log.start() == set()


def test_without_an_unclean_exit_nothing_is_marked() -> None:
    """The records of a fetch are folded together, as they come."""
    records = [Record(1), Record(2)]
    assert list(Trials(0, Mark(1, 2, 2)).portions(records)) == [(records, None)]
    assert Trials(0, Mark(1, 2, 2)).fatal is None


def test_the_mark_stands_in_the_metadata_of_the_commit() -> None:
    """A commit of the release before has none, and one with nothing in hand looks like that."""
    commit = Commit(7, "id", 2, 3, 4, opened=1, mark=Mark(8, 9, 1))
    assert Commit.read(7, commit.metadata) == commit
    assert Commit(7, "id", 2, 3, 4).metadata == '["id",2,3,4]'
    assert Commit.read(7, '["id",2,3,4]') == Commit(7, "id", 2, 3, 4)
