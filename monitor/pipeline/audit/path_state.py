"""One side of a path: what is known of it in one environment."""

from collections.abc import Mapping
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions import PLACES, TIMED
from monitor.dimensions.contents import contents_of
from monitor.drift.moved import Past
from monitor.drift.path_detectors import Reference
from monitor.drift.policy import Comparison, Policy
from monitor.drift.sampling import withheld
from monitor.drift.shift import Shift
from monitor.fingerprints.digest import digest_of
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.times import Times
from monitor.flows.flow import Flow

WATCHED_FROM = 100
"""Complete traces from which production is held against its own past, whether or not tests meet the path."""


class PathState:
    """Its fingerprint, the last snapshot of that, times if it is a reference, its past while it is watched.

    met: tests have met the path. times: per dimension that has some. unknown: packed times of dimensions that
    this release does not have.
    """

    __slots__ = ("fingerprint", "met", "past", "snapshot", "times", "unknown")

    def __init__(self) -> None:
        self.fingerprint = Fingerprint()
        self.snapshot = Snapshot()
        self.times = {kind: Times(kind) for kind in TIMED}
        self.unknown: dict[str, Any] = {}
        self.past: Past | None = None
        self.met = False

    def count(self, flow: Flow, policy: Policy) -> bool:
        """Count a flow; whether that is worth telling: at each doubling."""
        fingerprint = self.fingerprint
        if fingerprint.observe(flow):
            fingerprint.days.forget(policy.days_kept)
        if flow.environment in policy.references and not flow.flaws:
            for times in self.times.values():
                times.observe(flow, policy.half_life_ms)
            if self.past is not None or fingerprint.days.counted >= WATCHED_FROM:
                self._watch_production(self.watch(), flow, policy)
        traces = fingerprint.traces
        return traces & (traces - 1) == 0

    def _watch_production(self, past: Past, flow: Flow, policy: Policy) -> None:
        """Hold a trace of production against its own past."""
        past.versions.observe(flow)
        if past.slices.is_over(flow.began):
            past.end_slice(flow.began, policy.page, policy.lost_in(flow.environment))
            self.begin_epoch_if_changed(flow.began)
            if past.baseline is None and not self.met:
                self.renew(policy, flow.began)
        if past.watching:
            past.slices.keep(flow)
        looks_at = () if self.fingerprint.days.orders.by_pair else flow.order
        past.see(digest_of(flow.shape).done(looks_at), self.snapshot)
        if flow.bodies:
            past.see(contents_of(flow.shape, flow.bodies), self.snapshot)

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
            return Snapshot.take(days, policy.half_life_ms, now)
        return self.snapshot

    def meet(self, policy: Policy, end: LogTime) -> None:
        """Tests are held against this path: for the first time against all that is known of it."""
        self.watch()
        if not self.met:
            self.met = True
            self.snapshot = Snapshot()
        self.renew(policy, end)

    def renew(self, policy: Policy, end: LogTime) -> Snapshot:
        """The latest snapshot; from now on it is the last one."""
        self.snapshot = self.latest(policy, end)
        return self.snapshot

    def reference(self, comparison: Comparison, policy: Policy) -> Reference:
        """What tests that lose some spans are held against: without times where sampling hides them."""
        sampling = policy.sampling_of(comparison.reference)
        judged = {each.evidence.times for each in PLACES if not withheld(each.needs, sampling)}
        times = {kind: each for kind, each in self.times.items() if kind in judged}
        lost = (policy.lost_in(name) for name in (comparison.candidate, comparison.reference))
        return Reference(self.snapshot, times, *lost)

    def shift_of(self, dimension: str, subject: str, since: LogTime, warn: float) -> Shift | None:
        """A change of this side that may explain a gap about `subject`: see `Past.shift_of`."""
        return None if self.past is None else self.past.shift_of(dimension, subject, since, warn)

    def watch(self) -> Past:
        """The past, from now on watched."""
        if self.past is None:
            self.past = Past()
        return self.past

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; times by dimension, and none where nothing was timed."""
        times = {name: each.pack() for name, each in self.times.items() if each.buckets.held}
        return {
            "fingerprint": self.fingerprint.pack(),
            "snapshot": self.snapshot.pack(),
            "times": {**self.unknown, **times},
            "past": self.past and self.past.pack(),
            "met": self.met,
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The state that `pack` packed; a dimension that it did not have begins anew."""
        state = cls()
        state.fingerprint = Fingerprint.unpack(plain["fingerprint"])
        state.snapshot = Snapshot.unpack(plain["snapshot"])
        packed = dict(plain["times"])
        for kind in TIMED.keys() & packed.keys():
            state.times[kind] = Times.unpack(kind, packed.pop(kind))
        for each in PLACES:  # what a release before kept under its name means something else
            packed.pop(each.name, None)
        state.unknown = packed
        state.past = plain["past"] and Past.unpack(plain["past"])
        state.met = plain.get("met", state.past is not None)  # release 0.1 watched what tests had met
        return state
