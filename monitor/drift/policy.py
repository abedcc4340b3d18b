"""What verdicts depend on, besides the telemetry: it reaches the fold as a command, never as a setting."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.sampling import Sampling
from monitor.drift.scope import OutOfScope
from monitor.fingerprints.snapshot import HALF_LIVES
from monitor.fingerprints.units import UnitKind
from monitor.stats.budget import page_threshold, warn_threshold

_FREE = "{}"
"""Stands for a free part of a name, as of an environment for each pull request."""


class Comparison(BaseModel):
    """Two environments: `candidate` is to stand for `reference`. The name is part of keys: no slash in it.

    rolling: which runs feed the detectors, as attribute -> globs for its value; any one attribute suffices.
    The others get a verdict and never page. None: all runs. Empty: none, for preview environments. Where the
    candidate's name has a free part (`preview-{}`), it stands for many environments, and None is none, too.
    when_seen: it is shown only once a flow of the candidate has arrived.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, pattern="^[^/]*$")
    reference: str = Field(min_length=1)
    candidate: str = Field(min_length=1)
    rolling: dict[str, tuple[str, ...]] | None = None
    when_seen: bool = False

    def rolls(self, run: str, marks: Mapping[str, str]) -> bool:
        """Whether a run with these attributes feeds the detectors; '' is what belongs to no run."""
        if self.rolling is None:
            return _FREE not in self.candidate
        if not run:
            return bool(self.rolling)
        wanted = ((marks.get(name, ""), globs) for name, globs in self.rolling.items())
        return any(fnmatchcase(value, glob) for value, globs in wanted if value for glob in globs)


class EvidenceSettings(BaseModel):
    """What counts as one piece of evidence, and for how long the reference does.

    bucket_ms: a bucket of time, where no test run is known. half_life_ms: after it, a day of the reference
    counts half. loss_limit: a service that loses a larger share of its spans gives no evidence of what its
    calls are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: UnitKind = "auto"
    bucket_ms: int = Field(default=60_000, gt=0)
    half_life_ms: int = Field(default=7 * DAY_MS, ge=DAY_MS)
    loss_limit: float = Field(default=0.2, ge=0, le=1)


class RunSettings(BaseModel):
    """When a run that nobody finished counts as ended: after `idle_ms` without activity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    idle_ms: int = Field(default=300_000, gt=0)


class GateSettings(BaseModel):
    """What a run must prove to pass: `min_traffic` (0..1) of the traffic that its suite exercised before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_traffic: float = Field(default=0.5, ge=0, le=1)


class AuditSettings(BaseModel):
    """What an audit publishes: of each test run about so many of its calls, one record each; 0: none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls_per_run: int = Field(default=100_000, ge=0, le=10_000_000)


class AlertSettings(BaseModel):
    """The error budget: how many false pages in 30 days, how many false warnings a day.

    `per_flow_per_day`: at most this many episodes of a flow become events on a day; the rest is counted.

    `expected_updates_per_30d`: detector updates to assume at least; None: the first thresholds are the
    least ones, later ones follow from what was counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_pages_per_30d: float = Field(default=1.0, gt=0)
    expected_updates_per_30d: float | None = Field(default=None, gt=0)
    false_warnings_per_day: float = Field(default=1.0, gt=0)
    per_flow_per_day: int = Field(default=6, ge=1)


MAY_DIFFER = ("version", "image", "region", "zone")
"""Tests try the next version, and run elsewhere."""


class ParitySettings(BaseModel):
    """What services may run on otherwise in the tests: globs on an aspect, or on 'SERVICE ASPECT'."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: tuple[str, ...] = MAY_DIFFER


