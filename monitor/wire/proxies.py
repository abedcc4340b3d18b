"""Spans of proxies, by what their own tracers write: a hop that passes a request on, and is no service.

| proxy | what shows it |
| --- | --- |
| Envoy, and what is made of it (Istio, Contour, Consul, Kuma, App Mesh) | component = proxy; SDK `envoy` |
| Istio's sidecars and gateways, also with tags of their own | istio.canonical_service, istio.mesh_id |
| Linkerd | service.name = linkerd-proxy, unless renamed; labels of its pod: linkerd.io/workload-ns, ... |
| NGINX and ingress-nginx (nginx-otel, opentelemetry-cpp-contrib) | scope `nginx`; ingress.name, ... |
| NGINX with OpenTracing | component = nginx; nginx.worker_pid |
| Traefik | scope `github.com/traefik/traefik` |
| Kong | scope `kong-internal` |
| Caddy | webengine.name = Caddy |
| APISIX | apisix.route_id |
| Dapr's sidecars, of calls between services | dapr.invoke_method |

Sources: envoyproxy/envoy source/common/tracing/common_values.h; istio.io/docs, telemetry; linkerd2-proxy
linkerd/app/src/trace_collector.rs, linkerd/opentelemetry; nginxinc/nginx-otel src/batch_exporter.hpp;
opentelemetry-cpp-contrib instrumentation/nginx; ingress-nginx user guide, OpenTelemetry; traefik/traefik
pkg/tracing; Kong/kong kong/plugins/opentelemetry/otlp.lua; caddyserver/caddy modules/caddyhttp/tracing;
apache/apisix docs, plugin opentelemetry; dapr/dapr pkg/diagnostics.
"""

from collections.abc import Mapping

_SERVICES = ("linkerd-proxy",)
_VALUES = {
    "component": ("proxy", "nginx"),
    "service.name": _SERVICES,
    "telemetry.sdk.name": ("envoy",),
    "webengine.name": ("Caddy",),
}
"""Attribute -> its values that only proxies write."""

_MARKS = (
    "istio.canonical_service",
    "istio.mesh_id",
    "nginx.worker_pid",
    "ingress.name",
    "ingress.namespace",
    "ingress.service_name",
    "ingress.upstream",
    "linkerd.io/control-plane-ns",
    "linkerd.io/workload-ns",
    "linkerd.io/proxy-deployment",
    "apisix.route_id",
    "dapr.invoke_method",
)
"""Attributes that only proxies write, with whatever value."""

_SCOPES = ("nginx", "github.com/traefik/traefik", "kong-internal")

ATTRIBUTES = (*_VALUES, *_MARKS)
"""What must be known of a span and its resource."""


def is_proxy(service: str, scope: str, resource: Mapping[str, str], attributes: Mapping[str, str]) -> bool:
    """Whether a proxy made a span of this service (by its name after aliases), in this scope."""
    known = {**resource, **attributes}
    return (
        service in _SERVICES
        or scope in _SCOPES
        or any(known.get(name) in values for name, values in _VALUES.items())
        or any(name in known for name in _MARKS)
    )
