"""Settings: where they come from, and what is said when they are wrong."""

from pathlib import Path

import pytest

from monitor.base.errors import ConfigurationError
from monitor.settings import Settings, load

_CANARY = "canary-7f3a91"
NOTHING_COMPARED = (
    "comparisons: at least one is needed; left out, every environment is compared with production"
)


def _file(folder: Path, text: str) -> Path:
    file = folder / "flowdrift.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def _error(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(_file(folder, text))
    return str(caught.value)


def test_without_anything_the_defaults_hold() -> None:
    """Without a file and variables the defaults hold."""
    assert load() == Settings()


def test_the_file_is_heard(tmp_path: Path) -> None:
    """What the file names is set, durations in milliseconds; the rest keeps its default."""
    settings = load(_file(tmp_path, "assembly: {quiet_gap: 3s}\nruns: {idle: 20m}\n"))
    assert (settings.assembly.quiet_gap_ms, settings.assembly.max_age_ms) == (3_000, 120_000)
    assert settings.policy.quiet_gap_ms == 3_000
    assert settings.policy.idle_ms == 1_200_000


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    """A file of comments alone changes no default."""
    assert load(_file(tmp_path, "# nothing\n")) == Settings()


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable replaces one value and leaves its neighbours as the file has them."""
    monkeypatch.setenv("FLOWDRIFT_ASSEMBLY__QUIET_GAP", "7s")
    monkeypatch.setenv("FLOWDRIFT_KAFKA__BROKERS", "a:9092, b:9092")
    monkeypatch.setenv("FLOWDRIFT_KAFKA__FLOWS__SHARDS", "4")
    settings = load(_file(tmp_path, "assembly: {quiet_gap: 3s, memory: 5s}\nkafka: {flows: {partitions: 3}}"))
    assert (settings.assembly.quiet_gap_ms, settings.assembly.memory_ms) == (7_000, 5_000)
    assert settings.kafka.brokers == ("a:9092", "b:9092")
    assert (settings.kafka.flows.partitions, settings.kafka.flows.shards) == (3, 4)


def test_the_environment_may_be_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists and mappings are YAML or JSON; text that looks like a number stays text where text is meant."""
    monkeypatch.setenv("FLOWDRIFT_COMPARISONS", "[{name: x, reference: production, candidate: integration}]")
    monkeypatch.setenv("FLOWDRIFT_KAFKA__AUTH__SASL", '{"username": "me", "mechanism": "SCRAM-SHA-256"}')
    monkeypatch.setenv("FLOWDRIFT_KAFKA__AUTH__SASL__PASSWORD", "12345")
    settings = load()
    assert settings.comparisons[0].name == "x"
    assert settings.kafka.auth.sasl is not None
    assert settings.kafka.auth.sasl.secret() == "12345"


def test_what_kubernetes_sets_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that Kubernetes sets for a Service named flowdrift are no settings."""
    monkeypatch.setenv("FLOWDRIFT_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("FLOWDRIFT_API_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("FLOWDRIFT_SERVICE_HOST", "10.0.0.1")
    assert load() == Settings()


def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with two underscores that names no setting is an error."""
    monkeypatch.setenv("FLOWDRIFT_KAFAK__BROKERS", "a:9092")
    with pytest.raises(ConfigurationError, match=r"^kafak: unknown key; did you mean kafka\?$"):
        load()


