"""The auditor of a partition: what it drops, what it holds, what it publishes."""

import zlib

import orjson
import pytest

from monitor.base.errors import NewerFormatError
from monitor.base.units import LogTime
from monitor.flows.codec import encode
from monitor.flows.flow import OVERFLOW, FlowId
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.auditor import FORMAT, PartitionAuditor, entry_key, shard_of
from monitor.pipeline.audit.flow_state import MOST_PATHS, OTHER
from monitor.pipeline.audit.shard import LEAST_FLOWS
from monitor.pipeline.timeline.commands import Complete, Finish, Settings
from tests.rows import MINUTE, SECOND, header, row, source
from tests.unit.pipeline.auditing import POLICY, TESTS, Log, checkpoints, summary_of, verdicts


def flow_keys(records: dict[str, bytes]) -> list[str]:
    return sorted(key for key in records if key.startswith("flow/"))


def test_a_row_below_the_low_offset_is_a_duplicate() -> None:
    """What lies below L stands in the log already; what lies above it counts once."""
    log = Log()
    log.append(header(low=0), row(5), row(5), row(5, place=1), row(5, ordinal=1))
    log.append(header(low=5), row(4), row(5), row(6))
    log.append(header(low=7), row(6))
    log.append(header(low=7), row(6), row(7))
    auditor = log.fold()
    assert auditor.duplicates == 4
    assert summary_of(auditor)["tallies"]["flows"] == {"production": 6}


def test_rows_are_checked_before_their_own_low_offset_counts() -> None:
    """A record's own low offset makes none of its own rows a duplicate."""
    log = Log()
    log.append(header(low=9), row(1), row(2))
    assert log.fold().duplicates == 0


def test_source_partitions_have_low_offsets_of_their_own() -> None:
    """One offset in two partitions, or in two incarnations, is two flows."""
    log = Log()
    for of in (source(), source(partition=1), source(incarnation="2")):
        log.append(header(of, partitions=2, low=5), row(3))
    assert log.fold().duplicates == 0


def test_a_gap_is_the_callers_and_a_repeat_is_skipped() -> None:
    """The next offset is reported; a record at or below it changes nothing."""
    log = Log()
    log.append(header(low=1), row(0))
    auditor = log.fold()
    assert auditor.next_offset == 2
    assert auditor.apply(1, 0, log.entries[1][1]) == []
    assert auditor.duplicates == 0


@pytest.mark.parametrize("value", [b"", b"{}", b"null", b'{"v": 0}', b'{"v": 1, "command": 5, "rows": []}'])
def test_what_is_no_record_is_counted(value: bytes) -> None:
    """A value that is no record moves the offset and changes nothing else."""
    auditor = Log().fold()
    assert auditor.apply(1, 5, value) == []
    assert (auditor.undecodable, auditor.next_offset) == (1, 2)


NEWER = (
    b'{"v": 99, "rows": []}',
    encode(FlowRecord(None, command={"number": 7, "kind": "mute"})),
)


@pytest.mark.parametrize("value", NEWER, ids=["record", "command"])
def test_what_a_newer_release_wrote_stops_the_fold(value: bytes) -> None:
    """It is never skipped: nothing changes, and the same record can be folded by a release that knows it."""
    auditor = Log().fold()
    before = checkpoints(auditor)
    with pytest.raises(NewerFormatError, match="upgrade flowdrift"):
        auditor.apply(1, 5, value)
    assert (auditor.undecodable, auditor.next_offset) == (0, 1)
    assert checkpoints(auditor) == before


def test_late_rows_are_counted_and_are_no_evidence() -> None:
    """After its run settled a flow counts in the fingerprint, and in 'evidence dropped'."""
    log = Log()
    log.production(100)
    log.run(0, calls=())
    late = row(900, environment="integration", run="ci-0", case="late", began=70 * MINUTE)
    log.append(header(TESTS, low=900, log_time=90 * MINUTE, low_times={"integration": 90 * MINUTE}), late)
    auditor = log.fold()
    assert auditor.evidence_dropped == 1
    [state] = auditor.states()
    assert (state.weight("integration"), state.open) == (3 * 1024, {})


