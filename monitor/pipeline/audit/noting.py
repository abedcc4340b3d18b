"""Which flows the books of ledgers count: those of compared environments, but for runs that teach nothing."""

from monitor.base.run import RunKey
from monitor.base.units import HOUR_MS, MINUTE_MS, LogTime
from monitor.flows.flow import Flow
from monitor.ledgers.kept import Books
from monitor.pipeline.audit.rolling import teaches
from monitor.pipeline.timeline.timeline import Timeline

PERIOD_MS = HOUR_MS
"""Flows of production, and of a run that goes on for longer, are counted in periods of so much log time."""
TESTS_MS = HOUR_MS
"""Those of tests without ids of runs."""


def note(books: Books, flow: Flow, timeline: Timeline) -> None:
    """Count a flow in the books, with the test case that it is of, or without ids the minute of a test."""
    policy, environment = timeline.policy, flow.environment
    if not flow.stated or not policy.compares(environment):
        return
    key = RunKey(environment, flow.run)
    if not policy.of_candidate(environment):
        books.observe(flow, _since(flow, LogTime(0), PERIOD_MS), "")
    elif learns(flow, timeline):
        if flow.run:
            books.observe(flow, _since(flow, timeline.runs.cut(key), PERIOD_MS), f"{flow.run}\t{flow.case}")
        else:
            books.observe(flow, _since(flow, LogTime(0), TESTS_MS), str(flow.began // MINUTE_MS))


def learns(flow: Flow, timeline: Timeline) -> bool:
    """Whether a flow says something of its environment: a pull request runs on whatever it tries."""
    marks = timeline.runs.marks(RunKey(flow.environment, flow.run))
    return teaches(timeline.policy, flow.environment, flow.run, marks)


def _since(flow: Flow, begin: LogTime, length_ms: int) -> LogTime:
    """When the period of a flow began, of those that are counted from `begin`."""
    return LogTime(begin + max(0, flow.began - begin) // length_ms * length_ms)
