"""All settings: one frozen value, composed of the sections declared beside the code that they govern."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from monitor.base import spelling
from monitor.drift.policy import (
    AlertSettings,
    AuditSettings,
    Comparison,
    EvidenceSettings,
    GateSettings,
    ParitySettings,
    Policy,
    RunSettings,
    policy_of,
)
from monitor.drift.sampling import Sampling
from monitor.drift.scope import OutOfScope
from monitor.flows.identity import FlowSettings
from monitor.kafka.client import clusters
from monitor.kafka.client.topics import source_pattern
from monitor.kafka.settings import DEFAULT_CLUSTER, KafkaSettings
from monitor.publish.settings import ApiSettings, LimitSettings, LinksSettings, ProbesSettings
from monitor.settings.environments import compared, completed
from monitor.traces.settings import AssemblySettings
from monitor.wire.attribution import (
    RUNNER_ATTRIBUTES,
    RUNNER_RESOURCE_ATTRIBUTES,
    RUNNER_SCOPES,
    AttributionSettings,
    EnvironmentMatch,
)

PREFIX = "FLOWDRIFT_"
"""Of the environment variables that are settings."""

EnvironmentName = Annotated[str, Field(pattern="^[^/]{1,120}$")]
"""A part of keys: no slash in it."""

_NOTHING_COMPARED = (
    "comparisons: at least one is needed; left out, every environment is compared with production"
)


class EnvironmentSection(EnvironmentMatch):
    """How an environment is recognised: by source topics of its own, or by attributes of its spans.

    cluster: one of `kafka.clusters`, where its topics are, or without any `kafka.traces.topics`; None: the
    cluster at `kafka.brokers`. max_silence: of a candidate; a longer silence is lost telemetry. None: three
    times the longest gap of 14 days, once there are 7 days of history. sampling: of a reference's traces; of
    a candidate's it means nothing.
    """

    cluster: str | None = None
    topics: tuple[str, ...] = ()
    max_silence_ms: int | None = Field(default=None, gt=0)
    sampling: Sampling = "unknown"


class AssemblySection(AssemblySettings):
    """When a group of spans is complete, in log time; and how often closed flows are handed over."""

    publish_every_ms: int = Field(default=1_000, gt=0)


class RunnersSection(BaseModel):
    """How spans of test runners are recognised: by attributes, of the resource too, and by scope names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attributes: tuple[str, ...] = RUNNER_ATTRIBUTES
    resource_attributes: tuple[str, ...] = RUNNER_RESOURCE_ATTRIBUTES
    scopes: tuple[str, ...] = RUNNER_SCOPES


class FlowsSection(FlowSettings):
    """What makes a flow, which ones need no test, and which spans belong to a test runner, to no flow."""

    runners: RunnersSection = RunnersSection()
    out_of_scope: tuple[OutOfScope, ...] = ()


