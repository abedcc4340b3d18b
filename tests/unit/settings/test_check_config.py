"""`flowdrift check-config`: what is right in words, what is wrong with its path, and never a value."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.settings import explained, find, load

_CANARY = "canary-7f3a91"


def flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def lines(folder: Path, text: str) -> list[str]:
    file = folder / "flowdrift.yaml"
    file.write_text(text, encoding="utf-8")
    return [
        line for line in explained(file, find(file)) if line.startswith(("reads", "comp", "environment p"))
    ]


def test_clusters_topics_and_runs_in_words(tmp_path: Path) -> None:
    """Where each cluster is, how an environment is distinguished, which runs can page."""
    assert lines(
        tmp_path,
        "kafka: {clusters: {p: {brokers: [p:1]}, t: {brokers: [t:1, t:2]}}, internal: t}\n"
        "environments:\n"
        "  production: {cluster: p, topics: [prod], match: {k8s.namespace.name: [shop, pay*]}}\n"
        "  pr: {cluster: t}\n"
        "  perf: {cluster: t}\n"
        "comparisons:\n"
        "- {name: all, reference: production, candidate: pr, rolling: {vcs.ref.head.name: [main, r*]}}\n"
        "- {name: none, reference: production, candidate: pr, rolling: {}}\n",
    ) == [
        "reads prod at p:1 (p), otlp_proto",
        "reads otlp_spans at t:1, t:2 (t), otlp_proto",
        "environment production: all of topic prod; k8s.namespace.name = shop or pay*",
        "environment pr: deployment.environment.name = pr",
        "environment perf: deployment.environment.name = perf; compared with nothing",
        "comparison all: pr (tests) against production, only runs with vcs.ref.head.name = main or r* page",
        "comparison none: pr (tests) against production, no run pages",
    ]


def test_it_says_that_spans_are_brought_together(tmp_path: Path) -> None:
    """A topic that is not keyed by trace id takes one more step."""
    (reads, *_) = lines(tmp_path, "kafka: {traces: {rekey: true}}\n")
    assert reads == "reads otlp_spans at localhost:9092, otlp_proto, brought together by trace id first"


def test_a_valid_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 0, with what was checked and no value; the file may be named as every command takes it."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text(
        "environments: {qa: {}, test: null, testing: null, integration: null}\nassembly: {}\n",
        encoding="utf-8",
    )
    for name in [name for name in os.environ if name.startswith("FLOWDRIFT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWDRIFT_KAFKA__AUTH__SASL", f"{{username: u, password: {_CANARY}}}")
    monkeypatch.setenv("FLOWDRIFT_KAFKA_BROKERS", "a:9092")
    result = flowdrift("check-config", "--config", str(file))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"file: {file}, with environments, assembly",
        "environment variables: FLOWDRIFT_KAFKA__AUTH__SASL",
        "no settings, as nothing in them has two underscores: FLOWDRIFT_KAFKA_BROKERS",
        "reads otlp_spans at localhost:9092, otlp_proto",
        "environment qa: deployment.environment.name = qa",
        "environment production: deployment.environment.name = production or prod or live",
        "environment staging: deployment.environment.name = staging or stage or stg",
        "comparison production-qa: qa (tests) against production, shown from its first flow on",
        "comparison production-staging: staging (tests) against production, shown from its first flow on",
        "The configuration is valid.",
    ]
    assert flowdrift("check-config", str(file)).stdout == result.stdout
    assert flowdrift("check-config", str(file), "--config", str(file)).exit_code == 2
    assert flowdrift("check-config").stdout.startswith("file: none\n")


def test_a_wrong_configuration(tmp_path: Path) -> None:
    """Exit 2, the paths on stderr, and no value: a planted secret is not shown."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text(f"kafka: {{brokres: [{_CANARY}], flows: {_CANARY}}}\n", encoding="utf-8")
    result = flowdrift("check-config", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "kafka.brokres: unknown key; did you mean brokers?",
        "kafka.flows: must be a mapping",
    ]
    assert _CANARY not in result.stderr
    file.write_text(f"kafka: {{flows: {_CANARY}}}\n", encoding="utf-8")
    result = flowdrift("check-config", str(file))
    assert result.exit_code == 2
    assert result.stderr.startswith("kafka.flows: ")
    assert _CANARY not in result.stderr


def test_traces_as_evidence_are_for_replay(tmp_path: Path) -> None:
    """Exit 2, and why: it would page without any drift."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text("evidence: {unit: trace}\n", encoding="utf-8")
    result = flowdrift("check-config", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "evidence.unit: trace is for `flowdrift replay` only" in result.stderr
    assert load(file, offline=True).policy.unit == "trace"
