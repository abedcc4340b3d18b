"""A record of the alerts topic: one event of an episode, the same one whenever it is made again."""

import msgspec
import orjson

from monitor.base.units import LogTime


class FlowLabels(msgspec.Struct, frozen=True, kw_only=True):
    """What an episode of a flow is about."""

    alertname: str
    comparison: str
    flow: str
    dimension: str


class EnvironmentLabels(msgspec.Struct, frozen=True, kw_only=True):
    """What an episode of a whole environment is about."""

    alertname: str
    environment: str


class Annotations(msgspec.Struct, frozen=True, kw_only=True):
    """What people read of an episode of which no verdict speaks any more."""

    summary: str
    description: str


class VerdictAnnotations(Annotations, frozen=True, kw_only=True):
    """What people need of a verdict to begin to look, in the words of the report; '' where not known."""

    subject: str
    outcome: str
    service: str
    since: str
    moved: str
    began_with: str
    reference_trace: str
    candidate_trace: str


class EnvironmentAnnotations(msgspec.Struct, frozen=True, kw_only=True):
    """What people read of an environment. subject: its name."""

    subject: str
    summary: str
    description: str
    since: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An event. phase: `pending`, `firing`, `resolved`. onset, at: log times of change and event."""

    id: str
    episode: str
    phase: str
    severity: str
    labels: FlowLabels | EnvironmentLabels
    annotations: Annotations | EnvironmentAnnotations
    onset: LogTime | None
    at: LogTime

    @property
    def flow(self) -> str:
        """The flow that it is about; '' for a whole environment."""
        return self.labels.flow if isinstance(self.labels, FlowLabels) else ""

    def written(self) -> bytes:
        """The record as JSON, in the order of its fields."""
        return orjson.dumps(msgspec.to_builtins(self))
