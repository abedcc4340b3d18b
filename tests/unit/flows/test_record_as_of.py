"""A record of the flows topic tells of nothing that is later than itself."""

from monitor.base.run import RunKey
from monitor.flows.record import FlowRecord
from tests.rows import header, row

KEY = RunKey("test", "ci-1")


def test_no_log_time_is_later_than_when_the_record_was_appended() -> None:
    """Neither that of the partition, of environments and runs, nor when flows began."""
    ahead = header(log_time=4_000, low_times={"test": 3_500, "prod": 90}, runs={KEY: (50, 3_000)})
    record = FlowRecord(ahead, (row(1, began=3_000), row(2, began=70))).as_of(100)
    assert record.header is not None
    assert (record.header.log_time, record.header.low_times) == (100, {"test": 100, "prod": 90})
    assert record.header.runs[KEY][:2] == (50, 100)
    assert [flow.began for flow in record.flows] == [100, 70]


def test_one_that_is_not_ahead_stays_as_it_is() -> None:
    """So do commands."""
    record, command = FlowRecord(header(log_time=100)), FlowRecord(None, command={"kind": "finish"})
    assert record.as_of(100) is record and command.as_of(0) is command
