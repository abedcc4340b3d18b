"""Which environment, run, case and suite a span belongs to, and whether a test runner made it.

Decided once, when the span is decoded. For the environment the first of these that says something counts:

1. what the caller was told (the topic's mapping, or a record header)
2. `deployment.environment.name`, or its older name `deployment.environment`
3. any other attribute that an environment's `match` names (`k8s.namespace.name`, ...), in configured order
4. any attribute `test.*`, or `user_agent.synthetic.type` = `test`: the environment is `test`
5. `unknown`

A raw value becomes the name of the first environment whose `match` has a glob for it; without one, the
raw value itself names the environment, except in step 3, where only a match counts: a Kubernetes
namespace is not an environment until somebody says so.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.wire.names import normalise
from monitor.wire.semconv import ENVIRONMENT, SYNTHETIC, Vocabulary
from monitor.wire.span import UNKNOWN

TEST_ENVIRONMENT = "test"
"""The environment of spans that only carry a mark of testing."""

RUN_ATTRIBUTES = ("cicd.pipeline.run.id", "test.run.id")
CASE_ATTRIBUTES = (
    "test.case.name",
    "pytest.nodeid",
    "tests.name",
    "test.name",
    "tests.case.name",
    "tests.case.id",
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
    "vitest.test.runner.test.name",
    "cucumber.scenario.name",
)
RUNNER_SCOPES = (
    "pytest-opentelemetry",
    "pytest-mergify",
    "pytest-otel",
    "pytest_otel",
    "playwright-opentelemetry*",
    "vitest",
    "@vitest/*",
    "*cucumber*",
    "io.jenkins.*",
)
_MARKS = ("test.case.result.status", "test.suite.run.status")

Name = Annotated[str, Field(min_length=1, max_length=120)]
"""A name or a glob for one."""

Attribute = Annotated[str, Field(max_length=120, pattern=r"^[!-~]+$")]
"""An attribute's name: printable ASCII, short enough for one length byte on the wire."""

Globs = tuple[Name, ...]
"""Shell patterns with `*`, `?` and `[...]`; case counts."""


class EnvironmentMatch(BaseModel):
    """How an environment is recognised: attribute -> globs for its value; any one attribute suffices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Mapping[Attribute, Globs] = {}


class AttributionSettings(BaseModel):
    """What decides a span's environment, test identity and service name; the defaults do for a first look.

    `environments` in order of precedence. `run_attributes` and `case_attributes` are asked after the
    built-in names. `runner_attributes` and `runner_scopes` (globs) recognise spans of test runners.
    `aliases`: glob of a service name -> its name here; each `*` on the right takes what the `*` of the
    same place on the left took ('*-staging': '*'). They hold for peers that a client declares, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    environments: Mapping[Name, EnvironmentMatch] = {}
    run_attributes: tuple[Attribute, ...] = ()
    case_attributes: tuple[Attribute, ...] = ()
    runner_attributes: tuple[Attribute, ...] = RUNNER_ATTRIBUTES
    runner_scopes: Globs = RUNNER_SCOPES
    aliases: Mapping[Name, Name] = {}

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
    """Attribution by one set of settings; pure, so that equal spans always get equal answers."""

    def __init__(self, settings: AttributionSettings) -> None:
        self._runs = (*RUN_ATTRIBUTES, *settings.run_attributes)
        self._cases = (*CASE_ATTRIBUTES, *settings.case_attributes)
        self._runner_attributes = settings.runner_attributes
        self._runner_scope = _any_of(settings.runner_scopes)
        self._aliases = [(_capturing(pattern), name) for pattern, name in settings.aliases.items()]
        self._configured = frozenset(settings.environments)
        matched = [name for each in settings.environments.values() for name in each.match]
        self.vocabulary = Vocabulary(
            (*self._runs, *self._cases, *SUITE_ATTRIBUTES, *_MARKS, *self._runner_attributes, *matched)
        )
        self._matches = self._compile(settings.environments)

    def _compile(
        self, environments: Mapping[str, EnvironmentMatch]
    ) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
        """Attribute (newest name) -> [(environment, its globs)], both in configured order."""
        matches: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for environment, settings in environments.items():
            for attribute, globs in settings.match.items():
                rules = matches.setdefault(self.vocabulary.newest(attribute)[0], [])
                rules.append((environment, _any_of(globs)))
        return matches

    def service(self, name: str) -> str:
        """The service's name after aliases; `unknown_service` for an empty one."""
        for pattern, replacement in self._aliases:
            if found := pattern.fullmatch(name):
                taken = iter(found.groups())
                return "".join(next(taken) if part == "*" else part for part in _STARS.split(replacement))
        return name or "unknown_service"

    def runner_scope(self, scope: str) -> bool:
        """Whether an instrumentation scope of this name belongs to a test runner."""
        return self._runner_scope.fullmatch(scope) is not None

    def identify(
        self, told: str | None, resource: Mapping[str, str], attributes: Mapping[str, str], scope: str
    ) -> Identity:
        """Decide about a span with these translated attributes; a span's own come before its resource's."""
        known = {**resource, **attributes}
        return Identity(
            environment=self._environment(told, known),
            suite=_first(known, SUITE_ATTRIBUTES),
            run=_first(known, self._runs),
            case=_first(known, self._cases),
            runner=self.runner_scope(scope) or any(name in attributes for name in self._runner_attributes),
        )

    def _environment(self, told: str | None, known: Mapping[str, str]) -> str:
        """The environment by the order of the module's docstring."""
        if raw := normalise(told or "") or known.get(ENVIRONMENT):
            return raw if raw in self._configured else self._mapped(ENVIRONMENT, raw) or raw
        for attribute in self._matches:
            if mapped := self._mapped(attribute, known.get(attribute, "")):
                return mapped
        marked = known.get(SYNTHETIC) == "test" or any(name.startswith("test.") for name in known)
        return TEST_ENVIRONMENT if marked else UNKNOWN

    def _mapped(self, attribute: str, raw: str) -> str:
        """The environment whose globs for `attribute` take `raw`; '' where none does."""
        rules = self._matches.get(attribute, []) if raw else []
        return next((environment for environment, globs in rules if globs.fullmatch(raw)), "")


_STARS = re.compile(r"(\*)")


def _any_of(globs: Iterable[str]) -> re.Pattern[str]:
    """One pattern for several globs; for none, a pattern that takes nothing."""
    return re.compile("|".join(translate(glob) for glob in globs) or r"(?!)")


def _capturing(glob: str) -> re.Pattern[str]:
    """A glob whose stars can be asked what they took."""
    return re.compile("".join("(.*)" if part == "*" else re.escape(part) for part in _STARS.split(glob)))


def _first(known: Mapping[str, str], names: Iterable[str]) -> str:
    """The value of the first of `names` that is there."""
    return next((known[name] for name in names if name in known), "")
