"""What the observer of a partition counts, by the names that the flows topic and the metrics have for it."""

from monitor.flows.flow import Flaw, Flow
from monitor.flows.read import ReadCounts
from monitor.pipeline.observe.logtime import LogClock
from monitor.traces.fragment import Fragment
from monitor.traces.tally import AssemblyCounts

_FLAWS = {"orphaned": Flaw.ORPHANED, "truncated": Flaw.TRUNCATED, "split": Flaw.SPLIT, "cyclic": Flaw.CYCLIC}
BROKEN_SPANS = ("conflicting_copy", "shared_id")
"""Anomalies that are counted in spans; the decoder counts others."""
BROKEN_GROUPS = ("several_roots", "missing_parent", "unfinished", *_FLAWS, "inner_left_out")
"""Anomalies that are counted in groups of spans: a group may have several."""


class ObserverCounts:
    """Counts since the observer began: those of its parts, and of the fragments that it has read.

    flows: how many closed. cut: fragments that the start may have cut off. rejected: what gave no spans.
    """

    def __init__(self, assembled: AssemblyCounts, read: ReadCounts, clock: LogClock) -> None:
        self._assembled, self._read, self._clock = assembled, read, clock
        self.flows = self.cut = self.rejected = 0
        self._incomplete = self._unfinished = 0
        self._broken = dict.fromkeys(("missing_parent", *_FLAWS), 0)

    def note(self, fragment: Fragment, rows: list[Flow]) -> None:
        """Count a fragment and its rows: flows, those of them that are incomplete, and what is no flow."""
        flaws = [row.flaws for row in rows if not row.is_unfinished]
        self.flows += len(flaws)
        self._incomplete += sum(each != Flaw.NONE for each in flaws)
        self._unfinished += len(rows) - len(flaws)
        self._broken["missing_parent"] += bool(fragment.missing)
        if flaws and flaws[0]:
            for name, flaw in _FLAWS.items():
                self._broken[name] += flaw in flaws[0]

    def tallies(self, runs_over: int) -> dict[str, int]:
        """What a header says, and metrics; runs_over: how often a run was not named, since there are many."""
        return {
            "spans": self._assembled.spans,
            "traces": self._assembled.traces,
            "late": self._assembled.late,
            "duplicates": self._assembled.duplicates,
            "flows": self.flows,
            "incomplete": self._incomplete,
            "unfinished": self._unfinished,
            "cut": self.cut,
            "rejected": self.rejected,
            "runs_over": runs_over,
            "ignored": self._read.ignored.total,
            "log_time_forward": self._clock.forward,
            "log_time_backward": self._clock.backward,
            "log_time_ignored": self._clock.ignored,
            **self._assembled.late_of,
            **self._read.ignored.tallies(),
        }

    def anomalies(self) -> dict[str, int]:
        """How traces were broken, by name: see `BROKEN_SPANS` and `BROKEN_GROUPS`."""
        return {
            "conflicting_copy": self._assembled.conflicts,
            "shared_id": self._assembled.shared,
            "several_roots": self._assembled.roots,
            "inner_left_out": self._read.inner,
            "unfinished": self._unfinished,
            **self._broken,
        }
