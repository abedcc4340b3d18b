"""Environment, run, case, suite, runner and service of a span."""

from typing import Any

import pytest
from pydantic import ValidationError

from monitor.wire.attribution import Attribution, AttributionSettings, Identity
from monitor.wire.decode import Decoder
from tests.unit.wire.requests import Values, decode, request, sent

ENVIRONMENTS = {
    "production": {"match": {"deployment.environment.name": ["production", "prod", "prod-*"]}},
    "integration": {
        "match": {"deployment.environment.name": ["pr-*", "ci"], "k8s.namespace.name": ["test-*"]}
    },
    "staging": {"match": {"team.stage": ["s?"], "deployment.environment": ["stag*"]}},
}


def identify(
    attributes: Values | None = None,
    resource: Values | None = None,
    told: str | None = None,
    scope: str = "",
    **settings: Any,
) -> Identity:
    """What is decided about a span after a way over the wire."""
    made = AttributionSettings.model_validate({"environments": ENVIRONMENTS} | settings)
    payload = request([sent(attributes=attributes)], resource, scope).SerializeToString()
    (span,) = Decoder(made).decode(payload, "otlp_proto", told)
    facts = span.facts
    return Identity(facts.environment, facts.suite, facts.run, facts.case, facts.runner)


def test_marks_are_what_the_settings_ask_for() -> None:
    """A run's marks are the attributes that the settings name, a span's own before its resource's."""
    made = AttributionSettings(marks=("vcs.repository.ref.name", "team"))
    payload = request([sent(attributes={"team": "a"}), sent()], {"vcs.ref.head.name": "main", "team": "b"})
    own, plain = Decoder(made).decode(payload.SerializeToString(), "otlp_proto")
    assert own.facts.marks == (("vcs.repository.ref.name", "main"), ("team", "a"))
    assert plain.facts.marks == (("vcs.repository.ref.name", "main"), ("team", "b"))
    (bare,) = Decoder(AttributionSettings()).decode(
        request([sent()], {"vcs.ref.head.name": "main"}).SerializeToString(), "otlp_proto"
    )
    assert bare.facts.marks == ()


@pytest.mark.parametrize(
    ("told", "resource", "attributes", "environment"),
    [
        ("integration", {"deployment.environment.name": "prod"}, {}, "integration"),
        ("prod-eu", {}, {}, "production"),
        ("elsewhere", {"deployment.environment.name": "prod"}, {}, "elsewhere"),
        ("", {"deployment.environment.name": "prod"}, {}, "production"),
        (None, {"deployment.environment.name": "prod", "deployment.environment": "ci"}, {}, "production"),
        (None, {"deployment.environment": "ci", "k8s.namespace.name": "test-1"}, {}, "integration"),
        (None, {"deployment.environment": "staging-3"}, {}, "staging"),
        (None, {"deployment.environment.name": "pr-17"}, {}, "integration"),
        (None, {"deployment.environment.name": "PROD-eu"}, {}, "production"),
        (None, {"deployment.environment.name": "Staging"}, {}, "staging"),
        (None, {"deployment.environment.name": "QA"}, {}, "QA"),
        (None, {"k8s.namespace.name": "Test-1"}, {}, "integration"),
        (None, {"deployment.environment.name": "q\na"}, {"test.run.id": "1"}, "q\ufffda"),
        (None, {"k8s.namespace.name": "test-1"}, {}, "integration"),
        (None, {"k8s.namespace.name": "shop"}, {}, "unknown"),
        (None, {"team.stage": "s1"}, {}, "staging"),
        (None, {"k8s.namespace.name": "shop"}, {"test.case.name": "a"}, "test"),
        (None, {}, {"test.flavour": "a"}, "test"),
        (None, {}, {"user_agent.synthetic.type": "test"}, "test"),
        (None, {}, {"user_agent.synthetic.type": "bot"}, "unknown"),
        (None, {}, {"pytest.span_type": "run"}, "test"),
        (None, {"deployment.environment.name": "prod"}, {"pytest.span_type": "run"}, "production"),
        (None, {}, {}, "unknown"),
    ],
)
def test_environment_order(told: str | None, resource: Values, attributes: Values, environment: str) -> None:
    """A topic or header decides the environment, then attributes in order, then marks of testing."""
    assert identify(attributes, resource, told).environment == environment


