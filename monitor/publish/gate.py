"""The answer to a gate: the verdict on one run, as flat JSON that an Argo Rollouts web metric can read."""

from typing import Any

from pydantic import BaseModel

from monitor.drift.policy import Comparison
from monitor.publish.view import View


class RunVerdict(BaseModel):
    """The verdict on a run in one comparison: pass, drift, insufficient, or open until it is final.

    traffic: share (0..1) of the traffic its suite exercised before that is proven ok. found_by_run: paths
    that differ by the evidence of this run alone. unproven: what the run did not prove, the busiest first.
    lost: the run broke off, so that its telemetry counts as lost.
    """

    run: str
    environment: str
    comparison: str
    suite: str | None = None
    settled: bool = False
    lost: bool = False
    state: str = "open"
    reason: str
    reasons: list[str] = []
    unproven: list[str] = []
    traffic: float | None = None
    min_traffic: float | None = None
    found_by_run: int = 0
    paths: int = 0
    ok: int = 0
    suspect: int = 0
    drift: int = 0
    insufficient: int = 0
    facts: int = 0
    units: int = 0


def run_verdict(view: View, run: str, comparison: Comparison) -> RunVerdict:
    """What is known of `run` in the comparison's candidate environment."""
    about: dict[str, Any] = {"run": run, "environment": comparison.candidate, "comparison": comparison.name}
    record = view.records.get(f"run/{comparison.candidate}/{run}")
    if record is None:
        return RunVerdict(**about, reason=_says_open(view, run, comparison.candidate))
    known: dict[str, Any] | None = record.get("verdicts", {}).get(comparison.name)
    about |= {"suite": record.get("suite"), "settled": True, "lost": record.get("lost", False)}
    if known is None:
        reason = "This comparison was not configured when the run settled."
        return RunVerdict(**about, state="insufficient", reason=reason)
    return RunVerdict(**about, **known)


def _says_open(view: View, run: str, environment: str) -> str:
    lines = (line for summary in view.under("summary") for line in summary["runs"])
    if any((line["environment"], line["run"]) == (environment, run) for line in lines):
        return "The run is not settled: it goes on, or its last flows are not out."
    return "No flow of this run has come yet."
