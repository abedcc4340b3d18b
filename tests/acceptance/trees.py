"""Traces as trees of steps, from the wire to the report, as `flowdrift replay` reads them.

    shop = server("shop", "POST /orders", call("shop", "POST", server("payments", "POST /charges")))
    report = replayed(tmp_path, production(lambda n: shop), runs(lambda n: shop))

A step begins `at` ms after the one above it and takes `ms`. Traces of production are ten seconds apart.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from monitor.drift.report import Report
from monitor.drift.verdict import Verdict
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.acceptance.replaying import RUN_SECONDS, SECOND
from tests.factories import EPOCH, MILLISECOND
from tests.otlp_json import line
from tests.unit.wire.requests import Values

PRODUCTION_EVERY = 10
"""Seconds between two traces of production."""


class Step(NamedTuple):
    """A span and those below it.

    links: trace ids. resource: further attributes of its process. dropped: it is never exported. narrow: its
    tracer knows the right half of trace ids alone.
    """

    service: str
    kind: Kind
    name: str
    attributes: Values
    below: tuple["Step", ...] = ()
    at: float = 1
    ms: float = 20
    links: tuple[bytes, ...] = ()
    scope: str = ""
    resource: Values = MappingProxyType({})
    dropped: bool = False
    narrow: bool = False


Steps = Step | Sequence[Step]
Make = Callable[[int], Steps]
"""The roots of the n-th trace."""


def server(service: str, name: str, *below: Step, **more: Any) -> Step:
    """An HTTP server's span; `name` is its method and route."""
    method, route = name.split(" ", 1)
    attributes: Values = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": 200,
    }
    return Step(service, Kind.SERVER, name, attributes, below, **more)


def call(service: str, name: str, *below: Step, **more: Any) -> Step:
    """An HTTP client's span; `name` is its method and the template of its path."""
    method, _, path = name.partition(" ")
    attributes = {"http.request.method": method} | ({"url.template": path} if path else {})
    return Step(service, Kind.CLIENT, name, attributes, below, **{"ms": 15, **more})


def query(service: str, verb: str, table: str, **more: Any) -> Step:
    """A statement on a database."""
    said = {"db.system.name": "postgresql", "db.operation.name": verb, "db.collection.name": table}
    return Step(service, Kind.CLIENT, f"{verb} {table}", said, **{"ms": 3, **more})


def send(service: str, topic: str, *below: Step, **more: Any) -> Step:
    """A message to a topic."""
    return Step(service, Kind.PRODUCER, f"send {topic}", _message(topic, "send"), below, **{"ms": 2, **more})


def consume(service: str, topic: str, *below: Step, **more: Any) -> Step:
    """What a message makes happen."""
    return Step(service, Kind.CONSUMER, f"process {topic}", _message(topic, "process"), below, **more)


def _message(topic: str, done: str) -> Values:
    said = {"messaging.system": "kafka", "messaging.destination.name": topic}
    return said | {"messaging.operation.type": done}


def inside(service: str, name: str, *below: Step, **more: Any) -> Step:
    """An internal span."""
    return Step(service, Kind.INTERNAL, name, {}, below, **{"ms": 200, **more})


def production(make: Make, traces: int = 300, of: Values = MappingProxyType({})) -> Iterator[str]:
    """Traces spread evenly over time; of: attributes of every process."""
    for number in range(1, traces + 1):
        yield from lines(make(number), number, number * PRODUCTION_EVERY * SECOND, of)


def runs(make: Make, count: int = 12, cases: int = 4, repeats: int = 1) -> Iterator[str]:
    """Test runs; each case makes so many traces."""
    number = 1_000_000
    for run in range(count):
        for case in range(cases):
            for repeat in range(repeats):
                number += 1
                at = 1000 + RUN_SECONDS * run + 5 * case + repeat
                of = {"cicd.pipeline.run.id": f"ci-{run}", "test.case.name": f"case {case}"}
                yield from lines(make(number), number, at * SECOND, of)


def trace_of(number: int, root: int = 0) -> bytes:
    """The id of the n-th trace, whose halves both say something."""
    return (number + 1).to_bytes(8) + (1_000 * number + root + 1).to_bytes(8)


def lines(steps: Steps, number: int, at: int, of: Values) -> Iterator[str]:
    """A line of OTLP/JSON for each span; each root is a trace of its own. at: ns after the beginning."""
    for place, root in enumerate([steps] if isinstance(steps, Step) else steps):
        trace_id = trace_of(number, place)
        count = 0
        stack = [(root, b"", EPOCH + at)]
        while stack:
            step, parent, begin = stack.pop()
            count += 1
            span_id = trace_id[8:12] + count.to_bytes(4)
            stack += [(each, span_id, begin + round(each.at * MILLISECOND)) for each in step.below]
            if not step.dropped:
                yield _line(step, trace_id, span_id, parent, begin, of)


def _line(step: Step, trace_id: bytes, span_id: bytes, parent: bytes, begin: int, of: Values) -> str:
    span = OutgoingSpan(
        trace_id=bytes(8) + trace_id[8:] if step.narrow else trace_id,
        span_id=span_id,
        parent_id=parent,
        name=step.name,
        kind=step.kind,
        start=begin,
        end=begin + round(step.ms * MILLISECOND),
        attributes=dict(step.attributes),  # type: ignore[arg-type]
        links=step.links,
    )
    resource: Values = {"service.name": step.service, **of, **step.resource}
    return line(span, resource, step.scope)


def findings(report: Report) -> list[tuple[str, str, str]]:
    """State, dimension and subject of what is suspect or drift, of calls and coverage."""
    return [
        (line.state.value, line.dimension, line.subject)
        for line in report.verdicts
        if line.state.value in ("suspect", "drift") and line.dimension in ("structure", "coverage")
    ]


def drifts(report: Report, words: str) -> list[Verdict]:
    """The drifts whose subject or flow has these words."""
    lines_ = [line for line in report.verdicts if line.state.value == "drift"]
    return [line for line in lines_ if words in f"{line.flow} {line.subject}"]


def untested(report: Report) -> dict[str, float]:
    """The flows that no test exercises, with their share of the traffic."""
    return {each.flow: round(each.share, 2) for each in report.coverage.missing}


def is_quiet(report: Report) -> bool:
    """Whether everything is covered and nothing is found."""
    return not findings(report) and report.coverage.traffic == 1.0 and not report.coverage.dead


def changed(step: Step, change: Callable[[Step], Step]) -> Step:
    """The tree with every step changed, from below."""
    return change(step._replace(below=tuple(changed(each, change) for each in step.below)))


def joined(*parts: Iterable[str]) -> Iterator[str]:
    """The lines of several captures."""
    for part in parts:
        yield from part
