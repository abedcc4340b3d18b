"""Which environment, run, case and suite a span belongs to, and whether a test runner made it.

Decided once, when it is decoded. For the environment the first of these that says something counts:

1. the topic's mapping, or a record header
2. `deployment.environment.name`, or its older name `deployment.environment`
3. any other attribute that an environment's `match` names (`k8s.namespace.name`, ...), in configured order
4. a mark of testing, as if the attribute of step 2 were `test`: any attribute `test.*`, a test runner's span,
   or `user_agent.synthetic.type` = `test` (or the trace state of synthetic monitors)
5. `unknown`, which gives way to what other spans of the flow say (`flows.read`)

Synthetic traffic (the last mark of step 4) in an environment that is a reference is no evidence of what
people do there: it becomes an environment of its own, `production-synthetic`.

A raw value that is the name of a configured environment means it; else it becomes the name of the first
environment whose `match` has a glob for it; case does not count in either. Without one, the raw value itself
names the environment, except in step 3, where only a match counts: a Kubernetes namespace is not an
environment until somebody says so.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.wire.aliases import Aliases
from monitor.wire.bodies import PayloadSettings, body_attributes, of_service
from monitor.wire.free_text import without_secrets, without_tokens
from monitor.wire.names import normalise
from monitor.wire.proxies import ATTRIBUTES as PROXY_ATTRIBUTES
from monitor.wire.semconv import ENVIRONMENT, SYNTHETIC, TEST_MARK, Vocabulary
from monitor.wire.span import NAMELESS, UNKNOWN, Marks

STATED = "topic or header"
"""Stands for an attribute where the caller names the environment."""

TEST_ENVIRONMENT = "test"
"""The environment of spans that only carry a mark of testing, unless a `match` takes this value."""

SYNTHETIC_SUFFIX = "-synthetic"
"""Ends the name of the environment of a reference's synthetic traffic."""

RUN_ATTRIBUTES = ("cicd.pipeline.run.id", "test.run.id")
CASE_ATTRIBUTES = (
    "test.case.name",
    "pytest.nodeid",
    "tests.name",
    "test.name",
    "tests.case.name",
    "tests.case.id",
    "vitest.test.name",
    "checkly.check.name",
)
SUITE_ATTRIBUTES = ("cicd.pipeline.name", "test.suite.name")
RUNNER_ATTRIBUTES = (
    "pytest.span_type",  # pytest-opentelemetry
    "tests.status",  # pytest-otel
    "test.case.result.status",  # playwright-opentelemetry; conventions for tests
    "test.suite.run.status",
    "cicd.pipeline.result",  # spans of pipelines and jobs: Jenkins, GitHub, GitLab
    "cicd.pipeline.task.type",
    "cicd.pipeline.task.run.result",
    "vitest.test.id",
    "cucumber.feature.language",
    "checkly.check.id",
)
RUNNER_RESOURCE_ATTRIBUTES = (
    # The Collector's receivers for GitHub and GitLab say everything about a run on the resource. A result is
    # known when all is over: no service that a pipeline starts can carry one.
    "cicd.pipeline.result",
    "cicd.pipeline.run.status",
    "cicd.pipeline.run.task.status",
)
RUNNER_SCOPES = (
    "pytest-opentelemetry",
    "pytest-mergify",
    "pytest-otel",
    "pytest_otel",
    "*playwright*",
    "k6.browser",
    "vitest",
    "@vitest/*",
    "*cucumber*",
    "io.jenkins.*",
    "otel-cicd-action",
)
_SCENARIO = "cucumber.feature.language"
"""Only the span of a scenario carries it; that span's name is the case (instrumentation-cucumber)."""
_MARKS = ("test.case.result.status", "test.suite.run.status", _SCENARIO)

Name = Annotated[str, Field(min_length=1, max_length=120)]
"""A name or a glob for one."""

