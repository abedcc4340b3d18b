"""What the fold takes for evidence, and the reference that it is held against."""

from monitor.base.units import LogTime
from monitor.drift.policy import Policy
from monitor.pipeline.timeline.commands import Finish
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log, summary_of, verdicts


def long_run(parts: int, policy: Policy = POLICY) -> Log:
    """A run that never ends, with two cases a half hour that lack the call."""
    log = Log(policy)
    log.production(1000)
    begin = 70 * MINUTE
    for part in range(parts):
        at = begin + 30 * MINUTE * part
        cases = [
            row(9 * part + n, environment="integration", run="ci", case=f"case {n}", calls=(), began=at + n)
            for n in range(2)
        ]
        runs, lows = {("integration", "ci"): (begin, at)}, {"integration": at}
        log.append(header(TESTS, low=9 * part, log_time=at, low_times=lows, runs=runs), *cases)
    return log


def test_a_run_that_never_ends_gives_evidence_by_the_half_hour() -> None:
    """Each half hour of a run that never ends has units of its own and is closed and forgotten."""
    auditor = long_run(4).fold()
    [line] = [line for line in verdicts(auditor) if line["subject"]]
    assert (line["candidate_n"], line["state"]) == (3 * 2, "drift")
    [state] = auditor.states()
    assert [batch.bucket for batch in state.open] == [160 * MINUTE]
    [run] = summary_of(auditor)["runs"]
    assert (run["flows"], run["end"]) == (1, None)


def test_the_last_part_of_a_run_closes_with_it() -> None:
    """When a run settles its open part closes with it."""
    log = long_run(2)
    log.command(Finish("", "ci", LogTime(101 * MINUTE)))
    log.append(header(TESTS, low=99, log_time=102 * MINUTE, low_times={"integration": 102 * MINUTE}))
    auditor = log.fold()
    [line] = [line for line in verdicts(auditor) if line["subject"]]
    assert line["candidate_n"] == 2 * 2
    assert auditor.states()[0].open == {}


def test_units_meet_the_last_snapshot_of_production() -> None:
    """A snapshot is taken before a unit is fed, and again once production grew by a quarter."""
    log, seen = Log(), []
    log.production(1000)
    for number, more in enumerate((0, 240, 10)):
        rows = [row(1000 + 500 * number + n, began=50) for n in range(more)]
        low, end = 1500 + 500 * number, {"production": 60 * MINUTE}
        log.append(header(PRODUCTION, low=low, log_time=60 * MINUTE, at_end=True, low_times=end), *rows)
        log.run(number, calls=())
        line = verdicts(log.fold())[0]
        seen.append(line["reference_n"])
    assert seen == [1000, 1000, 1250]


def test_sampled_production_counts_with_its_weights() -> None:
    """Traces that were kept because they failed do not outweigh those that stand for a hundred."""
    log = Log()
    many = [row(n, weight=102_400, began=n) for n in range(1000)]
    odd = [row(1000 + n, calls=("POST /charge", "db SELECT odd"), began=n) for n in range(500)]
    log.append(header(PRODUCTION, low_times={"production": 0}), *many, *odd)
    end = {"production": 60 * MINUTE}
    log.append(header(PRODUCTION, low=1500, log_time=60 * MINUTE, at_end=True, low_times=end))
    for number in range(3):
        log.run(number, calls=("POST /charge", "db SELECT odd"))
    [line] = [line for line in verdicts(log.fold()) if line["subject"]]
    assert line["subject"].endswith("db SELECT odd")
    assert line["reason"].startswith("'shop POST /orders -> db SELECT odd' happens in 0.498 % of 1,010")


def test_a_run_that_is_one_unit() -> None:
    """With `run` as the unit, its cases are averaged; with `run+case` a flow without a case is none."""
    whole = long_run(4, POLICY.model_copy(update={"unit": "run"})).fold()
    [line] = [line for line in verdicts(whole) if line["subject"]]
    assert line["candidate_n"] == 3
    log = Log(POLICY.model_copy(update={"unit": "run+case"}))
    begin = {("integration", "ci"): (5, 5)}
    log.append(header(low_times={"integration": 5}, runs=begin), row(0, environment="integration", run="ci"))
    auditor = log.fold()
    assert (auditor.states()[0].open, auditor.evidence_dropped) == ({}, 0)
    assert summary_of(auditor)["runs"][0]["flows"] == 1
