"""What the sections amount to, and that config/ says all of them."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from monitor.base import spelling
from monitor.base.errors import ConfigurationError
from monitor.publish.settings import ApiSettings, ProbesSettings
from monitor.settings import EnvironmentSection, Settings, document_of, load, schema

_CONFIG = Path(__file__).parents[3] / "config"
_EXAMPLES = sorted((_CONFIG / "examples").glob("*.yaml"))


def _keys(document: object, path: str = "") -> set[str]:
    """Every path of a document."""
    if not isinstance(document, dict):
        return {path}
    return {path}.union(*(_keys(value, f"{path}.{key}") for key, value in document.items()))


def test_the_commented_file_is_the_defaults() -> None:
    """config/flowdrift.yaml has the defaults."""
    assert load(_CONFIG / "flowdrift.yaml") == Settings()


def test_the_commented_file_names_every_setting() -> None:
    """config/flowdrift.yaml names every setting."""
    written = yaml.safe_load((_CONFIG / "flowdrift.yaml").read_text(encoding="utf-8"))
    assert _keys(document_of(Settings())) <= _keys(written)


@pytest.mark.parametrize("file", [_CONFIG / "flowdrift.yaml", *_EXAMPLES], ids=lambda file: str(file.name))
def test_files_are_valid(file: Path) -> None:
    """Every file that we ship loads, and the schema says so too."""
    load(file)
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), schema())


def test_writing_and_reading_are_inverse() -> None:
    """What is printed as a document is the same settings again."""
    settings = Settings()
    assert Settings(**spelling.read(Settings, document_of(settings))) == settings


def test_topics_of_environments_are_read_too() -> None:
    """An environment with topics of its own needs no attribute, and its topics need not be named twice."""
    environments = {
        "production": EnvironmentSection(topics=("prod", "otlp_spans")),
        "integration": EnvironmentSection(),
    }
    settings = Settings(environments=environments)
    assert settings.source.traces.topics == ("otlp_spans", "prod")
    assert settings.environment_of("prod") == "production"
    assert settings.environment_of("other") is None


def test_attribution_is_composed(tmp_path: Path) -> None:
    """Settings of several sections arrive where spans are attributed."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text(
        "services: {aliases: {'*-staging': '*'}}\n"
        "runs: {attributes: [build.id], case_attributes: [case.id]}\n"
        "flows: {runners: {attributes: [my.runner], scopes: [mine]}}\n",
        encoding="utf-8",
    )
    attribution = load(file).attribution
    assert attribution.aliases == {"*-staging": "*"}
    assert attribution.run_attributes == ("build.id",)
    assert attribution.case_attributes == ("case.id",)
    assert attribution.runner_attributes == ("my.runner",)
    assert attribution.runner_scopes == ("mine",)
    assert list(attribution.environments) == ["production", "integration", "test", "testing", "staging"]


def test_the_policy_says_how_production_is_sampled(tmp_path: Path) -> None:
    """As the file says, `none` too, which is no null; unknown where nobody says it."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text("environments: {production: {sampling: none}, integration: {}}", encoding="utf-8")
    policy = load(file).policy
    sampling = [policy.sampling_of(name) for name in ("production", "integration", "prod-eu")]
    assert sampling == ["none", "unknown", "unknown"]


def test_what_needs_no_test_has_a_reason(tmp_path: Path) -> None:
    """A decision says why, and may end on a day, quoted or not; it reaches verdicts by the policy."""
    file = tmp_path / "flowdrift.yaml"
    decision = "flows: {{out_of_scope: [{{match: 'shop GET /old/*', {}}}]}}"
    for until in ("2027-03-31", "'2027-03-31'"):
        file.write_text(decision.format(f"reason: ends in March, until: {until}"), encoding="utf-8")
        [one] = load(file).policy.out_of_scope
        assert (one.match, one.reason, one.until) == ("shop GET /old/*", "ends in March", "2027-03-31")
    for wrong, path in (("until: null", "reason"), ("reason: x, until: soon", "until")):
        file.write_text(decision.format(wrong), encoding="utf-8")
        with pytest.raises(ConfigurationError, match=path):
            load(file)


def test_the_probes_listen_beside_the_api() -> None:
    """On the next port, unless a port of their own is set; on a free one where there is no next."""
    given = {(8080, None): 8081, (8080, 9000): 9000, (8080, 0): 0, (65535, None): 0, (0, None): 0}
    ports = {(api, own): ProbesSettings(port=own).port_beside(ApiSettings(port=api)) for api, own in given}
    assert ports == given
