"""What recall costs the auditor's fold: the same partition folded with it and without, in turn.

    python -m tests.benchmarks.bench_recall

The partition of `bench_auditor` (`usual`), in which 2 % of the rows fail, at any of five spans, with one of
three errors: so every flow has failures, and every row of tests may be a pass of a case that showed one. The
ratio of CPU seconds is printed, the median of pairs; the design allows 1.05. Nothing is asserted on time.
"""

import statistics
from random import Random
from unittest.mock import patch

from monitor.flows.codec import decode, encode
from monitor.flows.flow import Failure, Flow, Outcome
from monitor.pipeline.audit.folds import Folds
from monitor.service.garbage import collect_seldom
from tests.benchmarks.bench_auditor import SEED, fold, partition, seconds_of

PAIRS = 5


def failing(rng: Random, row: Flow) -> Flow:
    """A row that says why it failed, if it did."""
    if row.outcome is Outcome.OK:
        return row
    return row._replace(failure=Failure(rng.randrange(5), rng.choice(("500", "503", "TimeoutError"))))


def records() -> list[tuple[int, bytes]]:
    """The records of the partition."""
    rng = Random(SEED)
    made = []
    for appended, value in partition(wild=False):
        record = decode(value)
        flows = tuple([failing(rng, row) for row in record.flows])
        made.append((appended, encode(record._replace(flows=flows)) if flows else value))
    return made


def main() -> None:
    """Print the ratio."""
    collect_seldom()
    known = records()
    ratios = []
    for _ in range(PAIRS):
        with_it, auditor = seconds_of(lambda: fold(known))
        with patch.object(Folds, "observe", lambda *_: False):
            without, _ = seconds_of(lambda: fold(known))
        ratios.append(with_it / without)
        kept = sum(state.folds.kept for state in auditor.states())
        assert kept > 0
    print(f"{kept} signatures; with recall {statistics.median(ratios):.3f} times as long as without it")
    print(f"(pairs: {', '.join(f'{each:.3f}' for each in sorted(ratios))})")


if __name__ == "__main__":
    main()
