"""Scenario pr_branch: a pull-request run that drifts gets its verdict, pages nobody and teaches nothing."""

from typing import Any

import orjson
import pytest

from monitor.base.units import LogTime
from monitor.drift.policy import Comparison, Policy
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.timeline.commands import Complete, Finish, Lost
from tests.rows import MINUTE
from tests.unit.pipeline.auditing import Log, checkpoints, summary_of, verdicts

CHARGE = ("POST /charge",)
Rolling = dict[str, tuple[str, ...]] | None
BRANCHES: Rolling = {"vcs.ref.head.name": ("main", "release/*")}


def policy(rolling: Rolling) -> Policy:
    """One comparison, in which these runs feed the detectors."""
    one = Comparison(name="prod-test", reference="production", candidate="integration", rolling=rolling)
    return Policy(comparisons=(one,))


def log_of(*branches: str, rolling: Rolling = BRANCHES, traces: int = 20_000) -> Log:
    """Two runs of main that are as production is, then one per branch whose calls are mocked away."""
    log = Log(policy(rolling))
    log.production(traces)
    for number in range(2):
        log.run(number, calls=CHARGE, branch="main")
    for number, branch in enumerate(branches, 2):
        log.run(number, calls=(), branch=branch)
    return log


def decided(auditor: PartitionAuditor, rolling: Rolling = BRANCHES) -> Owner:
    """The owner after it heard all that the auditor says."""
    owner = Owner(1)
    owner.receive_command(0, orjson.dumps({"kind": "settings", "policy": policy(rolling).model_dump()}))
    for key, value in auditor.all_records().items():
        owner.receive(key, value)
    owner.decide()
    return owner


def states(log: Log, rolling: Rolling = BRANCHES) -> dict[str, str]:
    """State of the verdict on each run."""
    owner = decided(log.fold(), rolling)
    return {key.run: line.verdicts["prod-test"].state for key, line in owner.runs.items()}


def detectors(auditor: PartitionAuditor) -> list[Any]:
    """Everything that evidence moves: detectors, pasts, coverage, episodes, scores."""
    return [
        [[name, known.pack()] for name, known in state.comparisons.items()]
        + [[key, side.past and side.past.pack(), side.snapshot.pack()] for key, side in state.sides.items()]
        for state in auditor.states()
    ]


def test_a_pull_request_that_drifts() -> None:
    """Six runs of pull requests, each with the verdict `drift`: no event, and the detectors do not know."""
    log = log_of(*[f"feature/{n}" for n in range(6)])
    auditor = log.fold()
    assert states(log) == {"ci-0": "pass", "ci-1": "pass"} | {f"ci-{n}": "drift" for n in range(2, 8)}
    assert log.alerts == []
    assert {line["state"] for line in verdicts(auditor)} == {"ok"}
    assert detectors(auditor) == detectors(log_of().fold())
    assert summary_of(auditor)["updates"] == summary_of(log_of().fold())["updates"]


def test_the_same_on_a_branch_that_rolls() -> None:
    """The twin: the same runs page on main and on release branches."""
    log = log_of("main", "release/1.2", "main")
    assert states(log)["ci-2"] == "drift"
    assert [alert.phase for alert in log.alerts][-1] == "firing"


def test_a_pull_request_as_it_should_be() -> None:
    """The quiet twin: a pull request whose calls are production's passes, and no event is sent."""
    log = log_of()
    log.run(2, calls=CHARGE, branch="feature/1")
    assert states(log)["ci-2"] == "pass"
    assert log.alerts == []


def test_a_pull_request_is_no_run_of_its_suite() -> None:
    """A pull request is never complete and never lost, and no later run is measured against it."""
    log = log_of("feature/1")
    owner = decided(log.fold())
    lines = {key.run: line for key, line in owner.runs.items()}
    assert [lines[f"ci-{n}"].complete for n in range(3)] == [True, True, False]
    assert (lines["ci-2"].rolling, lines["ci-2"].lost) == (False, False)


@pytest.mark.parametrize("until", range(4, 11))
def test_a_restart_knows_the_branch(until: int) -> None:
    """Restored anywhere, also in the middle of a pull request's run, the state is the same to the byte."""
    log = log_of("feature/1", "main", traces=1000)
    whole = log.fold()
    restored = log.fold(PartitionAuditor(0, 4, 1, checkpoints(log.fold(until=until))))
    assert checkpoints(restored) == checkpoints(whole)


def test_a_run_that_names_no_branch_does_not_roll() -> None:
    """Where branches are configured, a run without a branch feeds no detector."""
    log = log_of("", "", "", "")
    log.fold()
    assert log.alerts == []
    assert states(log)["ci-2"] == "drift"


def test_a_preview_environment_keeps_verdicts_only() -> None:
    """With no branch at all that rolls, every run has its verdict, from facts and its own evidence."""
    log = Log(policy({}))
    log.production(20_000)
    for number in range(6):
        log.run(number, calls=CHARGE if number % 2 else (), branch="main")
    assert states(log, {}) == {f"ci-{n}": "pass" if n % 2 else "drift" for n in range(6)}
    auditor = log.fold()
    assert log.alerts == []
    assert all(state.comparisons == {} for state in auditor.states())


def test_a_pull_request_says_nothing_of_what_its_suite_lost() -> None:
    """Told to be complete, for the sake of a comparison that takes all runs, it counts in that one alone."""
    whole = Comparison(name="all", reference="production", candidate="integration")
    log = Log(policy(BRANCHES).model_copy(update={"comparisons": (*policy(BRANCHES).comparisons, whole)}))
    log.production(1000)
    for number, branch in enumerate(("main", "feature/1", "feature/2")):
        log.run(number, calls=CHARGE, branch=branch)
        log.command(Complete("integration", f"ci-{number}", "nightly", LogTime(number)))
    [state] = log.fold().states()
    accounts = {name: known.accounts["coverage"] for name, known in state.comparisons.items()}
    runs = {name: next(iter(account.signals(1e3))).candidate_n for name, account in accounts.items()}
    assert runs == {"prod-test": 1, "all": 3}


def test_a_pull_request_brings_no_telemetry_back() -> None:
    """Lost telemetry of main stays lost while only pull requests come through."""
    log = log_of()
    log.command(Lost("integration", "ci-1", "nightly", LogTime(90 * MINUTE), 1, 10))
    for number, branch in ((3, "feature/1"), (4, "main")):
        log.command(Finish("integration", f"ci-{number}", LogTime((71 + 10 * number) * MINUTE)))
        log.run(number, calls=CHARGE, branch=branch)
    phases = []
    for until in (len(log.entries) - 3, len(log.entries)):
        log.fold(until=until)
        phases.append([alert.phase for alert in log.alerts])
    assert phases == [["firing"], ["firing", "resolved"]]
