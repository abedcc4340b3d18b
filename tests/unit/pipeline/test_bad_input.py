"""Input that nobody should send: each has a defined answer, and none stops the stream."""

from typing import Any

import orjson
import pytest

from monitor.flows.codec import encode
from monitor.flows.flow import Flow, FlowId
from monitor.flows.record import FlowRecord, Header
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, checkpoints, summary_of, verdicts

DAY = 24 * 60 * MINUTE


def replaced(head: Header, flow: Flow, old: bytes, new: bytes) -> bytes:
    """A record of one row with a number that no encoder of ours writes."""
    value = encode(FlowRecord(head, (flow,)))
    assert value.count(old) == 1
    return value.replace(old, new)


@pytest.mark.parametrize(
    "weight", [b"-1", b"-1024", b"NaN", b"-Infinity", b"1e400", b"1.5", b"null", b"99999999999999"]
)
def test_a_weight_that_is_none_makes_the_record_undecodable(weight: bytes) -> None:
    """Negative, not a number, infinite, broken or beyond the limit: counted, and nothing else changes."""
    log = Log()
    log.production(10)
    auditor = log.fold()
    before = auditor.states()[0].pack()
    value = replaced(header(PRODUCTION, low=10), row(11, weight=777_777), b"777777", weight)
    assert auditor.apply(len(log.entries), 0, value) == []
    assert auditor.undecodable == 1
    assert auditor.states()[0].pack() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"call"', b'["call"]'),
        (b'"500"', b"500"),
        (b'"reset"', b"null"),
        (b'"1.2.3"', b"[1]"),
        (b'"%s"' % (b"0" * 28 + b"03ea"), b'"03ea"'),
        (b"[0,0]", b"[0]"),
        (b"[0,0]", b'[0,"0"]'),
        (b"[1,0,0]", b"[1,true,0]"),
        (b"[[0,-1,0],[1,0,0]]", b"[]"),
        (b"4242", b"4.2"),
        (b"4242", b"-7"),
    ],
)
def test_a_part_of_another_type_makes_the_record_undecodable(old: bytes, new: bytes) -> None:
    """Whatever later layers rely on is checked before a row is folded: counted, and nothing else changes."""
    flow = row(1, place=2, flow=FlowId("shop", "GET /a"), calls=("call",))
    flow = flow._replace(status="500", error="reset", duration=4242, versions=(("shop", "1.2.3"),))
    auditor = PartitionAuditor(0, 4, 1, {})
    assert auditor.apply(0, 0, replaced(header(PRODUCTION, low=10), flow, old, new)) == []
    assert auditor.undecodable == 1 and not auditor.states()


def test_weights_of_nothing_are_traffic_and_no_reference() -> None:
    """A trace that stands for none is counted; verdicts wait for one that stands for something."""
    log = Log()
    rows = [row(n, weight=0, began=n) for n in range(100)]
    log.append(header(PRODUCTION, low_times={"production": 0}), *rows)
    end = {"production": 60 * MINUTE}
    log.append(header(PRODUCTION, low=100, log_time=60 * MINUTE, at_end=True, low_times=end))
    log.run(0, calls=())
    [line] = verdicts(log.fold())
    assert (line["state"], line["reference_n"]) == ("insufficient", 0)


def test_without_production_nothing_is_claimed() -> None:
    """Runs that settle against an empty reference are units, and their verdict is `insufficient`."""
    log = Log()
    log.append(header(PRODUCTION, log_time=60 * MINUTE, at_end=True, low_times={"production": 60 * MINUTE}))
    for number in range(3):
        log.run(number, calls=())
    auditor = log.fold()
    [line] = verdicts(auditor)
    assert (line["state"], line["reference_n"], line["candidate_n"]) == ("insufficient", 0, 6)
    assert line["reason"].startswith("The reference has no complete trace of this path")
    assert log.alerts == []
    assert summary_of(auditor)["comparisons"]["prod-test"]["reference_traces"] == 0


def test_production_that_comes_after_the_tests_is_met_by_the_next_unit() -> None:
    """What was fed against nothing is no evidence later; power is claimed from a snapshot on only."""
    log = Log()
    log.append(header(PRODUCTION, log_time=60 * MINUTE, at_end=True, low_times={"production": 60 * MINUTE}))
    log.run(0, calls=("POST /charge",))
    rows = [row(1 + n, began=60 * MINUTE) for n in range(1000)]
    log.append(header(PRODUCTION, low=1, log_time=60 * MINUTE, low_times={"production": 60 * MINUTE}), *rows)
    later = {"production": 61 * MINUTE}
    log.append(header(PRODUCTION, low=2000, log_time=61 * MINUTE, at_end=True, low_times=later))
    assert verdicts(log.fold())[0]["reference_n"] == 0
    log.run(1, calls=("POST /charge",))
    assert verdicts(log.fold())[0]["reference_n"] == 1000


def test_a_flow_with_one_unit_waits_for_more() -> None:
    """However clear it looks, one unit is never more than `insufficient`."""
    log = Log()
    log.production(20_000)
    log.run(0, calls=(), cases=1)
    assert {(line["state"], line["candidate_n"]) for line in verdicts(log.fold())} == {("insufficient", 1)}
    assert log.alerts == []


def jumping(production: list[int], tests: list[int]) -> tuple[PartitionAuditor, Log]:
    """Production and runs at these log times (ms), in this order of the log."""
    log = Log()
    for place, at in enumerate(production):
        rows = [row(1000 * place + n, began=at) for n in range(500)]
        low = {"production": at}
        log.append(header(PRODUCTION, low=1000 * place, log_time=at, at_end=True, low_times=low), *rows)
    for number, at in enumerate(tests):
        log.run(number, calls=(), at=at // MINUTE)
    return log.fold(), log


def test_production_days_of_a_clock_that_jumped_ahead_do_not_age_the_rest() -> None:
    """Half of the reference seems to come from next year: all of it counts, before and after the jump."""
    auditor, _ = jumping([DAY, 400 * DAY, DAY + MINUTE], [DAY + 60 * MINUTE, DAY + 120 * MINUTE])
    assert {line["reference_n"] for line in verdicts(auditor)} == {1500}


def test_a_candidate_whose_clock_jumps_back_is_counted_and_no_evidence() -> None:
    """What its clock has passed is closed: such flows are dropped as evidence until it is reached again."""
    auditor, _ = jumping([DAY], [9 * DAY, 2 * DAY, 9 * DAY + 60 * MINUTE])
    assert auditor.evidence_dropped == 2
    assert {line["candidate_n"] for line in verdicts(auditor)} == {4}
    [state] = auditor.states()
    assert (state.open, state.weight("integration")) == ({}, 6 * 1024)


def test_the_state_after_all_this_can_be_stored() -> None:
    """A state made of bad input comes back whole from its checkpoint."""
    auditor, _ = jumping([DAY, 400 * DAY, DAY], [9 * DAY, 2 * DAY])
    entries = checkpoints(auditor)
    again: Any = checkpoints(PartitionAuditor(0, 4, 1, entries))
    assert again == entries
    assert orjson.loads(orjson.dumps(verdicts(auditor))) == verdicts(auditor)