Attribute = Annotated[str, Field(max_length=120, pattern=r"^[!-~]+$")]
"""An attribute's name: printable ASCII, short enough for one length byte on the wire."""

Globs = tuple[Name, ...]
"""Shell patterns with `*`, `?` and `[...]`."""


class EnvironmentMatch(BaseModel):
    """How an environment is recognised: attribute -> globs for its value, whatever its case; one suffices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Mapping[Attribute, Globs] = {}


class AttributionSettings(BaseModel):
    """What decides a span's environment, test identity and service name; the defaults do for a first look.

    `environments` in order of precedence, by name. `run_attributes` and `case_attributes` are asked after the
    built-in names. `runner_attributes`, `runner_resource_attributes` and `runner_scopes` (globs) recognise
    spans of test runners. `references`: environments whose synthetic traffic is an environment of its own.
    `aliases`: glob of a service name -> its name here; each `*` on the right takes what the `*` of the
    same place on the left took ('*-staging': '*'), also of the peers that clients declare, of destinations,
    databases and tables. `marks`: attributes that distinguish runs. `probes`: globs on further user agents
    whose requests are no traffic. `payloads`: which bodies are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    environments: Mapping[Name, EnvironmentMatch] = {}
    run_attributes: tuple[Attribute, ...] = ()
    case_attributes: tuple[Attribute, ...] = ()
    runner_attributes: tuple[Attribute, ...] = RUNNER_ATTRIBUTES
    runner_resource_attributes: tuple[Attribute, ...] = RUNNER_RESOURCE_ATTRIBUTES
    runner_scopes: Globs = RUNNER_SCOPES
    references: tuple[Name, ...] = ()
    aliases: Mapping[Name, Name] = {}
    marks: tuple[Attribute, ...] = ()
    probes: Globs = ()
    payloads: PayloadSettings = PayloadSettings()

    @model_validator(mode="after")
    def _stars_balance(self) -> "AttributionSettings":
        for pattern, name in self.aliases.items():
            if name.count("*") > pattern.count("*"):
                raise ValueError(f"aliases: {name!r} has more '*' than {pattern!r}")
        return self


class Identity(NamedTuple):
    """What attribution decides about a span; '' where nothing is said."""

    environment: str
    suite: str
    run: str
    case: str
    runner: bool


