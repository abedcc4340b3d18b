"""All settings: one frozen value, composed of the sections declared beside the code that they govern.

Precedence: defaults, then the YAML file, then the environment (`FLOWDRIFT_` and the path joined with `__`:
`FLOWDRIFT_KAFKA__BROKERS=a:9092,b:9092`). An unknown key is an error that names the closest known one. What
people write (`quiet_gap: 10s`) is translated by `base.spelling`. No message ever holds a value.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from monitor.base import spelling
from monitor.base.errors import ConfigurationError
from monitor.drift.policy import (
    AlertSettings,
    Comparison,
    EvidenceSettings,
    GateSettings,
    Policy,
    RunSettings,
    policy_of,
)
from monitor.drift.sampling import Sampling
from monitor.flows.identity import FlowSettings
from monitor.kafka import clusters
from monitor.kafka.settings import DEFAULT_CLUSTER, KafkaSettings
from monitor.publish.settings import ApiSettings, LimitSettings
from monitor.traces.assembler import AssemblySettings
from monitor.wire.attribution import (
    RUNNER_ATTRIBUTES,
    RUNNER_RESOURCE_ATTRIBUTES,
    RUNNER_SCOPES,
    AttributionSettings,
    EnvironmentMatch,
)

PREFIX = "FLOWDRIFT_"
_NAME = "deployment.environment.name"
_NO_TRACES = (
    "evidence.unit: trace is for `flowdrift replay` only. Traces of one test run share its cases, caches and "
    "flags; each taken for evidence of its own, they page without drift. Use auto, run+case, run or bucket"
)

_SAID = {"model_type": "must be a mapping", "dict_type": "must be a mapping", "missing": "is needed"}
"""What pydantic says with names of classes, for people: type of the problem -> what must be."""


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
    """How flows are told apart, and which spans belong to a test runner and to no flow."""

    runners: RunnersSection = RunnersSection()


class ServicesSection(BaseModel):
    """Other names of services: glob -> name used here; a `*` on the right takes what the left one took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: dict[str, str] = {}


class RunsSection(RunSettings):
    """When a run ends that nobody finishes, and where else its id and its cases stand on spans."""

    attributes: tuple[str, ...] = ()
    case_attributes: tuple[str, ...] = ()


class Settings(BaseSettings):
    """Everything that a process of flowdrift is told; built by `load`, never changed."""

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
    environments: dict[str, EnvironmentSection] = {
        "production": EnvironmentSection(match={_NAME: ("production", "prod")}),
        "integration": EnvironmentSection(match={_NAME: ("integration", "test", "testing", "staging")}),
    }
    comparisons: tuple[Comparison, ...] = Field(
        default=(Comparison(name="production-integration", reference="production", candidate="integration"),),
        min_length=1,
    )
    flows: FlowsSection = FlowsSection()
    services: ServicesSection = ServicesSection()
    assembly: AssemblySection = AssemblySection()
    runs: RunsSection = RunsSection()
    evidence: EvidenceSettings = EvidenceSettings()
    alerts: AlertSettings = AlertSettings()
    gate: GateSettings = GateSettings()
    limits: LimitSettings = LimitSettings()
    api: ApiSettings = ApiSettings()

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
    def _names_are_known(self) -> Self:
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
        """What the decoder needs to tell environments, runs, cases and runners."""
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
        """Every cluster that is read, by name, with its topics."""
        return clusters.sources(self.kafka, self.environments.values())

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
        return policy.model_copy(update={"max_silence": limits, "sampling": sampling})


def load(file: Path | None = None, *, offline: bool = False) -> Settings:
    """The settings of `file` and the environment; ConfigurationError names each path and what it must be.

    offline: for `replay`, which alone takes `evidence.unit: trace`.
    """
    document = _merged(_document(file) if file else {}, _environment())
    values, problems = spelling.read_what_fits(Settings, document)
    try:
        settings = Settings(**values)
        # Also what the core makes of them must be valid now, not when the first span comes.
        _ = settings.attribution, settings.policy
    except ValidationError as error:
        problems.extend(_explained(error))
    if problems:
        raise ConfigurationError("\n".join(problems), code="settings")
    if settings.evidence.unit == "trace" and not offline:
        raise ConfigurationError(_NO_TRACES, code="settings")
    return settings


def document_of(settings: Settings) -> dict[str, Any]:
    """What a person would write to get `settings`: every setting, as in config/flowdrift.yaml."""
    return dict(spelling.write(settings))


def schema() -> dict[str, Any]:
    """JSON schema of the configuration file."""
    return spelling.schema(Settings)


class _Environment(EnvSettingsSource):
    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:  # noqa: ARG002
        """Lists and mappings may be YAML (which JSON is); other text is left for `spelling` to split."""
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value


def _environment() -> dict[str, Any]:
    """What the environment says; a name without `__` that is no section is not ours.

    Kubernetes sets FLOWDRIFT_PORT, FLOWDRIFT_SERVICE_HOST and the like for a Service of that name.
    """
    paths = [name.removeprefix(PREFIX).lower().split("__") for name in os.environ if name.startswith(PREFIX)]
    unknown = {path[0] for path in paths if len(path) > 1} - Settings.model_fields.keys()
    spelling.read(Settings, dict.fromkeys(sorted(unknown)))
    return _Environment(Settings)()


def _document(file: Path) -> Mapping[str, Any]:
    """The file as plain values; messages of the YAML reader are not passed on, as they quote the file."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", code="file") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: must be UTF-8", code="file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise ConfigurationError(f"{file}: is no YAML at {where}", code="file") from None
    if not isinstance(document, Mapping | None):
        raise ConfigurationError(f"{file}: must be a mapping of sections", code="file")
    return {section: value for section, value in (document or {}).items() if value is not None}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both documents; where both say something about one key, `above` counts."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        nested = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old or {}, value) if nested else value
    return merged


def _explained(error: ValidationError) -> Iterable[str]:
    """Each problem with its path; a list is not also too short for want of its wrong items."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    inside = {problem["loc"][:end] for problem in problems for end in range(len(problem["loc"]))}
    for problem in problems:
        if problem["type"] == "too_short" and problem["loc"] in inside:
            continue
        path = ".".join(spelling.spelled(str(part)) for part in problem["loc"])
        said = _SAID.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        yield f"{path}: {said}" if path else said
