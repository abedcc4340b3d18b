"""What ledgers keep of all flows of a shard: by name, the same after a restart, and nothing of runs aside."""

from typing import Any

from monitor.flows.stated import Profile
from monitor.ledgers.kept import Books
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log, checkpoints, summary_of

STATED = (Profile("shop", (("runtime", "java 21.0.4"),)),)
[COMPARISON] = POLICY.comparisons
MAIN_ALONE = POLICY.model_copy(
    update={"comparisons": (COMPARISON.model_copy(update={"rolling": {"branch": ("main",)}}),)}
)


def log_of(branch: str) -> Log:
    """Three requests of production and a test run on a branch, which all state their runtime."""
    log = Log(MAIN_ALONE)
    live = [row(number)._replace(stated=STATED) for number in range(3)]
    log.append(header(PRODUCTION, log_time=MINUTE, low_times={"production": 0}), *live)
    test = row(0, environment="integration", run="ci-1", case="a", began=MINUTE)._replace(stated=STATED)
    runs = {("integration", "ci-1"): (MINUTE, MINUTE)}
    times = {"integration": MINUTE}
    head = header(TESTS, log_time=MINUTE, low_times=times, runs=runs, marks=(("branch", branch),))
    log.append(head, test)
    log.append(head, test)
    return log


def counted(auditor: PartitionAuditor) -> dict[str, Any]:
    """How often the runtime was stated, by environment."""
    book = summary_of(auditor)["books"]["parity"]
    counts = {name: services["shop"]["runtime"].values() for name, (_, services) in book.items()}
    return {name: sum(period[""][0] for period in periods) for name, periods in counts.items()}


def test_each_row_counts_once() -> None:
    """A row that comes twice is counted once, in the books of ledgers as elsewhere."""
    assert counted(log_of("main").fold()) == {"production": 3, "integration": 1}


def test_a_run_that_teaches_nothing_is_in_no_book() -> None:
    """A pull request runs on whatever it tries: it says nothing of the environment."""
    assert counted(log_of("feature").fold()) == {"production": 3}


def test_a_restart_changes_no_book() -> None:
    """Restored from checkpoints anywhere in the log, the state is the same to the byte."""
    log = log_of("main")
    whole = checkpoints(log.fold())
    for until in range(1, len(log.entries)):
        before = checkpoints(log.fold(until=until))
        assert checkpoints(log.fold(PartitionAuditor(0, 4, 1, before))) == whole


def test_books_of_a_later_release_are_kept() -> None:
    """What this release does not know is packed as it came."""
    plain = {**Books().pack(), "later": {"any": [1]}}
    assert Books.unpack(plain).pack() == plain