def test_a_mark_of_testing_may_be_matched() -> None:
    """A mark of testing counts like a `deployment.environment.name` of `test`."""
    tests = {"integration": {"match": {"deployment.environment.name": ["test*"]}}}
    assert identify({"test.case.name": "a"}, environments=tests).environment == "integration"
    assert identify({"test.case.name": "a"}, environments=tests | {"test": {}}).environment == "test"


def test_synthetic_traffic_of_a_reference() -> None:
    """Synthetic traffic of a reference is an environment of its own, that of tests is theirs."""
    for name, environment in {"prod": "production-synthetic", "ci": "integration"}.items():
        resource = {"deployment.environment.name": name, "user_agent.synthetic.type": "test"}
        assert identify(resource=resource, references=["production"]).environment == environment


def test_first_environment_that_matches() -> None:
    """Of two environments whose globs match, the one configured first counts."""
    both = {name: {"match": {"deployment.environment.name": ["p*"]}} for name in ("second", "first")}
    resource = {"deployment.environment.name": "prod"}
    assert identify(resource=resource, environments=both).environment == "second"


@pytest.mark.parametrize(
    ("resource", "attributes", "run"),
    [
        ({}, {"test.run.id": "t", "cicd.pipeline.run.id": "c"}, "c"),
        ({"cicd.pipeline.run.id": "c"}, {"test.run.id": "t"}, "c"),
        ({"test.run.id": "of the resource"}, {"test.run.id": "own"}, "own"),
        ({}, {"build": "b"}, "b"),
        ({}, {"build": "b", "test.run.id": "t"}, "t"),
        ({}, {}, ""),
    ],
)
def test_run(resource: Values, attributes: Values, run: str) -> None:
    """The run's id is the first built-in name, then configured ones; a span's before its resource's."""
    assert identify(attributes, resource, run_attributes=["build"]).run == run


@pytest.mark.parametrize(
    ("attributes", "case"),
    [
        ({"test.name": "d", "tests.name": "c", "pytest.nodeid": "b", "test.case.name": "a"}, "a"),
        ({"test.name": "d", "tests.name": "c", "pytest.nodeid": "b"}, "b"),
        ({"test.name": "d", "tests.name": "c"}, "c"),
        ({"test.name": "d"}, "d"),
        ({"tests.case.name": "e"}, "e"),
        ({"vitest.test.name": "f"}, "f"),
        ({"cucumber.feature.language": "en"}, "GET /cart"),
        ({"scenario": 7}, "7"),
        ({}, ""),
    ],
)
def test_case(attributes: Values, case: str) -> None:
    """The test case is the first name that a framework uses, then configured ones."""
    assert identify(attributes, case_attributes=["scenario"]).case == case


def test_suite() -> None:
    """The pipeline names the suite, else the test framework does, else nobody."""
    assert identify({"test.suite.name": "s", "cicd.pipeline.name": "p"}).suite == "p"
    assert identify({"test.suite.name": "s"}).suite == "s"
    assert identify().suite == ""


@pytest.mark.parametrize(
    ("scope", "attributes", "runner"),
    [
        ("pytest-opentelemetry", {}, True),
        ("pytest_otel", {}, True),
        ("playwright-opentelemetry/fixture", {}, True),
        ("@opentelemetry/instrumentation-cucumber", {}, True),
        ("vitest", {}, True),
        ("@aergonaut/playwright-opentelemetry-reporter", {}, True),
        ("k6.browser", {}, True),
        ("otel-cicd-action", {}, True),
        ("", {"pytest.span_type": "test"}, True),
        ("", {"tests.status": "passed"}, True),
        ("", {"test.case.result.status": "pass"}, True),
        ("", {"test.case.name": "carried by baggage"}, False),
        ("io.opentelemetry.tomcat-10.0", {"http.route": "/a"}, False),
    ],
)
def test_runner(scope: str, attributes: Values, runner: bool) -> None:
    """Spans of test runners are known by their scope or by attributes that only runners set."""
    assert identify(attributes, scope=scope).runner is runner