class Attribution:
    """Attribution by one set of settings; pure, so that equal spans always get equal answers.

    runs, cases: the attributes that carry them, in the order in which they are asked.
    """

    def __init__(self, settings: AttributionSettings) -> None:
        self.runs = (*RUN_ATTRIBUTES, *settings.run_attributes)
        self.cases = (*CASE_ATTRIBUTES, *settings.case_attributes)
        self._runner_attributes = settings.runner_attributes
        self._runner_resources = settings.runner_resource_attributes
        self._references = frozenset(settings.references)
        self._runner_scope = _any_of(settings.runner_scopes)
        self._aliases = Aliases(settings.aliases)
        self._configured = {name.casefold(): name for name in settings.environments}
        matched = [name for each in settings.environments.values() for name in each.match]
        matched += settings.marks
        self.vocabulary = Vocabulary(
            (
                *(*self.runs, *self.cases, *SUITE_ATTRIBUTES, *_MARKS, *matched),
                *(*self._runner_attributes, *self._runner_resources, *PROXY_ATTRIBUTES),
            ),
            settings.probes,
            body_attributes(settings.payloads),
        )
        self.reads_bodies_of = of_service(settings.payloads)
        self._marks = [(name, self.vocabulary.newest(name)[0]) for name in settings.marks]
        self._matches = self._compile(settings.environments)

    def _compile(
        self, environments: Mapping[str, EnvironmentMatch]
    ) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
        """Attribute (newest name) -> [(environment, its globs)], both in configured order."""
        matches: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for environment, settings in environments.items():
            for attribute, globs in settings.match.items():
                rules = matches.setdefault(self.vocabulary.newest(attribute)[0], [])
                rules.append((environment, _any_of(globs, re.IGNORECASE)))
        return matches

    def service(self, name: str) -> str:
        """The service's name after aliases; `unknown_service` for an empty one."""
        return _name(self._aliases.whole(name) or name) or NAMELESS

    def place(self, name: str) -> str:
        """The name of a peer, destination, database or table after aliases: as a whole, else part by part."""
        return self._aliases.place(name)

    def runner_scope(self, scope: str) -> bool:
        """Whether an instrumentation scope of this name belongs to a test runner."""
        return self._runner_scope.fullmatch(scope) is not None

    def identify(
        self,
        stated: str | None,
        resource: Mapping[str, str],
        attributes: Mapping[str, str],
        scope: str,
        name: str,
    ) -> Identity:
        """Decide about a span of this name with these translated attributes.

        A span's own attributes come before its resource's.
        """
        known = {**resource, **attributes}
        runner = self._is_runner(resource, attributes, scope)
        environment = self._environment(*self.deciding(stated, known, runner))
        if environment in self._references and known.get(SYNTHETIC) == "test":
            environment += SYNTHETIC_SUFFIX
        return Identity(
            environment=environment,
            suite=_name(_first(known, SUITE_ATTRIBUTES)),
            run=_identifier(_first(known, self.runs)),
            case=_identifier(_first(known, self.cases) or (name if _SCENARIO in attributes else "")),
            runner=runner,
        )

    def marks(self, resource: Mapping[str, str], attributes: Mapping[str, str]) -> Marks:
        """The marks that a span or its resource carries, by the names that the settings have for them."""
        found = ((name, attributes.get(newest) or resource.get(newest, "")) for name, newest in self._marks)
        return tuple([(name, _name(value)) for name, value in found if value])

    def _is_runner(self, resource: Mapping[str, str], attributes: Mapping[str, str], scope: str) -> bool:
        return (
            self.runner_scope(scope)
            or any(name in attributes for name in self._runner_attributes)
            or any(name in resource for name in self._runner_resources)
        )

    def deciding(self, stated: str | None, known: Mapping[str, str], runner: bool) -> tuple[str, str]:
        """The attribute that decides the environment, and its raw value, by the module's docstring.

        STATED and TEST_MARK stand for steps 1 and 4, '' for none.
        """
        if raw := normalise(stated or ""):
            return STATED, raw
        if raw := known.get(ENVIRONMENT, ""):
            return ENVIRONMENT, raw
        for attribute in self._matches:
            if self._mapped(attribute, known.get(attribute, "")):
                return attribute, known[attribute]
        if runner or known.get(SYNTHETIC) == "test" or any(name.startswith("test.") for name in known):
            return TEST_MARK, TEST_ENVIRONMENT
        return "", ""

    def _environment(self, attribute: str, raw: str) -> str:
        if attribute in (STATED, ENVIRONMENT, TEST_MARK):
            return self._named(raw)
        return self._mapped(attribute, raw) or UNKNOWN

    def _named(self, raw: str) -> str:
        """The environment that `raw` names or matches, else `raw`."""
        return self._configured.get(raw.casefold()) or self._mapped(ENVIRONMENT, raw) or _name(raw)

    def _mapped(self, attribute: str, raw: str) -> str:
        """The environment whose globs for `attribute` take `raw`; '' where none does."""
        rules = self._matches.get(attribute, []) if raw else []
        return next((environment for environment, globs in rules if globs.fullmatch(raw)), "")


def _any_of(globs: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """One pattern for several globs; for none, a pattern that takes nothing."""
    return re.compile("|".join(map(translate, globs)) or r"(?!)", flags)


_REMEMBERED = 4_096
_name = lru_cache(_REMEMBERED)(without_tokens)
_identifier = lru_cache(_REMEMBERED)(without_secrets)


def _first(known: Mapping[str, str], names: Iterable[str]) -> str:
    """The value of the first of `names` that is there."""
    return next((known[name] for name in names if name in known), "")