def test_without_run_ids_a_minute_is_a_unit() -> None:
    """Buckets close when the clock and production have passed their end, each as one unit."""
    log = Log()
    log.production(1000)
    for minute in range(3):
        begin = (20 + minute) * MINUTE
        rows = [row(10 * minute + n, environment="integration", began=begin, calls=()) for n in range(5)]
        log.append(header(TESTS, low=10 * minute, log_time=begin, low_times={"integration": begin}), *rows)
    [line] = verdicts(log.fold())
    assert (line["candidate_n"], line["reference_n"]) == (2, 1000)


def test_a_run_of_another_environment_is_no_evidence() -> None:
    """Environments that are no candidate have fingerprints only."""
    log = Log()
    log.append(header(low=1, low_times={"staging": 1}), row(0, environment="staging", run="x"))
    [state] = log.fold().states()
    assert (state.open, state.weight("staging")) == ({}, 1024)


@pytest.mark.fault(10)
def test_flows_beyond_the_limit_overflow() -> None:
    """Each shard admits its part, in log order; the rest is counted together and is never evidence."""
    log = Log()
    flows = [FlowId("shop", f"GET /{n}") for n in range(600)]
    rows = [row(n, flow=flow, environment="integration", run="r") for n, flow in enumerate(flows)]
    log.append(header(low=0), *rows)
    auditor = log.fold(PartitionAuditor(0, 4, 2000, {}))
    overflows = [state for state in auditor.states() if state.id == OVERFLOW]
    assert len(auditor.states()) == 4 * (LEAST_FLOWS + 1)
    assert sum(state.weight("integration") for state in overflows) == (600 - 4 * LEAST_FLOWS) * 1024
    assert all(state.open == {} for state in overflows)
    log.command(Complete("integration", "r", "nightly", LogTime(1)))
    auditor.apply(2, 0, log.entries[2][1])


@pytest.mark.fault(10)
def test_environments_beyond_the_limit_are_counted_as_one() -> None:
    """Environments of a flow beyond the limit count as one; compared ones are always kept apart."""
    log = Log()
    names = [f"preview-{n}" for n in range(MOST_PATHS + 5)]
    log.append(header(low=0), *[row(n, environment=name) for n, name in enumerate([*names, "production"])])
    [state] = log.fold().states()
    assert state.weight(OTHER) == 5 * 1024
    assert state.weight("production") == 1024


def test_shards_that_stand_apart_meet() -> None:
    """Restored at different offsets, the auditor is not level until the log was read to the last."""
    log = Log()
    log.production(50)
    log.run(0, calls=())
    early, late = checkpoints(log.fold(until=2)), checkpoints(log.fold())
    auditor = PartitionAuditor(0, 4, 1, {0: early[0], 1: late[1], 2: late[2]})
    assert (auditor.level, auditor.next_offset) == (False, 0)
    log.fold(auditor)
    assert auditor.level
    assert auditor.all_records() == log.fold().all_records()


def test_a_fresh_shard_takes_the_restored_timeline() -> None:
    """Where the log no longer holds the settings, a shard without a checkpoint gets them from the others."""
    log = Log()
    log.production(50)
    entries = checkpoints(log.fold())
    del entries[0]
    auditor = PartitionAuditor(0, 4, 1, entries)
    auditor.apply(2, *log.entries[2])
    assert auditor.level
    assert auditor.timeline.policy == POLICY


def test_a_checkpoint_of_another_format_is_refused() -> None:
    """What a newer version wrote is neither read nor overwritten."""
    entry = zlib.compress(orjson.dumps([FORMAT + 1, [], []]))
    with pytest.raises(NewerFormatError, match="upgrade flowdrift"):
        PartitionAuditor(0, 1, 1, {0: entry})
    assert entry_key(3, 5, 64) == f"3/5/64/{FORMAT}"


