"""From a sample to what to do: findings with remedies, and a configuration that the daemon takes."""

from pathlib import Path
from typing import Any

import pytest

from monitor.pipeline.inspect.advice import advise
from monitor.pipeline.inspect.inspected import Inspection, Lacking, TopicSeen
from monitor.publish.inspection_table import as_yaml
from monitor.settings import Settings, document_of, load
from monitor.wire.semconv import ENVIRONMENT
from tests.unit.pipeline.inspecting import GIVEN, TOPIC, WAYS, record, resource, seen, trace
from tests.unit.wire.requests import as_json, request, sent


def says(inspection: Inspection) -> str:
    return "\n".join(f"{each.says} -> {each.remedy}" for each in inspection.findings)


PRODUCTION = record(of=resource("prod"))
TESTS = record(of=resource("integration", test_run_id="ci-1"), timestamp=record().timestamp)


def test_what_is_right_finds_nothing() -> None:
    """A sample with both environments, run ids and one encoding gives no advice."""
    assert advise(seen(PRODUCTION, TESTS), GIVEN).findings == ()


@pytest.mark.parametrize(
    ("records", "more", "said"),
    [
        ([record(value=as_json(request([sent(1)])))], {}, "kafka.traces.encoding: otlp_json"),
        ([record(value=b"x")], {}, "no spans that can be read: malformed"),
        ([record(value=b'{"resourceMetrics": []}')], {}, "give logs and metrics topics of their own"),
        ([record(of=resource())], {}, "100% of the spans name no environment"),
        (
            [record(of=resource(k8s_namespace_name="live"))],
            {},
            "{k8s.namespace.name: [...]}; seen there: live",
        ),
        ([PRODUCTION], {}, "no span of integration, a candidate, is in this sample"),
        (
            [record(of=resource("integration"))],
            {},
            "0% of the spans of integration carry the id of a test run",
        ),
        ([record(), record(partition=1)], {}, "kafka.traces.rekey: true, or"),
        ([record([sent(1, trace_state="ot=th:c"), sent(2)])], {}, "50% of the spans of production state"),
        ([], {"topic": TOPIC.model_copy(update={"held": 0})}, "topic spans is empty"),
        ([], {"topic": TOPIC.model_copy(update={"cleanup_policy": "compact"})}, "cleanup.policy=delete"),
        ([], {"topic": TOPIC.model_copy(update={"timestamp_type": "CreateTime"})}, "LogAppendTime"),
        ([], {"topic": TOPIC.model_copy(update={"retention_ms": 60_000})}, "retention.ms to 570000"),
        (
            [],
            {"lacking": (Lacking(resource="Topic:LITERAL:spans", operations=("Read",)),)},
            "on Topic:LITERAL:spans -> grant it: kafka-acls.sh --bootstrap-server BROKER --add",
        ),
    ],
)
def test_what_stands_in_the_way_is_told_with_its_remedy(
    records: list[Any], more: dict[str, Any], said: str
) -> None:
    """Each obstacle gives one piece of advice with its remedy."""
    assert said in says(advise(seen(*records, **more), GIVEN))


def test_the_configuration_is_one_that_the_daemon_takes(tmp_path: Path) -> None:
    """What is pasted loads, names what was seen, and keeps what a person wrote."""
    spans = [record(trace(n, WAYS[n % 10], entry="GET /all*"), resource("prod")) for n in range(1, 201)]
    told = advise(seen(*spans, record(of=resource("pr-7", test_run_id="ci"))), GIVEN)
    file = tmp_path / "flowdrift.yaml"
    file.write_text(as_yaml(told.configuration), encoding="utf-8")
    settings = load(file)
    assert (settings.kafka.brokers, settings.kafka.traces.encoding) == (("kafka:9092",), "otlp_proto")
    assert dict(settings.environments["production"].match) == {ENVIRONMENT: ("prod",)}
    assert [each.name for each in settings.comparisons] == ["production-integration", "production-pr-7"]
    assert dict(settings.environments["integration"].match) == {ENVIRONMENT: ("integration", "int")}
    assert settings.flows.pass_through == ("shop GET /all[*]",)


@pytest.mark.parametrize(
    ("environments", "roles"),
    [
        (("integration", "prod"), ("production", "integration")),
        (("eu-live", "staging"), ("eu-live", "staging")),
        (("qa", "eu-live", "other"), ("eu-live", "qa")),
        (("a", "b"), ("production", "integration")),
        ((), ("production", "integration")),
    ],
)
def test_roles_follow_the_settings_then_the_names(
    environments: tuple[str, ...], roles: tuple[str, str]
) -> None:
    """Configured ones where they were seen, else what sounds like production, and like tests; no guess."""
    told = advise(seen(*(record(of=resource(name)) for name in environments)), GIVEN)
    [comparison] = told.configuration["comparisons"]
    assert (comparison["reference"], comparison["candidate"]) == roles


DEFAULT = GIVEN._replace(policy=Settings().policy, environments=document_of(Settings())["environments"])


def test_where_comparisons_follow_from_environments_none_is_written() -> None:
    """A test environment without a setting is one more environment; what sounds like nothing is not."""
    records = (record(of=resource(name)) for name in ("prod", "staging", "Qa", "x/tests", "dev"))
    told = advise(seen(*records), DEFAULT)
    assert "comparisons" not in told.configuration
    found = told.configuration["environments"]
    assert list(found) == ["production", "staging", "Qa", "x-tests"]
    assert (found["Qa"], found["x-tests"]) == ({}, {"match": {ENVIRONMENT: ["x/tests"]}})


@pytest.mark.parametrize(
    ("environment", "remedy"),
    [("dev", "environments: {dev: {}}"), ("qa", "the configuration below compares it")],
)
def test_what_is_on_no_side_is_named(environment: str, remedy: str) -> None:
    """With the line to paste, unless the configuration that is printed has it."""
    told = says(advise(seen(PRODUCTION, record(of=resource(environment))), DEFAULT))
    assert f"1 span of {environment}, which is on no side of a comparison -> {remedy}" in told


def test_without_any_test_environment_all_that_are_known_are_named() -> None:
    """One finding, not one each."""
    told = says(advise(seen(PRODUCTION), DEFAULT))
    assert "no span of a test environment (integration, test, testing, staging) is in this sample" in told


def test_an_empty_topic_is_a_report_too() -> None:
    """For an empty topic the configuration stays as it was."""
    empty = TopicSeen(name="spans", partitions=1, held=0, sampled=0)
    told = advise(seen(topic=empty), GIVEN)
    assert says(told).startswith("topic spans is empty")
    assert told.configuration["kafka"]["traces"] == {"topics": ["spans"], "encoding": "otlp_proto"}