def test_what_is_passed_in_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings built in code do not depend on variables."""
    monkeypatch.setenv("FLOWDRIFT_ASSEMBLY__QUIET_GAP", "7s")
    assert Settings().assembly.quiet_gap_ms == 10_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kafak: {}", "kafak: unknown key; did you mean kafka?"),
        ("assembly: {quiet_gapp: 5s}", "assembly.quiet_gapp: unknown key; did you mean quiet_gap?"),
        (
            "assembly: {quiet_gap: 5}",
            "assembly.quiet_gap: must be a duration such as 500ms, 5s, 20m, 24h or 7d",
        ),
        ("assembly: {max_age: 0s}", "assembly.max_age: Input should be greater than 0"),
        (
            "kafka: {flows: {shards: 3}}",
            "kafka.flows.shards: must be a power of two, so that shards can be doubled",
        ),
        ("comparisons: []", NOTHING_COMPARED),
        ("environments: {production: null}", NOTHING_COMPARED),
        (
            "environments: {qa: {}, QA: {}}",
            "environments: two names differ in case alone, which does not count",
        ),
        ("environments: {staging: 3}", "environments.staging: must be a mapping"),
        ("environments: {a/b: {}}", "environments.a/b.[key]: String should match pattern '^[^/]{1,120}$'"),
        (
            "comparisons: [{name: x, reference: production, candidate: nowhere}]",
            "comparisons: the candidate of x is no environment under `environments`",
        ),
        (
            "comparisons: [{name: x, reference: production, candidate: production}]",
            "comparisons: x compares an environment with itself",
        ),
        (
            "kafka: {traces: {topics: ['^[a']}}",
            "kafka.traces.topics: '^[a' is no regular expression: unterminated character set at position 1",
        ),
        ("kafka: {traces: {topics: []}}", "kafka.traces.topics: must name at least one topic"),
        (
            "kafka: {traces: {encoding: json}}",
            (
                "kafka.traces.encoding: Input should be "
                "'otlp_proto', 'otlp_json', 'jaeger_proto', 'jaeger_json', "
                "'zipkin_proto', 'zipkin_json', 'zipkin_thrift' or 'tempo'"
            ),
        ),
        (
            "comparisons: [&a {name: x, reference: production, candidate: integration}, *a]",
            "comparisons: each needs a name of its own",
        ),
        (
            "comparisons: [{name: x, reference: production, candidate: integration, weekly: {}}]",
            ("comparisons.0.weekly: unknown key; known here: candidate, name, reference, rolling, when_seen"),
        ),
        ("alerts: {flow_per_day: 1}", "alerts.flow_per_day: unknown key; did you mean per_flow_per_day?"),
        ("services: {aliases: {a: '*'}}", "aliases: '*' has more '*' than 'a'"),
        (
            "api: {port: high}",
            "api.port: Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_an_error_says_where_and_what(tmp_path: Path, text: str, said: str) -> None:
    """An error names the path of the wrong setting and what it must be."""
    assert _error(tmp_path, text) == said


def test_broken_files(tmp_path: Path) -> None:
    """A file that is missing, no YAML, no mapping or no text says so."""
    file = tmp_path / "flowdrift.yaml"
    with pytest.raises(ConfigurationError, match="No such file or directory"):
        load(tmp_path / "none.yaml")
    assert _error(tmp_path, "a: [1") == f"{file}: is no YAML at line 1, column 6"
    assert _error(tmp_path, "- 1") == f"{file}: must be a mapping of sections"
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigurationError, match="must be UTF-8"):
        load(file)


@pytest.mark.fault("secrets")
@pytest.mark.parametrize(
    "text",
    [
        "kafka: {auth: {sasl: {username: u, password: CANARY, mechanism: CANARY}}}",
        "kafka: {auth: {sasl: {password: [CANARY]}}}",
        "kafka: {auth: {sasl: {username: u, passwort: CANARY}}}",
        "kafka: {auth: {sasl: CANARY}}",
        "kafka: {auth: {sasl: {username: u, password: CANARY}}, flows: CANARY}",
        "kafka: {auth: {sasl: {username: u, password: 'CANARY}}}",
        "assembly: {quiet_gap: CANARY}",
        "api: {port: CANARY}",
        "comparisons: CANARY",
    ],
)
def test_no_error_holds_a_value(tmp_path: Path, text: str) -> None:
    """A planted secret is found in no message, wherever it stands: a value may be a misplaced password."""
    assert _CANARY not in _error(tmp_path, text.replace("CANARY", _CANARY))


@pytest.mark.fault("secrets")
def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the text nor the JSON of settings shows a secret."""
    monkeypatch.setenv("FLOWDRIFT_KAFKA__AUTH__SASL__USERNAME", "me")
    monkeypatch.setenv("FLOWDRIFT_KAFKA__AUTH__SASL__PASSWORD", _CANARY)
    settings = load()
    assert _CANARY not in repr(settings)
    assert _CANARY not in settings.model_dump_json()


@pytest.mark.fault(21)
def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """One error names all wrong settings of a file."""
    said = _error(
        tmp_path,
        "sampling: {ratio: 1}\nevidence: {unit: runs, half_life: 7 dayz}\n"
        "kafka: {traces: {topics: ['^otlp_(']}}\n"
        "comparisons: [{name: pr, reference: production, candidate: integration, rolling: main}]",
    ).splitlines()
    assert [line.split(": ")[0] for line in said] == [
        *("sampling", "evidence.half_life"),
        *("kafka.traces.topics", "comparisons.0.rolling", "evidence.unit"),
    ]


def test_a_far_name_is_not_suggested(tmp_path: Path) -> None:
    """An unknown key without a close name gets the list of keys, and no guess."""
    assert _error(tmp_path, "sampling: 1").startswith("sampling: unknown key; known here: alerts, api,")
