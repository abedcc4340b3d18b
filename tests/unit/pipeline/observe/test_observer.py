"""The observer of one source partition, from bytes to records of the flows topic."""

from typing import Any

import pytest

from monitor.pipeline.observe.activity import MOST_ENVIRONMENTS, MOST_RUNS_OF_ONE
from monitor.pipeline.observe.observer import ObserverSettings, SourceRecord
from tests.factories import span
from tests.unit.pipeline.observe.topic import SECOND, T, Topic


def test_a_closed_group_becomes_a_row() -> None:
    """A closed group becomes one row, named by where it began and dated by log time."""
    topic = Topic(start=40).write(0, span(2, parent=1)).write(SECOND, span(1)).write(11 * SECOND)
    (flow,) = topic.flows()
    assert (flow.offset, flow.place, flow.began) == (40, 0, T)
    assert topic.flows() == []


def test_the_low_offset_is_that_of_the_oldest_open_group() -> None:
    """The low offset is that of the oldest open group, or the position where none is open."""
    topic = Topic().write(0, span(1, trace=1)).write(5 * SECOND, span(1, trace=2))
    assert topic.observer.committable is None
    assert topic.header().low == 0 and topic.observer.committable == 0
    assert topic.write(12 * SECOND).header().low == 1
    assert topic.write(30 * SECOND).header().low == topic.observer.position == 4


def test_records_held_back_count_as_open() -> None:
    """While log time is undecided nothing behind it may be committed, and the end is not reached."""
    topic = Topic(guarded=True).write(0, span(1))
    head = topic.header(at_end=True)
    assert (head.low, head.log_time, head.at_end) == (0, 0, False)
    for at in range(1, 5):
        topic.write(at)
    for at in range(3, 24, 3):
        topic.write(at * SECOND)
    topic.write(3_600_000)
    assert topic.header().low == 12


def test_an_empty_partition_is_heard_of() -> None:
    """An empty partition reports its end with log time 0, and holds back no clock."""
    head = Topic(guarded=True).header(at_end=True)
    assert (head.low, head.log_time, head.at_end, head.low_times) == (0, 0, True, {})


def test_a_run_is_forgotten_only_after_all_targets_heard_of_it() -> None:
    """A run that log time passed between two headers is in the next one, and not in the one after."""
    topic = Topic().write(0, span(1, environment="integration", run="ci-1")).write(3_600_000)
    assert list(topic.header().runs) == [("integration", "ci-1")]
    assert list(topic.header().runs) == []


@pytest.mark.fault(29)
def test_a_header_names_a_bounded_number_of_environments() -> None:
    """Those that came first; an open group of another one holds every clock, as one of none would."""
    topic = Topic()
    for n in range(MOST_ENVIRONMENTS + 2):
        topic.write(n, span(1, trace=1 + n, environment=f"pr-{n:03}"))
    times = topic.header().low_times
    assert len(times) == MOST_ENVIRONMENTS + 1 and list(times) == sorted(times)
    assert (times["pr-000"], times["pr-255"], times["unknown"]) == (T, T + 255, T + 256)


def test_idle_time_closes_groups() -> None:
    """Groups of an idle partition close, by at most a second for each empty fetch."""
    topic = Topic().write(0, span(1))
    topic.observer.idle(60 * SECOND)
    assert topic.flows() == [] and topic.observer.log_time == T + SECOND
    for _ in range(9):
        topic.observer.idle(SECOND)
    assert len(topic.flows()) == 1
    topic.write(11 * SECOND)
    assert topic.observer.log_time == T + 11 * SECOND


def test_idle_time_ends_the_wait_for_a_first_log_time() -> None:
    """A partition with a single record gives its flow after the quiet gap, too."""
    topic = Topic(guarded=True).write(0, span(1))
    for _ in range(10):
        topic.observer.idle(SECOND)
    assert [flow.began for flow in topic.flows()] == [T]