def test_runner_by_its_resource() -> None:
    """A result on a resource is a pipeline's; an id of a run may stand on any service under test."""
    assert identify(resource={"cicd.pipeline.result": "success"}).runner
    assert identify(resource={"cicd.pipeline.run.status": "success"}).runner
    assert not identify(resource={"cicd.pipeline.run.id": "7", "cicd.pipeline.task.type": "test"}).runner


def test_runner_of_the_house() -> None:
    """Configured scopes and attributes take the place of the defaults."""
    assert identify(scope="our-runner 3", runner_scopes=["our-runner*"]).runner
    assert identify({"our.step": "1"}, runner_attributes=["our.step"]).runner
    assert not identify(scope="vitest", runner_scopes=[]).runner


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("cart-staging", "cart"),
        ("v2.cart.eu", "cart-eu"),
        ("old", "new"),
        ("cart", "cart"),
        ("a+b", "a+b"),
        ("", "unknown_service"),
    ],
)
def test_aliases(name: str, service: str) -> None:
    """The first alias that fits names the service; its stars take what the stars of the glob took."""
    aliases = {"*-staging": "*", "v2.*.*": "*-*", "old": "new"}
    assert Attribution(AttributionSettings(aliases=aliases)).service(name) == service


def test_an_environment_at_both_ends() -> None:
    """What one alias leaves of a name, a glob after it may shorten; names in full are taken once."""
    aliases = {"*-staging": "*", "prod.*": "*", "*-prod": "*", "blue": "green", "green": "blue"}
    service = Attribution(AttributionSettings(aliases=aliases)).service
    assert [service(name) for name in ("prod.cart-prod", "blue", "green")] == ["cart", "green", "blue"]


def test_unbalanced_alias() -> None:
    """An alias that needs more stars than its glob has is refused."""
    with pytest.raises(ValidationError, match="aliases"):
        AttributionSettings(aliases={"a": "*"})


@pytest.mark.parametrize("name", ["", "two words", "x" * 121, "größe"])
def test_attribute_names(name: str) -> None:
    """A setting that names an attribute as no SDK does is refused."""
    with pytest.raises(ValidationError, match="run_attributes"):
        AttributionSettings(run_attributes=(name,))


def test_service_without_a_name() -> None:
    """A resource without a name for its service, or none at all, is the unknown service."""
    assert decode([sent()], {"host.name": "a"})[0].facts.service == "unknown_service"


def test_an_alias_holds_for_declared_peers_too() -> None:
    """A stub that a client declares by a name of its own is the service that it stands for."""
    peers = [sent(1, attributes={"peer.service": "payments-stub"}), sent(2, attributes={"peer.service": "x"})]
    decoded = decode(peers, aliases={"*-stub": "*"})
    assert [each.facts.attributes["service.peer.name"] for each in decoded] == ["payments", "x"]


@pytest.mark.parametrize(
    ("attribute", "given", "named"),
    [
        ("messaging.destination.name", "orders-staging", "orders"),
        ("messaging.destination", "staging.orders", "orders"),
        ("messaging.destination.name", "arn:aws:sns:eu-west-1:1234:orders-staging", "orders"),
        ("db.name", "shop_staging", "shop"),
        ("db.sql.table", "shop_staging.orders", "shop.orders"),
        ("db.query.summary", "SELECT shop_staging.orders", "SELECT shop.orders"),
        ("db.statement", "SELECT * FROM shop_staging.orders", "SELECT shop.orders"),
        ("peer.service", "payments-staging", "payments"),
    ],
)
def test_an_alias_holds_for_everything_that_is_named_after_an_environment(
    attribute: str, given: str, named: str
) -> None:
    """Destinations, databases and tables, as a whole or part by part."""
    aliases = {"*-staging": "*", "staging.*": "*", "*_staging": "*"}
    (span,) = decode([sent(attributes={attribute: given, "db.system": "mysql"})], aliases=aliases)
    assert named in span.facts.attributes.values()


def test_an_alias_holds_for_names_of_spans_about_such_things() -> None:
    """The name of a span may be all that says the destination; names of other spans are left alone."""
    spans = [
        sent(1, name="orders-staging process", attributes={"messaging.system": "kafka"}),
        sent(2, name="orders-staging process"),
    ]
    named = [span.facts.name for span in decode(spans, aliases={"*-staging": "*"})]
    assert named == ["orders process", "orders-staging process"]