class ServicesSection(BaseModel):
    """Other names of services: glob -> name used here; a `*` on the right takes what the left one took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: dict[str, str] = {}


class RunsSection(RunSettings):
    """When a run ends that nobody finishes, and where else its id and its cases stand on spans."""

    attributes: tuple[str, ...] = ()
    case_attributes: tuple[str, ...] = ()


def _none_takes_away(described: dict[str, Any]) -> None:
    """A file may have `null` for an environment that it does without."""
    sections: dict[str, Any] = described["patternProperties"]
    described["patternProperties"] = {
        name: {"anyOf": [section, {"type": "null"}]} for name, section in sections.items()
    }


def _null_is_default(described: dict[str, Any]) -> None:
    """A file may have `null` for the default."""
    described["type"] = [described["type"], "null"]


class Settings(BaseSettings):
    """Everything that can be set about a process of flowdrift; built by `load`, never changed.

    comparisons: by default each environment with `production`, shown from when it is first seen.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_parse_none_str="null",
        title="Configuration of flowdrift",
    )

    kafka: KafkaSettings = KafkaSettings()
    environments: dict[EnvironmentName, EnvironmentSection] = Field(
        default={name: EnvironmentSection(**section) for name, section in completed({}).items()},
        json_schema_extra=_none_takes_away,
    )
    comparisons: tuple[Comparison, ...] = Field(
        default_factory=lambda found: compared(found["environments"]), json_schema_extra=_null_is_default
    )
    flows: FlowsSection = FlowsSection()
    services: ServicesSection = ServicesSection()
    assembly: AssemblySection = AssemblySection()
    runs: RunsSection = RunsSection()
    evidence: EvidenceSettings = EvidenceSettings()
    alerts: AlertSettings = AlertSettings()
    gate: GateSettings = GateSettings()
    parity: ParitySettings = ParitySettings()
    audit: AuditSettings = AuditSettings()
    limits: LimitSettings = LimitSettings()
    links: LinksSettings = LinksSettings()
    api: ApiSettings = ApiSettings()
    probes: ProbesSettings = ProbesSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: `load` decides what comes from where, whatever the shell says."""
        return (init_settings,)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len({name.casefold() for name in self.environments}) < len(self.environments):
            raise ValueError("environments: two names differ in case alone, which does not count")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        if not self.comparisons:
            raise ValueError(_NOTHING_COMPARED)
        names = [comparison.name for comparison in self.comparisons]
        if len(set(names)) < len(names):
            raise ValueError("comparisons: each needs a name of its own")
        for comparison in self.comparisons:
            if comparison.reference == comparison.candidate:
                raise ValueError(f"comparisons: {comparison.name} compares an environment with itself")
            for role in ("reference", "candidate"):
                if getattr(comparison, role) not in self.environments:
                    said = f"the {role} of {comparison.name} is no environment under `environments`"
                    raise ValueError(f"comparisons: {said}")
        return self

    @model_validator(mode="after")
    def _clusters_are_known(self) -> Self:
        clusters.checked_places(self.kafka, self.environments)
        return self

    @property
    def attribution(self) -> AttributionSettings:
        """What the decoder needs to find environments, runs, cases and runners."""
        return AttributionSettings(
            environments=self.environments,
            run_attributes=self.runs.attributes,
            case_attributes=self.runs.case_attributes,
            runner_attributes=self.flows.runners.attributes,
            runner_resource_attributes=self.flows.runners.resource_attributes,
            runner_scopes=self.flows.runners.scopes,
            references=tuple(dict.fromkeys(each.reference for each in self.comparisons)),
            aliases=self.services.aliases,
            probes=self.flows.ignore.user_agents,
            marks=tuple(sorted({name for each in self.comparisons for name in each.rolling or ()})),
        )

    @property
    def source(self) -> KafkaSettings:
        """The cluster at `kafka.brokers`, with every topic that is to be read there."""
        return clusters.source(self.kafka, self.environments.values())

    @property
    def sources(self) -> Mapping[str, KafkaSettings]:
        """Every cluster with source topics, by name, with these topics."""
        return clusters.sources(self.kafka, self.environments.values())

    @property
    def observed(self) -> Mapping[str, KafkaSettings]:
        """Every cluster that observers read, by name, with its topics: the sources, or the rekeyed topic."""
        return clusters.rekeyed(self.kafka) if self.kafka.traces.rekey else self.sources

    def environment_of(self, topic: str, cluster: str = DEFAULT_CLUSTER) -> str | None:
        """The environment to which a source topic belongs as a whole; None where its spans say it."""
        return clusters.environment_of(self.environments, topic, cluster)

    @property
    def policy(self) -> Policy:
        """What verdicts depend on."""
        quiet_gap = self.assembly.quiet_gap_ms
        policy = policy_of(self.comparisons, self.evidence, self.runs, self.alerts, quiet_gap, self.gate)
        silences = ((name, each.max_silence_ms) for name, each in self.environments.items())
        limits = {name: silence for name, silence in silences if silence is not None}
        sampling = {name: each.sampling for name, each in self.environments.items()}
        read = {cluster: source_pattern(kafka) for cluster, kafka in self.observed.items()}
        scope = self.flows.out_of_scope
        decided = {"max_silence": limits, "sampling": sampling, "out_of_scope": scope, "read": read}
        ledgers = {"calls_per_run": self.audit.calls_per_run, "may_differ": self.parity.allow}
        return policy.model_copy(update={**decided, **ledgers})


def document_of(settings: Settings) -> dict[str, Any]:
    """What a person would write to get `settings`: every setting, as in config/flowdrift.yaml."""
    return dict(spelling.write(settings))


def schema() -> dict[str, Any]:
    """JSON schema of the configuration file."""
    return spelling.schema(Settings)
