"""What fails in an observer while no record is in hand."""

from typing import Any

import pytest

from monitor.pipeline.defects import HalfFoldedError
from tests.factories import span
from tests.unit.pipeline.observe.topic import Topic


def broken(topic: Topic, part: str) -> Topic:
    """The same with a part that fails whenever it is used."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            if name == "open_fragments":
                return []
            raise ZeroDivisionError

    setattr(topic.observer, part, Broken())
    return topic


def test_a_defect_in_idle_time_names_the_oldest_record_that_is_needed() -> None:
    """The partition is at fault, not the process: its state must not be used any more."""
    topic = broken(Topic().write(0, span()), "_assembler")
    with pytest.raises(HalfFoldedError, match=r"flowdrift failed at it: ZeroDivisionError in .*report it"):
        topic.observer.idle(1000)


def test_a_defect_in_publishing_is_one_of_the_partition() -> None:
    """What cannot be said of a partition ends as what cannot be folded."""
    topic = broken(Topic().write(0, span()), "_activity")
    with pytest.raises(HalfFoldedError) as failed:
        topic.publish()
    assert failed.value.offset == 0
