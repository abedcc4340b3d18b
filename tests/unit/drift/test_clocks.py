"""Hints on clocks that are off."""

from monitor.drift.clocks import clocks
from monitor.drift.records.latest import Latest
from monitor.drift.records.summary import Summary


def test_each_producer_is_named_with_how_far_it_is_off() -> None:
    """By service, host and environment, the furthest first; only the summary of partition 0 counts."""
    first = Summary(partition=0, offset=1, ahead={"prod\tcart\tnode-7": 200}, behind={"test\tshop\t": 3_600})
    records = Latest()
    records.put("summary/0", first)
    records.put("summary/1", Summary(partition=1, offset=1, ahead={"prod\tother\t": 9}))
    behind, ahead = clocks(records)
    assert (behind.subject, ahead.subject) == ("shop", "cart on host node-7")
    assert ahead.says.startswith("Records of cart on host node-7 (prod) are stamped 200 s ahead of those of")
    assert "3,600 s behind those of" in behind.says
    assert "LogAppendTime" in ahead.remedy
