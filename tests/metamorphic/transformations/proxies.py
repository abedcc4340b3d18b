"""Proxies that make spans of the requests which they pass on.

Sources: spans that Istio documents (`component: proxy`, `upstream_cluster`, `node_id`, `istio.*`),
linkerd2-proxy (`direction`, a SERVER and a CLIENT span in each of its two proxies), and the module of the
NGINX ingress controller.
"""

from collections.abc import Callable
from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import Gateway, GraphQl, Http, Rpc
from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.spans import Attributes, Span, rewritten
from tests.metamorphic.transformations.transformation import Transformation, has, new_id

MARGIN = 100_000
"""ns by which a proxy's span is longer at either end than what it passes on."""
Hop = Callable[[Span, Random], Span]


def _around(span: Span, service: str, kind: Kind, name: str, attributes: Attributes, rng: Random) -> Span:
    return Span(
        new_id(rng),
        service,
        kind,
        name,
        attributes,
        span.start - MARGIN,
        span.duration + 2 * MARGIN,
        (span,),
        span.failed,
        scope="proxy",
    )


def _method(span: Span) -> str:
    known = span.attributes
    return str(known.get("http.request.method") or known.get("http.method") or "POST")


def _status(span: Span) -> int:
    """The HTTP status of what is passed on; gRPC answers 200 whatever its own status says."""
    known = span.attributes
    return int(known.get("http.response.status_code") or known.get("http.status_code") or 200)


def _istio_attributes(span: Span, direction: str) -> Attributes:
    host = f"{span.service}.default.svc.cluster.local"
    return {
        "component": "proxy",
        "node_id": f"sidecar~10.0.0.7~{span.service}-5d4f.default~default.svc.cluster.local",
        "http.method": _method(span),
        "http.url": f"http://{host}:8080/",
        "http.status_code": str(_status(span)),
        "upstream_cluster": f"{direction}|8080||{host}",
        "upstream_cluster.name": f"{direction}|8080||{host}",
        "response_flags": "-",
        "istio.canonical_service": span.service,
        "istio.mesh_id": "cluster.local",
    }


def _istio_in(span: Span, rng: Random) -> Span:
    """The sidecar of the service that is asked."""
    attributes = _istio_attributes(span, "inbound")
    name = f"{span.service}.default.svc.cluster.local:8080/*"
    return _around(span, f"{span.service}.default", Kind.SERVER, name, attributes, rng)


def _istio(span: Span, caller: Span, rng: Random) -> Span:
    """Both sidecars of a hop: that of the caller, then that of the service that is asked."""
    inner = _istio_in(span, rng)
    attributes = _istio_attributes(span, "outbound")
    return _around(inner, f"{caller.service}.default", Kind.CLIENT, inner.name, attributes, rng)


def _linkerd_pair(span: Span, direction: str, rng: Random) -> Span:
    attributes = {
        "direction": direction,
        "http.method": _method(span),
        "http.status_code": str(_status(span)),
    }
    sent = _around(span, "linkerd-proxy", Kind.CLIENT, "/", attributes, rng)
    return _around(sent, "linkerd-proxy", Kind.SERVER, "/", attributes, rng)


def _linkerd_in(span: Span, rng: Random) -> Span:
    return _linkerd_pair(span, "inbound", rng)


def _linkerd(span: Span, caller: Span, rng: Random) -> Span:
    return _linkerd_pair(_linkerd_in(span, rng), "outbound", rng)


def _nginx_in(span: Span, rng: Random) -> Span:
    """The ingress controller in front of the first service."""
    attributes: Attributes = {
        "http.method": _method(span),
        "http.target": "/",
        "http.status_code": _status(span),
        "ingress.namespace": "default",
        "ingress.service_name": span.service,
        "ingress.name": "front",
    }
    return _around(span, "ingress-nginx", Kind.SERVER, _method(span), attributes, rng)


def _meshed(enter: Hop, hop: Callable[[Span, Span, Random], Span]) -> Callable[[Capture, Random], Capture]:
    """Proxies beside every service: on every hop, and in front of the first one."""

    def rewrite(capture: Capture, rng: Random) -> Capture:
        def change(span: Span) -> Span:
            if span.kind is not Kind.CLIENT:
                return span
            below = (hop(each, span, rng) if each.kind is Kind.SERVER else each for each in span.children)
            return span._replace(children=tuple(below))

        traces = []
        for trace in capture.traces:
            root = rewritten(trace.root, change)
            traces.append(trace._replace(root=enter(root, rng) if root.kind is Kind.SERVER else root))
        return capture._replace(traces=tuple(traces))

    return rewrite


def _untouched(span: Span, caller: Span, rng: Random) -> Span:
    return span


IS_ASKED = has(Http, Rpc, GraphQl, Gateway)
ALL = (
    Transformation(
        "istio",
        "Sidecars of Istio make two spans of every hop, and one of every request that enters.",
        _meshed(_istio_in, _istio),
        needs=IS_ASKED,
    ),
    Transformation(
        "linkerd",
        "Proxies of Linkerd make four spans of every hop, and two of every request that enters.",
        _meshed(_linkerd_in, _linkerd),
        needs=IS_ASKED,
    ),
    Transformation(
        "nginx",
        "NGINX as an ingress makes a span of every request that enters.",
        _meshed(_nginx_in, _untouched),
        needs=IS_ASKED,
    ),
)
