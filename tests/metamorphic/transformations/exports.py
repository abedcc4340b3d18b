"""How spans travel: in which batches and order, how often, with ids of which width, and by which clocks."""

from collections.abc import Callable
from random import Random

from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.spans import Span, walk
from tests.metamorphic.transformations.transformation import Transformation, each_span_of

FLUSH_MS = 5_000
"""How often the batch processors of OpenTelemetry's SDKs send, by default."""
MOST_SKEW_NS = 2_000_000_000
ORDERS = ("shuffled", "children first", "parents first")


def _scattered(capture: Capture, rng: Random) -> Capture:
    export = capture.export._replace(flush_ms=FLUSH_MS, most=rng.choice((1, 7, 40)), order=rng.choice(ORDERS))
    return capture._replace(export=export)


def _twice(capture: Capture, rng: Random) -> Capture:
    return capture._replace(export=capture.export._replace(copies=2))


def _narrow(capture: Capture, rng: Random) -> Capture:
    return capture._replace(export=capture.export._replace(narrow=frozenset({"*"})))


def _narrow_somewhere(capture: Capture, rng: Random) -> Capture:
    services = sorted({span.service for trace in capture.traces for span, _ in walk(trace.root)})
    some = frozenset(rng.sample(services, max(1, len(services) // 2)))
    return capture._replace(export=capture.export._replace(narrow=some))


def _skewed(rng: Random) -> Callable[[Span], Span]:
    offsets: dict[str, int] = {}

    def change(span: Span) -> Span:
        offset = offsets.setdefault(span.service, rng.randint(-MOST_SKEW_NS, MOST_SKEW_NS))
        return span._replace(start=span.start + offset)

    return change


ALL = (
    Transformation(
        "scattered",
        "Processes send every 5 s, in many small records, in another order.",
        _scattered,
    ),
    Transformation(
        "two exporters", "Every span is sent twice, with other attributes of the resource.", _twice
    ),
    Transformation("narrow ids", "Trace ids have 64 bits, padded on the left.", _narrow),
    Transformation(
        "narrow ids of some",
        "Some services pass on the right-most 64 bits of a trace id only.",
        _narrow_somewhere,
    ),
    Transformation(
        "clocks apart",
        "The clocks of services differ by up to 2 s.",
        each_span_of(_skewed),
    ),
)
