"""One side of a path: what is known of it in one environment."""

from typing import Any, Self

from monitor.base.units import LogTime
from monitor.drift.gap import Reference
from monitor.drift.moved import Past, Shift
from monitor.drift.policy import Comparison, Policy
from monitor.drift.sampling import tells_times
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.structure import structure_of
from monitor.fingerprints.times import Times
from monitor.flows.flow import Flaw, Flow


class Side:
    """Its fingerprint, the last snapshot of that, times if it is a reference, its past once tests meet it."""

    __slots__ = ("fingerprint", "past", "snapshot", "times")

    def __init__(self) -> None:
        self.fingerprint = Fingerprint()
        self.snapshot = Snapshot()
        self.times = Times()
        self.past: Past | None = None

    def count(self, flow: Flow, policy: Policy) -> bool:
        """Count a flow; whether that is worth telling: at each doubling."""
        fingerprint = self.fingerprint
        days = len(fingerprint.days.counts)
        fingerprint.observe(flow)
        if len(fingerprint.days.counts) > days:
            fingerprint.days.forget(policy.days_kept)
        if flow.flaws == Flaw.NONE and flow.environment in policy.references:
            self.times.observe(flow, policy.half_life_ms)
            if self.past is not None:
                self._watch_production(self.past, flow, policy)
        return fingerprint.traces & (fingerprint.traces - 1) == 0

    def _watch_production(self, past: Past, flow: Flow, policy: Policy) -> None:
        """Hold a trace of production against its own past."""
        past.versions.observe(flow)
        if past.slices.is_over(flow.began):
            past.end_slice(flow.began, policy.page, policy.lost_in(flow.environment))
            self.begin_epoch_if_changed(flow.began)
        if past.watching:
            past.slices.keep(flow)
        past.see(structure_of(flow.shape), self.snapshot)

    def begin_epoch_if_changed(self, now: LogTime) -> None:
        """After a change that has lasted, what was before it is no reference any more."""
        if self.past is not None and self.past.baseline is not None and self.past.changed(now):
            self.fingerprint.days.begin_anew()
            self.snapshot = Snapshot()

    def latest(self, policy: Policy, end: LogTime) -> Snapshot:
        """The last snapshot, or another where that is due; `end`: log time of what it is held against."""
        days = self.fingerprint.days
        now = LogTime(min(self.fingerprint.last or 0, end))
        if days.traces and self.snapshot.is_due(days, now):
            return Snapshot.of(days, policy.half_life_ms, now)
        return self.snapshot

    def renew(self, policy: Policy, end: LogTime) -> Snapshot:
        """The latest snapshot; from now on it is the last one."""
        self.snapshot = self.latest(policy, end)
        return self.snapshot

    def reference(self, comparison: Comparison, policy: Policy) -> Reference:
        """What tests that lose some spans are held against: without times where sampling hides them."""
        told = tells_times(policy.sampling_of(comparison.reference))
        lost = policy.lost_in(comparison.candidate)
        return Reference(self.snapshot, self.times if told else Times(), lost)

    def shift_of(self, subject: str, since: LogTime, warn: float) -> Shift | None:
        """A change of this side that may explain a gap about `subject`: see `Past.shift_of`."""
        return None if self.past is None else self.past.shift_of(subject, since, warn)

    def watch(self) -> Past:
        """The past, from now on watched."""
        if self.past is None:
            self.past = Past()
        return self.past

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        past = self.past and self.past.pack()
        return [self.fingerprint.pack(), self.snapshot.pack(), self.times.pack(), past]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The side that `pack` packed."""
        side = cls()
        fingerprint, snapshot, times, past = plain
        side.fingerprint = Fingerprint.unpack(fingerprint)
        side.snapshot = Snapshot.unpack(snapshot)
        side.times = Times.unpack(times)
        side.past = past and Past.unpack(past)
        return side