class Policy(BaseModel):
    """Everything that the fold needs to know to come to a verdict; travels as the command `settings`.

    page, warn: thresholds on the evidence M of a detector (statistics 1.6). quiet_gap_ms: how long a fragment
    stays open after its last span, so how long a finished run waits for its last flows. min_traffic: of
    `GateSettings`. alerts: the budget from which later thresholds are made. max_silence: per environment the
    longest silence in ms, where a setting says it. loss: which share of its spans a service of an environment
    loses, at most; counted, never a setting. sampling: how its traces were sampled. out_of_scope: flows that
    tests need not exercise. calls_per_run: of `AuditSettings`. read: of each cluster that observers read, a
    pattern of the topics that they read there; empty where nobody says it. may_differ: of `ParitySettings`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    comparisons: tuple[Comparison, ...] = ()
    unit: UnitKind = "auto"
    bucket_ms: int = Field(default=60_000, gt=0)
    half_life_ms: int = Field(default=7 * DAY_MS, ge=DAY_MS)
    idle_ms: int = Field(default=300_000, gt=0)
    quiet_gap_ms: int = Field(default=10_000, ge=0)
    page: float = Field(default=1e6, gt=0)
    warn: float = Field(default=1e3, gt=0)
    min_traffic: float = Field(default=0.5, ge=0, le=1)
    alerts: AlertSettings = AlertSettings()
    max_silence: dict[str, int] = {}
    loss_limit: float = Field(default=0.2, ge=0, le=1)
    loss: Mapping[str, Mapping[str, float]] = {}
    sampling: dict[str, Sampling] = {}
    out_of_scope: tuple[OutOfScope, ...] = ()
    calls_per_run: int = Field(default=100_000, ge=0, le=10_000_000)
    read: dict[str, str] = {}
    may_differ: tuple[str, ...] = MAY_DIFFER

    @field_validator("read")
    @classmethod
    def _patterns(cls, read: dict[str, str]) -> dict[str, str]:
        for pattern in read.values():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"no pattern: {error}") from None
        return read

    def reads(self, cluster: str, topic: str) -> bool:
        """Whether observers read a topic, as far as the settings say."""
        pattern = self.read.get(cluster)
        return not self.read or (pattern is not None and re.match(pattern, topic) is not None)

    def out_of_scope_of(self, flow: str, now: LogTime) -> OutOfScope | None:
        """The first decision that, at log time `now`, no test needs to exercise a flow."""
        return next((each for each in self.out_of_scope if each.holds(flow, now)), None)

    def of_candidate(self, environment: str) -> tuple[Comparison, ...]:
        """The comparisons in which `environment` is the candidate."""
        return self.by_candidate.get(environment, ())

    def sampling_of(self, environment: str) -> Sampling:
        """How the traces of an environment were sampled, as far as anybody has said."""
        return self.sampling.get(environment, "unknown")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; what was derived from the old ones is derived anew."""
        copied = super().model_copy(update=update, deep=deep)
        for derived in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[derived]
        return copied

    @cached_property
    def by_candidate(self) -> Mapping[str, tuple[Comparison, ...]]:
        """The comparisons by their candidate."""
        candidates = dict.fromkeys(c.candidate for c in self.comparisons)
        return {name: tuple([c for c in self.comparisons if c.candidate == name]) for name in candidates}

    @cached_property
    def references(self) -> frozenset[str]:
        """The environments that are the reference of a comparison."""
        return frozenset(c.reference for c in self.comparisons)

    @cached_property
    def sides(self) -> frozenset[str]:
        """The environments that are a side of a comparison."""
        return self.references.union(c.candidate for c in self.comparisons)

    @property
    def follows_environments(self) -> bool:
        """Whether no comparison was written: each environment of the settings is compared when it is seen."""
        return all(c.when_seen for c in self.comparisons)

    def lost_in(self, environment: str) -> dict[str, float]:
        """Per service, which share of its spans an environment loses; 1.0 of those beyond the limit."""
        rates = self.loss.get(environment, {})
        return {service: 1.0 if rate > self.loss_limit else rate for service, rate in rates.items()}

    def compares(self, environment: str) -> bool:
        """Whether `environment` is a side of any comparison."""
        return environment in self.sides

    @property
    def days_kept(self) -> int:
        """Days of counts to keep; older ones do not count."""
        return HALF_LIVES * self.half_life_ms // DAY_MS + 1


def policy_in(plain: object) -> Policy:
    """The policy as it stands in the log; ValidationError where it is none.

    Fields that this version does not know are ignored: a newer one may have written them.
    """
    return Policy.model_validate(plain, extra="ignore")


def policy_of(
    comparisons: tuple[Comparison, ...],
    evidence: EvidenceSettings,
    runs: RunSettings,
    alerts: AlertSettings,
    quiet_gap_ms: int,
    gate: GateSettings,
) -> Policy:
    """The policy that these settings amount to."""
    page = page_threshold(alerts.expected_updates_per_30d, alerts.false_pages_per_30d)
    daily = alerts.expected_updates_per_30d and alerts.expected_updates_per_30d / 30
    return Policy(
        comparisons=comparisons,
        unit=evidence.unit,
        bucket_ms=evidence.bucket_ms,
        half_life_ms=evidence.half_life_ms,
        loss_limit=evidence.loss_limit,
        idle_ms=runs.idle_ms,
        quiet_gap_ms=quiet_gap_ms,
        page=page,
        warn=warn_threshold(daily, alerts.false_warnings_per_day, page),
        min_traffic=gate.min_traffic,
        alerts=alerts,
    )
