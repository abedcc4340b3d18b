"""Traffic that nobody tests, traffic that was not sampled, and traffic that is not over yet."""

from collections.abc import Iterator
from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import Query
from tests.metamorphic.telemetry import semantics
from tests.metamorphic.telemetry.capture import SECOND, Capture, with_traces
from tests.metamorphic.telemetry.spans import STILL_OPEN, Attributes, Span, Trace
from tests.metamorphic.transformations.transformation import Allows, Side, Transformation, new_id

PROBES = 200
SCANS = 200
STREAMS = 3
STREAM_CALLS = 40
KEPT = 0.6
MILLISECOND = 1_000_000
WORDS = (
    "admin",
    "backup",
    "config",
    "console",
    "env",
    "git",
    "hidden",
    "login",
    "manager",
    "old",
    "portal",
    "private",
    "secret",
    "shell",
    "test",
    "wp",
)
PROBED = (
    ("GET", "/healthz", "kube-probe/1.31"),
    ("GET", "/readyz", "kube-probe/1.31"),
    ("GET", "/actuator/health/liveness", "kube-probe/1.31"),
    ("GET", "/metrics", "Prometheus/2.54.1"),
    ("GET", "/favicon.ico", "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0"),
)
SCANNER = "Mozilla/5.0 zgrab/0.x"


def _probes(capture: Capture, rng: Random) -> Capture:
    """Health checks, scrapes and icons, asked of one of the services."""
    added = []
    for number, (trace, service) in enumerate(_moments(capture, rng, PROBES)):
        method, route, agent = PROBED[number % len(PROBED)]
        attributes: Attributes = {
            "http.request.method": method,
            "http.route": route,
            "url.path": route,
            "user_agent.original": agent,
            "http.response.status_code": 200,
        }
        added.append(_request(trace, service, f"{method} {route}", attributes, rng))
    return with_traces(capture, [*capture.traces, *added])


def _scanner(capture: Capture, rng: Random) -> Capture:
    """Somebody tries what may be there: random paths, no route, never found."""
    added = []
    for trace, service in _moments(capture, rng, SCANS):
        path = "/" + "/".join(rng.choice(WORDS) for _ in range(3)) + rng.choice((".php", ".bak", ""))
        attributes: Attributes = {
            "http.request.method": "GET",
            "url.path": path,
            "user_agent.original": SCANNER,
            "http.response.status_code": 404,
        }
        added.append(_request(trace, service, f"GET {path}", attributes, rng))
    return with_traces(capture, [*capture.traces, *added])


def _moments(capture: Capture, rng: Random, count: int) -> Iterator[tuple[Trace, str]]:
    """Traces of the capture that share time, run and case with what is added, and the service asked."""
    service = capture.traces[0].root.service
    for _ in range(count):
        yield rng.choice(capture.traces), service


def _request(beside: Trace, service: str, name: str, attributes: Attributes, rng: Random) -> Trace:
    at = beside.root.start + rng.randrange(MILLISECOND)
    root = Span(new_id(rng), service, Kind.SERVER, name, attributes, at, MILLISECOND)
    return Trace(rng.getrandbits(128), root, beside.resource)


def _streams(capture: Capture, rng: Random) -> Capture:
    """Streams that are open when the capture ends: what they do is there, they themselves are not."""
    added = [_stream(capture.traces[0], number, rng) for number in range(STREAMS)]
    return with_traces(capture, [*capture.traces, *added])


def _stream(first: Trace, number: int, rng: Random) -> Trace:
    begin = first.root.start + number * SECOND
    query = semantics.query(Query("postgresql", "SELECT", "stream_log"))
    calls = tuple(
        Span(
            new_id(rng),
            first.root.service,
            query.kind,
            query.name,
            query.attributes,
            begin + place * 2 * SECOND,
            MILLISECOND,
        )
        for place in range(STREAM_CALLS)
    )
    method: Attributes = {"rpc.system.name": "grpc", "rpc.method": "example.v1.Feed/Subscribe"}
    root = Span(
        new_id(rng),
        first.root.service,
        Kind.SERVER,
        "example.v1.Feed/Subscribe",
        method,
        begin,
        2 * STILL_OPEN,
        calls,
    )
    return Trace(rng.getrandbits(128), root, first.resource)


def _sampled(capture: Capture, rng: Random) -> Capture:
    return capture._replace(traces=tuple(trace for trace in capture.traces if rng.random() < KEPT))


ALL = (
    Transformation("probes", "Health checks, scrapes and icons are asked for, which nobody tests.", _probes),
    Transformation(
        "scanner",
        "A scanner asks for random paths that do not exist.",
        _scanner,
        sides=(Side.PRODUCTION,),
    ),
    Transformation(
        "open streams",
        "Streams are still open when the capture ends, so their SERVER spans never come.",
        _streams,
    ),
    Transformation(
        "sampled",
        f"By chance {KEPT:.0%} of production's traces are kept.",
        _sampled,
        sides=(Side.PRODUCTION,),
        allows=frozenset({Allows.EVIDENCE, Allows.SHARES}),
    ),
)
