"""Which entries are no traffic."""

from typing import Any

import pytest

from monitor.flows.flow import Operation
from monitor.flows.ignore import Ignored, IgnoreSettings, ignoring
from monitor.flows.operation import operation
from monitor.wire.span import Kind
from tests.unit.wire.requests import Values, decode, sent


def kind_of(
    attributes: Values, kind: Kind = Kind.SERVER, name: str = "x", **settings: tuple[str, ...]
) -> str:
    """By what a span with these attributes is ignored."""
    (span,) = decode([sent(kind=kind, name=name, attributes=attributes)])
    ignore = ignoring(IgnoreSettings.model_validate(settings))
    return ignore(span.facts, operation(span.facts))


def get(route: str, method: str = "GET", /, **more: Any) -> Values:
    """A request for a route."""
    return {"http.request.method": method, "http.route": route, **more}


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        (get("/healthz"), "health"),
        (get("/shop/v1/healthz"), "health"),
        (get("/health"), "health"),
        (get("/api/v2/health/ready"), "health"),
        (get("/actuator/health/readiness"), "health"),
        (get("/actuator/health/**"), "health"),
        (get("^healthz/$"), "health"),
        (get("/shop/actuator/health"), "health"),
        (get("/-/ready", "HEAD"), "health"),
        (get("/up"), "health"),
        (get("/_health"), "health"),
        (get("/", "HEAD"), "health"),
        ({"http.method": "GET", "http.target": "/health-check?full=1"}, "health"),
        ({"rpc.system": "grpc", "rpc.service": "grpc.health.v1.Health", "rpc.method": "Check"}, "health"),
        (
            {"rpc.system": "grpc", "rpc.method": "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"},
            "probe",
        ),
        (get("/metrics"), "metrics"),
        (get("/actuator/prometheus"), "metrics"),
        (get("/favicon.ico"), "favicon"),
        (get("/static/apple-touch-icon-precomposed.png"), "favicon"),
        (get("/robots.txt"), "robots"),
        (get("/.well-known/security.txt"), "robots"),
        (get("/orders", "OPTIONS"), "preflight"),
        ({"http.method": "GET", "http.target": "/wp-login.php", "http.status_code": 404}, "unmatched"),
        (get("/", **{"user_agent.original": "ELB-HealthChecker/2.0"}), "probe"),
        (get("/orders", **{"http.user_agent": "sqlmap/1.7"}), "scanner"),
        (get("/orders", **{"user_agent.synthetic.type": "bot"}), "bot"),
        (get("/orders"), ""),
        (get("/orders/{id}", **{"http.response.status_code": 404}), ""),
        (get("/healthz", "POST"), ""),
        (get("/patients/{id}/health"), ""),
        (get("/health/records"), ""),
        (get("/live"), ""),
        (get("/reports/metrics"), ""),
        (get("/orders", **{"user_agent.synthetic.type": "test"}), ""),
        (get("/orders", **{"user_agent.original": "okhttp/4.12"}), ""),
    ],
)
def test_kinds(attributes: Values, kind: str) -> None:
    """What is shipped: probes, scrapes, browsers' own requests, crawlers, and what no route takes."""
    assert kind_of(attributes) == kind


def test_each_kind_can_be_switched_off() -> None:
    """A kind that is not named is traffic like any other."""
    assert kind_of(get("/healthz"), kinds=("metrics",)) == ""
    assert kind_of(get("/metrics"), kinds=("metrics",)) == "metrics"
    assert kind_of(get("/x", **{"user_agent.original": "kube-probe/1"}), kinds=("metrics",)) == ""


def test_a_person_adds_and_exempts() -> None:
    """Globs on what a span does; an exempt name stays whatever its kind."""
    assert kind_of(get("/warm-up"), operations=("shop GET /warm-up",)) == "named"
    assert kind_of({}, Kind.CONSUMER, "tick", operations=("shop tick",)) == "named"
    assert kind_of(get("/ping"), keep=("shop GET /ping",)) == ""
    assert kind_of(get("/ping"), keep=("cart *",)) == "health"


def test_only_servers_are_probed() -> None:
    """A program that asks another one's health is no probe of its own service."""
    assert kind_of(get("/healthz"), Kind.CLIENT) == ""


def test_what_was_ignored_is_counted_and_listed() -> None:
    """The most frequent first; beyond a bound only the total grows."""
    ignored = Ignored()
    for number in range(Ignored.MOST_NAMED + 5):
        ignored.note("production", "probe", Operation("shop", Kind.SERVER, f"GET /{number}"))
    for _ in range(3):
        ignored.note("production", "health", Operation("shop", Kind.SERVER, "GET /7"))
        ignored.note("production", "probe", Operation("shop", Kind.SERVER, "GET /7"))
    assert ignored.total == Ignored.MOST_NAMED + 11
    first, *others = ignored.tallies().items()
    assert first == ("ignored of production\tprobe\tshop GET /7", 4)
    assert len(others) == Ignored.LISTED - 1