@pytest.mark.parametrize(
    ("value", "headers", "code"),
    [
        (b"broken", {}, "malformed"),
        (None, {}, "tombstone"),
        (b"0", {"otelcol_signal": b"logs"}, "wrong_signal"),
    ],
)
def test_a_record_without_spans_is_told_and_stops_nothing(
    value: bytes | None, headers: dict[str, bytes], code: str
) -> None:
    """A record without spans is counted, and handed to the caller."""
    topic = Topic().raw(0, value, **headers).write(0, span(1)).write(10 * SECOND)
    ((offset, told, message, _),) = topic.observer.rejected
    assert (offset, told, topic.observer.tallies["rejected"]) == (0, code, 1) and message
    assert len(topic.flows()) == 1


@pytest.mark.fault(17)
def test_a_rejected_record_holds_the_low_offset_until_it_is_told() -> None:
    """A restart before its dead letter is safe reads it again: the low offset passes it only then."""
    topic = Topic().raw(0, b"broken").write(0, span(1)).write(60 * SECOND)
    assert topic.observer.low == 0
    topic.observer.rejected.clear()
    assert topic.observer.low == topic.observer.position


@pytest.mark.fault(28)
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ((("\udce9", b"x"),), "headers"),
        (tuple((f"h{number}", b"") for number in range(1001)), "headers"),
        ((("\u00e9", b"x"), ("deployment.environment.name", None)), None),
    ],
)
def test_headers_that_no_producer_should_send(headers: tuple[Any, ...], code: str | None) -> None:
    """A key that is not UTF-8, or too many headers: rejected. A null value says nothing, and is allowed."""
    topic = Topic()
    topic.spans.append([])
    topic.observer.fold(SourceRecord(0, T, b"0", headers))
    assert [each.code for each in topic.observer.rejected] == ([code] if code else [])


def test_a_record_header_may_name_the_environment() -> None:
    """A record header names the environment before the spans' attributes do, by its new name first."""
    topic = Topic()
    topic.spans.append([])
    topic.raw(0, b"0", deployment_environment=b"old", deployment_environment_name=b"new").raw(0, b"0")
    topic.raw(0, b"0", deployment_environment=b"old", otelcol_signal=b"traces")
    topic.raw(0, b"0", deployment_environment_name=b" ", deployment_environment=b"a\x00b")
    assert topic.environments == ["new", None, "old", "a\ufffdb"]


@pytest.mark.fault(29)
def test_a_header_names_at_most_so_many_runs() -> None:
    """Of one environment, too; those beyond are counted, and have their turn when others have ended."""
    topic = Topic()
    runs = [span(1, trace=n, environment="test", run=f"ci-{n}") for n in range(1, 300)]
    topic.write(0, *runs).write(11 * SECOND)
    (record, *_) = topic.publish()
    assert record.header is not None
    assert len(record.header.runs) == MOST_RUNS_OF_ONE
    assert topic.observer.tallies["runs_over"] >= len(runs) - MOST_RUNS_OF_ONE
    topic.write(300 * SECOND, span(1, trace=999, environment="test", run="later"))
    topic.publish()
    (record, *_) = topic.write(320 * SECOND).publish()
    assert record.header is not None and [run for _, run in record.header.runs] == ["later"]


def test_after_a_first_start_groups_without_a_root_are_cut() -> None:
    """After a first start groups without a root are cut, and later ones are flows."""
    topic = Topic(fresh=True).write(0, span(2, parent=1, trace=1), span(1, trace=2))
    topic.write(119_999, span(2, parent=1, trace=3)).write(120_000, span(2, parent=1, trace=4))
    topic.write(300 * SECOND)
    assert [flow.trace_id[-1] for flow in topic.flows()] == [2, 4]
    assert topic.observer.tallies["cut"] == 2


def test_the_end_of_the_input_closes_everything() -> None:
    """At the end of a replay every group closes."""
    topic = Topic(guarded=True).write(0, span(1, trace=1)).write(0, span(2, parent=1, trace=2))
    topic.observer.close_all()
    assert sorted(flow.trace_id[-1] for flow in topic.flows()) == [1, 2]
    assert topic.observer.low == 2 and topic.observer.open_fragments == 0


def test_a_restart_reads_again_what_may_still_matter() -> None:
    """A restart reads again for max_age, memory and the slack for disorder."""
    assert ObserverSettings().reread_ms == 190_000
