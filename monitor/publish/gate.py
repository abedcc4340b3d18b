"""The answer to a gate: the verdict on one run, as flat JSON that an Argo Rollouts web metric can read.

Until the run is settled its state is `unseen` while no span of it has arrived, then `open`.
"""

from typing import Any

from msgspec.structs import asdict

from monitor.base.run import RunKey
from monitor.drift.answer import Answer
from monitor.drift.policy import Comparison
from monitor.publish.known_runs import KnownRuns, Stage
from monitor.publish.view import View


class RunVerdict(Answer, kw_only=True):
    """The verdict on a run in one comparison: pass, drift or insufficient; unseen or open until it is final.

    announced: somebody said that it begins, and no span of it has arrived. lost: it broke off, so that its
    telemetry counts as lost.
    """

    run: str
    environment: str
    comparison: str
    suite: str | None = None
    announced: bool = False
    settled: bool = False
    lost: bool = False
    state: str = "open"


def run_verdict(view: View, run: str, comparison: Comparison) -> RunVerdict:
    """What is known of `run` in the comparison's candidate environment."""
    about: dict[str, Any] = {"run": run, "environment": comparison.candidate, "comparison": comparison.name}
    record = view.run(RunKey(comparison.candidate, run))
    if record is None:
        return _not_settled(view, about)
    about |= {"suite": record.suite, "settled": True, "lost": record.lost}
    known = record.verdicts.get(comparison.name)
    if known is None:
        reason = "This comparison was not configured when the run settled."
        return RunVerdict(**about, state="insufficient", reason=reason)
    return RunVerdict(**about, **asdict(known))


def _not_settled(view: View, about: dict[str, Any]) -> RunVerdict:
    known, run, environments = KnownRuns(view), about["run"], (about["environment"],)
    stage = known.stage(run, environments)
    if stage is Stage.OPEN:
        return RunVerdict(**about, reason="It goes on, or its last flows are not out.")
    reason = known.says_unseen(run, environments)
    return RunVerdict(**about, state="unseen", announced=stage is Stage.ANNOUNCED, reason=reason)
