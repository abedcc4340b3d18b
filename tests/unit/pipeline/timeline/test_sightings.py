"""Sampled traces on several source partitions are noticed, wherever their rows go."""

from typing import Any

import orjson
import pytest

from monitor.drift.records.comparison import Split
from monitor.drift.records.placed import read_as
from monitor.drift.records.summary import Summary
from monitor.flows.flow import Flow
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.comparison import comparison_record
from monitor.pipeline.timeline.sightings import KEPT, ONE_IN, Sightings, is_sampled, split_of
from tests.rows import header, row, source
from tests.unit.pipeline.auditing import POLICY, Log, checkpoints, summary_of

SAMPLED = [trace for n in range(200_000) if is_sampled(trace := n.to_bytes(16, "big"))]
OTHER = next(trace for n in range(10) if not is_sampled(trace := n.to_bytes(16, "big")))


def flow(trace: bytes, offset: int = 0) -> Flow:
    return row(offset)._replace(trace_id=trace)


def split(seen: Sightings) -> Split:
    """What is said of sightings."""
    traces = {trace: tuple(places) for trace, places in seen.traces.items()}
    return split_of([Summary(partition=0, offset=0, sightings=traces)])


def told(*sightings: tuple[int, bytes], **more: Any) -> Split:
    """What is reported of traces seen on these partitions."""
    made = Sightings()
    for partition, trace in sightings:
        made.see(source(partition=partition, **more), [flow(trace)])
    return split(made)


def test_one_trace_in_1024_is_looked_at() -> None:
    """One trace in 1024 is looked at, the same ones in every process."""
    assert len(SAMPLED) == pytest.approx(200_000 / ONE_IN, rel=0.2)
    assert [int.from_bytes(trace, "big") for trace in SAMPLED[:3]] == [173, 457, 613]


def test_a_trace_on_two_partitions_is_split() -> None:
    """Twice on one partition it is not; what is not sampled is not looked at."""
    assert told((0, SAMPLED[0]), (0, SAMPLED[0]), (1, SAMPLED[1]), (0, OTHER), (1, OTHER)) == Split(traces=2)
    assert told((1, SAMPLED[0]), (0, SAMPLED[0]), (0, SAMPLED[1])) == Split(
        traces=2, split=1, example=f"{SAMPLED[0].hex()} on main/spans/0 and main/spans/1"
    )


def test_a_topic_made_again_is_the_same_place() -> None:
    """A topic made again is the same place: its traces are no split ones."""
    made = Sightings()
    for incarnation in ("1", "2"):
        made.see(source(incarnation=incarnation), [flow(SAMPLED[0])])
    assert split(made).split == 0


def test_the_traces_seen_last_are_remembered() -> None:
    """The traces seen last are remembered, up to a limit, and over a restart."""
    made = Sightings()
    for trace in SAMPLED[: KEPT + 5]:
        made.see(source(), [flow(trace)])
    made.see(source(), [flow(SAMPLED[5])])
    made.see(source(), [flow(SAMPLED[KEPT + 6])])
    assert (
        list(made.traces)
        == [t.hex() for t in (*SAMPLED[7 : KEPT + 5], SAMPLED[5], SAMPLED[KEPT + 6])][-KEPT:]
    )
    assert list(Sightings.unpack(orjson.loads(orjson.dumps(made.pack()))).traces) == list(made.traces)


def test_auditors_of_different_partitions_tell_together() -> None:
    """A trace whose pieces are on different auditors' partitions is found by the owner."""
    summaries = []
    for partition in (0, 1):
        log = Log()
        log.append(header(source(partition=partition), partitions=2), flow(SAMPLED[0], 7))
        auditor = log.fold()
        again = PartitionAuditor(0, 4, 1, checkpoints(auditor))
        assert summary_of(again)["sightings"] == summary_of(auditor)["sightings"]
        summaries.append(read_as(Summary, again.all_records()[f"summary/{again.partition}"]))
    record = comparison_record(POLICY.comparisons[0], summaries, POLICY)
    assert (record.split.traces, record.split.split) == (1, 1)
