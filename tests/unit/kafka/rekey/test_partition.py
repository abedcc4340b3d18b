"""How rekeyed records are sent, in batches that a log takes whole, and which source waits for others."""

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.clock import ManualClock
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.kafka.rekey.partition import PORTION_BYTES, RekeyedPartition, in_portions
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.rekey.pace import Pace, SourceProgress
from monitor.pipeline.rekey.record import Encoder
from monitor.pipeline.rekey.rekeyer import Rekeyer
from tests.laws.source_logs import SOURCE, SourceLog

SIZES = st.lists(st.sampled_from([1, 1_000, 300_000, 899_000, 2_000_000]), max_size=20)


@given(SIZES)
def test_portions_are_all_values_in_their_order(sizes: list[int]) -> None:
    """Nothing is left out or turned round, and only a single value is larger than a portion may be."""
    values = [number.to_bytes(1, "big") * size for number, size in enumerate(sizes)]
    portions = list(in_portions(values))
    assert [value for portion in portions for value in portion] == values
    assert all(portions)
    assert all(len(portion) == 1 or sum(map(len, portion)) <= PORTION_BYTES for portion in portions)


def opened(pace: Pace, log: SourceLog) -> RekeyedPartition:
    intake = SourceIntake(log, start=0, encoding="", environment=None, guarded=False, patience_ms=10_000)
    rekeyer = Rekeyer(SOURCE, intake, Encoder(), partitions=1, targets=1, fresh=False, cut_ms=0)
    start = StartingPoint(0, Commit(0), fresh=False)
    return RekeyedPartition(pace, TopicPartition("spans", 0), rekeyer, start, ManualClock())


def test_a_source_that_was_idle_does_not_wait_for_itself() -> None:
    """After minutes without a record the slowest source reads the next one, though idle time passed."""
    pace, log = Pace(), SourceLog()
    partition = opened(pace, log)
    log.append(1_000_000, [])
    partition.observer.fold(log.records[0])
    due = partition.due_commit()
    assert due is not None
    partition.committed(due.offset)
    for _ in range(300):
        partition.observer.idle(1_000)
    for end in (2, 2):
        pace.look({"itself": SourceProgress(due.offset, partition.commit.log_time, end)})
    assert pace.slowest == 1_000_000
    assert not partition.waits