def test_only_what_changed_is_published() -> None:
    """Traffic alone publishes a flow at each doubling, and no change publishes nothing."""
    log, told = Log(), []
    auditor = PartitionAuditor(0, 4, 1, {})
    for offset in range(10):
        log.append(header(low=offset), row(offset))
    for offset, (stamp, value) in enumerate(log.entries):
        auditor.apply(offset, stamp, value)
        told.append(len(flow_keys(auditor.changed())))
    assert told == [0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0]
    assert auditor.changed() == {}
    assert len(flow_keys(auditor.all_records())) == 1


def test_another_policy_changes_every_record() -> None:
    """Another policy publishes every flow anew."""
    log = Log()
    log.append(header(low=1), row(0), row(1, flow=FlowId("shop", "GET /cart")))
    auditor = log.fold()
    auditor.changed()
    log.command(Settings(POLICY.model_copy(update={"page": 1e9})))
    auditor.apply(2, *log.entries[2])
    assert len(flow_keys(auditor.changed())) == 2


def test_a_settled_run_has_a_final_line() -> None:
    """Flows of a settled run are counted once and for all; an open run counts what came so far."""
    log = Log()
    log.production(50)
    log.run(0, calls=())
    log.command(Finish("", "ci-1", LogTime(81 * MINUTE)))
    begin = 80 * MINUTE
    other = row(500, flow=FlowId("shop", "x"), environment="integration", run="ci-1", began=begin)
    runs = {("integration", "ci-1"): (begin, begin)}
    low_times = {"integration": begin}
    log.append(header(TESTS, low=400, log_time=begin, low_times=low_times, runs=runs), other)
    first, second = summary_of(log.fold())["runs"]
    assert (first["run"], first["flows"], first["end"]) == ("ci-0", 1, 75 * MINUTE)
    assert (second["run"], second["flows"], second["end"]) == ("ci-1", 1, None)


def test_a_command_counts_once_by_its_number() -> None:
    """An older or equal number is dropped, whatever it says."""
    log = Log()
    strict = POLICY.model_copy(update={"page": 1e9})
    log.command(Settings(strict), number=5)
    log.command(Settings(POLICY), number=5)
    log.command(Settings(POLICY), number=4)
    auditor = log.fold()
    assert auditor.timeline.policy == strict
    assert summary_of(auditor)["command"] == 5


def test_flows_are_dealt_to_shards_by_their_hash() -> None:
    """The same flow is always in the same shard, and shards share the flows."""
    flows = [FlowId("shop", f"GET /{n}") for n in range(64)]
    assert {shard_of(flow, 4) for flow in flows} == {0, 1, 2, 3}


def test_a_header_without_rows_and_rows_of_nobody() -> None:
    """A record with neither header nor command folds to nothing."""
    auditor = Log().fold()
    assert auditor.apply(1, 0, encode(FlowRecord(None))) == []
    assert auditor.undecodable == 0


def test_forgetting_a_run_forgets_who_took_part() -> None:
    """A day after a run has settled, no shard remembers its flows."""
    log = Log()
    log.production(50)
    log.run(0, calls=())
    log.run(1, calls=(), at=70 + 26 * 60)
    auditor = log.fold()
    assert [line["run"] for line in summary_of(auditor)["runs"]] == ["ci-1"]
    shards = [one for lane in auditor._lanes for one in lane.shards.values()]
    assert [key.run for one in shards for key in one.took_part] == ["ci-1"]


@pytest.mark.parametrize(("read", "silent"), [({}, 1), ({"main": "^rekeyed$"}, 0), ({"main": "^spans$"}, 1)])
def test_what_is_no_longer_read_is_not_silent(read: dict[str, str], silent: int) -> None:
    """After the rekey stage is turned on nobody reads the source topics, and nobody misses them."""
    log, here = Log(POLICY.model_copy(update={"read": read})), {"production": 0}
    log.append(header(source("spans"), low_times=here))
    for minute in range(0, 30 * MINUTE, 5 * SECOND):
        log.append(header(source("rekeyed"), low_times=here), stamp=minute)
    assert summary_of(log.fold())["tallies"]["silent_sources"] == silent
