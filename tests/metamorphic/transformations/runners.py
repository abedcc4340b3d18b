"""What stands above a flow in tests: the test, its session, its client; and who states run and case."""

from itertools import groupby
from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.telemetry.capture import Capture, with_traces
from tests.metamorphic.telemetry.spans import Span, Trace
from tests.metamorphic.transformations.transformation import Allows, Side, Transformation, new_id

TESTS = (Side.TESTS,)
MARGIN = 1_000_000
RUN, CASE = "cicd.pipeline.run.id", "test.case.name"


def _around(spans: tuple[Span, ...], name: str, kind: str, node: str, rng: Random) -> Span:
    """A span of pytest-opentelemetry around spans."""
    begin, end = min(span.start for span in spans) - MARGIN, max(span.end for span in spans) + MARGIN
    attributes = {"pytest.span_type": kind, **({"pytest.nodeid": node} if node else {})}
    return Span(
        new_id(rng),
        "tests",
        Kind.INTERNAL,
        name,
        attributes,
        begin,
        end - begin,
        spans,
        scope="pytest-opentelemetry",
    )


def _sessions(capture: Capture, rng: Random) -> Capture:
    """Every run is one trace: a session, its tests, and below each what it did."""
    sessions = []
    for _, run in groupby(capture.traces, key=lambda trace: trace.stated(RUN)):
        traces = list(run)
        cases = groupby(traces, key=lambda trace: trace.stated(CASE))
        tests = tuple(
            _around(tuple(trace.root for trace in each), case, "test", f"test_shop.py::{case}", rng)
            for case, each in cases
        )
        session = _around(tests, "test session", "run", "", rng)
        resource = {name: value for name, value in traces[0].resource.items() if name != CASE}
        sessions.append(Trace(rng.getrandbits(128), session, resource))
    return with_traces(capture, sessions)


def _clients(capture: Capture, rng: Random) -> Capture:
    """The test's own HTTP client makes a span of each request."""
    return capture._replace(traces=tuple(_asked(trace, rng) for trace in capture.traces))


def _asked(trace: Trace, rng: Random) -> Trace:
    root = trace.root
    if root.kind is not Kind.SERVER or trace.parent:
        return trace
    method = root.attributes.get("http.request.method") or root.attributes.get("http.method") or "POST"
    attributes = {"http.request.method": method, "url.full": f"http://{root.service}:8080/"}
    client = Span(
        new_id(rng),
        "tests",
        Kind.CLIENT,
        str(method),
        attributes,
        root.start - MARGIN,
        root.duration + 2 * MARGIN,
        (root,),
        scope="httpx",
    )
    return trace._replace(root=client)


def _on_front(capture: Capture, rng: Random) -> Capture:
    """Only the span at the entry says run and case: the services are there before and after the run."""
    return capture._replace(traces=tuple(map(_said_once, capture.traces)))


def _said_once(trace: Trace) -> Trace:
    said = {name: trace.resource[name] for name in (RUN, CASE) if name in trace.resource}
    resource = {name: value for name, value in trace.resource.items() if name not in said}
    root = trace.root._replace(attributes={**trace.root.attributes, **said})
    return trace._replace(root=root, resource=resource)


ALL = (
    Transformation(
        "test sessions", "Each test run is one trace of pytest-opentelemetry.", _sessions, sides=TESTS
    ),
    Transformation(
        "test clients", "The tests' HTTP client makes a span of each request.", _clients, sides=TESTS
    ),
    Transformation(
        "run on the front",
        "Only the span at the entry states the run and the case.",
        _on_front,
        sides=TESTS,
        allows=frozenset({Allows.EVIDENCE, Allows.HINTED}),
    ),
)
