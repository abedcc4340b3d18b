"""Which spans are those of a proxy, by what its own tracer writes."""

import pytest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.unit.wire.encoders import decode_all, records
from tests.unit.wire.requests import Values, decode, sent

ENVOY = {
    "component": "proxy",
    "http.method": "GET",
    "upstream_cluster.name": "outbound|8080||cart.default.svc.cluster.local",
    "node_id": "sidecar~10.1.2.3~web-7d4.default~default.svc.cluster.local",
    "response_flags": "-",
}


@pytest.mark.parametrize(
    ("scope", "resource", "attributes"),
    [
        ("", {"service.name": "web.default"}, ENVOY),
        ("", {"service.name": "edge", "telemetry.sdk.name": "envoy"}, {"http.request.method": "GET"}),
        ("", {"service.name": "web.default"}, {"istio.mesh_id": "cluster.local", "url.full": "http://web/"}),
        ("", {"service.name": "linkerd-proxy"}, {"direction": "outbound", "url.path": "/cart"}),
        ("", {"service.name": "mesh", "linkerd.io/control-plane-ns": "linkerd"}, {"direction": "inbound"}),
        ("nginx", {"service.name": "edge"}, {"http.target": "/cart/7", "http.method": "GET"}),
        ("", {"service.name": "edge"}, {"component": "nginx", "nginx.worker_pid": 31}),
        ("", {"service.name": "edge"}, {"ingress.name": "shop", "ingress.upstream": "default-web-80"}),
        ("github.com/traefik/traefik", {"service.name": "traefik"}, {"entry_point": "web"}),
        ("kong-internal", {"service.name": "edge"}, {"http.route": "/cart"}),
        ("", {"service.name": "edge", "webengine.name": "Caddy"}, {"http.request.method": "GET"}),
    ],
    ids=[
        "Envoy",
        "Envoy's SDK",
        "Istio",
        "Linkerd",
        "Linkerd, renamed",
        "NGINX",
        "OpenTracing",
        "ingress-nginx",
        "Traefik",
        "Kong",
        "Caddy",
    ],
)
def test_proxies(scope: str, resource: Values, attributes: Values) -> None:
    """Each is known by its own marks, and none of these is kept but by its name."""
    (span,) = decode([sent(attributes=attributes)], resource, scope)
    assert span.facts.proxy
    assert not span.facts.attributes.keys() & {"component", "node_id", "ingress.name"}


@pytest.mark.parametrize(
    ("resource", "attributes"),
    [
        ({"service.name": "web"}, {"component": "java-web-servlet", "http.method": "GET"}),
        ({"service.name": "calls"}, {"direction": "inbound"}),
        ({"service.name": "proxy"}, {}),
        ({"service.name": "web", "telemetry.sdk.name": "opentelemetry"}, {"http.route": "/proxy"}),
    ],
)
def test_services_are_no_proxies(resource: Values, attributes: Values) -> None:
    """A name or an attribute that anybody may use tells nothing."""
    (span,) = decode([sent(attributes=attributes)], resource)
    assert not span.facts.proxy


@pytest.mark.parametrize("encoding", ["otlp_json", "jaeger_proto", "jaeger_json", "zipkin_json"])
def test_proxies_in_other_encodings(encoding: str) -> None:
    """Tags tell it as well."""
    sending = records(encoding, [sent(attributes=ENVOY), sent(2)], {"service.name": "web.default"})
    read = decode_all(Decoder(AttributionSettings()), encoding, sending)
    assert [span.facts.proxy for span in read] == [True, False]


def test_a_proxy_under_the_name_of_its_environment() -> None:
    """A proxy is known by its service's name after aliases, too."""
    (span,) = decode([sent()], {"service.name": "linkerd-proxy-staging"}, aliases={"*-staging": "*"})
    assert span.facts.proxy
