"""What a summary says of runs, asked at any time: the same as after a restart."""

from typing import Any

from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import TESTS, Log, checkpoints, summary_of


def long_run() -> Log:
    """A run over an hour: in its second half the call is missing that production always makes."""
    log = Log()
    run: dict[str, Any] = {"environment": "integration", "suite": "nightly", "run": "ci"}
    log.production(1000)
    for number, minute in enumerate((70, 85, 110, 125)):
        calls = ("POST /charge",) if minute < 100 else ()
        at = minute * MINUTE
        head = header(
            TESTS,
            low=number,
            log_time=at,
            low_times={"integration": at},
            runs={("integration", "ci"): (70 * MINUTE, at)},
        )
        log.append(head, row(number, case=f"case {number}", calls=calls, began=at, **run))
    log.append(header(TESTS, low=9, log_time=200 * MINUTE, low_times={"integration": 200 * MINUTE}))
    return log


def test_a_long_run_is_added_up_once_it_has_settled() -> None:
    """Whoever asks after each record, also when its first half hour has closed, gets the whole run."""
    log = long_run()
    auditor = PartitionAuditor(0, 4, 1, {})
    for offset, (stamp, value) in enumerate(log.entries):
        auditor.apply(offset, stamp, value)
        summary_of(auditor)
    restarted = PartitionAuditor(0, 4, 1, checkpoints(auditor))
    assert summary_of(auditor)["runs"] == summary_of(restarted)["runs"]
