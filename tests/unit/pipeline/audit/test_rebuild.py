"""A partition is rebuilt from its checkpoints, whatever weights and decay have left of a path."""

from monitor.base.units import DAY_MS
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, checkpoints, verdicts

A_HUNDRED = 100 * 1024
"""A sampling weight."""
DAY_8 = 8 * DAY_MS


def sampled_production(traces: int) -> Log:
    """Eight days of traces that stand for a hundred each; the first has weight 1 and makes a rare call."""
    log = Log()
    rare = row(0, calls=("POST /charge", "GET /rare"))
    usual = [row(n, began=n * DAY_8 // traces, weight=A_HUNDRED) for n in range(1, traces + 1)]
    log.append(header(PRODUCTION, log_time=DAY_8, low_times={"production": 0}), rare, *usual)
    out = {"production": DAY_8}
    log.append(header(PRODUCTION, low=traces + 1, log_time=DAY_8, at_end=True, low_times=out))
    return log


def test_what_decayed_to_nothing_does_not_break_the_rebuild() -> None:
    """A rare call decays to no trace by day 8, its weighted caller does not: the state comes back whole."""
    log = sampled_production(500)
    log.run(0, calls=("POST /charge",), at=DAY_8 // MINUTE + 10)
    before = log.fold()
    rebuilt = PartitionAuditor(0, 4, 1, checkpoints(before))
    assert checkpoints(rebuilt) == checkpoints(before)
    assert rebuilt.all_records() == before.all_records()


def test_what_decayed_to_nothing_is_judged_as_before() -> None:
    """Tests that make the decayed call are judged alike with and without a rebuild between their runs."""
    log = sampled_production(2000)
    for number in range(8):
        log.run(number, calls=("POST /charge", "GET /rare"), at=DAY_8 // MINUTE + 10 + 10 * number)
    half = log.fold(until=len(log.entries) - 8)
    rebuilt, whole = log.fold(PartitionAuditor(0, 4, 1, checkpoints(half))), log.fold()
    assert verdicts(rebuilt) == verdicts(whole)
    assert "drift" in {line["state"] for line in verdicts(whole)}
