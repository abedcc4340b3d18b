"""The environments of a file over those that need no setting, and the comparisons that follow."""

import re
from pathlib import Path

import pytest

from monitor.settings import Settings, load
from monitor.settings.environments import SPELLINGS
from monitor.wire.attribution import Attribution
from monitor.wire.semconv import ENVIRONMENT


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "flowdrift.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def named(settings: Settings, raw: str) -> str:
    """The environment that a value of the attribute means."""
    return Attribution(settings.attribution).identify(None, {ENVIRONMENT: raw}, {}, "", "").environment


def comparisons(settings: Settings) -> list[str]:
    return [each.name for each in settings.comparisons]


@pytest.mark.parametrize(
    ("raw", "environment"),
    [
        *((raw, "production") for raw in ("production", "prod", "live", "Production", "PROD")),
        *((raw, "integration") for raw in ("integration", "int", "Integration")),
        *((raw, "test") for raw in ("test", "tst", "TEST")),
        ("testing", "testing"),
        *((raw, "staging") for raw in ("staging", "stage", "stg", "Staging")),
        *((raw, raw) for raw in ("qa", "uat", "pre-production", "testing-2", "prod-like")),
    ],
)
def test_usual_spellings_need_no_setting(raw: str, environment: str) -> None:
    """Whatever their case; `test` and `testing` are two, and nothing else is pooled with any of them."""
    assert named(Settings(), raw) == environment


def test_the_readme_lists_them() -> None:
    """Environment by environment, with every value that means it."""
    lines = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8").splitlines()
    rows = lines[lines.index("| environment | values |") + 2 :][: len(SPELLINGS)]
    listed = {row.split("|")[1].strip(): tuple(re.findall("`(.*?)`", row)) for row in rows}
    assert listed == SPELLINGS


def test_each_environment_is_compared_with_production_when_seen() -> None:
    """One comparison each, which says nothing before its candidate was seen."""
    assert comparisons(Settings()) == [
        "production-integration",
        "production-test",
        "production-testing",
        "production-staging",
    ]
    assert all(each.when_seen for each in Settings().comparisons)


def test_a_file_names_only_what_differs(tmp_path: Path) -> None:
    """One setting of one environment leaves its values, the other environments and the comparisons."""
    settings = loaded(tmp_path, "environments: {production: {sampling: head}}")
    assert settings.environments["production"].sampling == "head"
    assert named(settings, "live") == "production"
    assert settings.comparisons == Settings().comparisons


def test_one_line_compares_another_environment(tmp_path: Path) -> None:
    """It stands before the others; `null` takes one away."""
    settings = loaded(tmp_path, "environments: {qa: {}, testing: null, staging: null}")
    assert comparisons(settings) == ["production-qa", "production-integration", "production-test"]
    assert named(settings, "QA") == "qa"
    assert named(settings, "staging") == "staging"


def test_comparisons_of_a_file_are_the_only_ones(tmp_path: Path) -> None:
    """They are shown from the beginning, so that missing tests are seen."""
    settings = loaded(tmp_path, "comparisons: [{name: c, reference: production, candidate: staging}]")
    assert [(each.name, each.when_seen) for each in settings.comparisons] == [("c", False)]


@pytest.mark.parametrize(
    ("text", "raw", "environment"),
    [
        (
            "{integration: {match: {deployment.environment.name: [INT, test*]}}}",
            "test",
            "integration",
        ),
        ("{integration: {match: {deployment.environment: ['*test*']}}}", "testing", "integration"),
        ("{production: {sampling: none}, eu: {match: {deployment.environment.name: [live]}}}", "live", "eu"),
        ("{production: {match: {k8s.namespace.name: [shop]}}}", "prod", "prod"),
        ("{Staging: {topics: [t]}}", "staging", "Staging"),
    ],
)
def test_what_a_file_says_of_a_value_holds(tmp_path: Path, text: str, raw: str, environment: str) -> None:
    """A value that it gives to another environment no longer means the one that needs no setting."""
    assert named(loaded(tmp_path, f"environments: {text}"), raw) == environment


def test_an_environment_whose_name_is_taken_is_gone(tmp_path: Path) -> None:
    """With `test` and `testing` under integration, nothing could ever be seen in them."""
    text = "environments: {integration: {match: {deployment.environment.name: [integration, 'test*']}}}"
    assert comparisons(loaded(tmp_path, text)) == ["production-integration", "production-staging"]


def test_where_every_environment_needs_a_cluster_only_those_of_the_file_are_there(tmp_path: Path) -> None:
    """Nobody says where the others would be read."""
    settings = loaded(
        tmp_path,
        "kafka: {clusters: {p: {brokers: [p:1]}, t: {brokers: [t:1]}}, internal: t}\n"
        "environments: {production: {cluster: p}, integration: {cluster: t}}\n",
    )
    assert list(settings.environments) == ["production", "integration"]
    assert comparisons(settings) == ["production-integration"]
