"""Spans that never come: somebody else's, those of a service without instrumentation, or a few by chance."""

from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import Request, System
from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.spans import Span, rewritten, walk
from tests.metamorphic.transformations.transformation import Allows, Side, Transformation, new_id

ENTRIES = (Kind.SERVER, Kind.CONSUMER)
LOST = 0.05


def _below_strangers(capture: Capture, rng: Random) -> Capture:
    """Whoever calls the system hands on its span's id, and exports to somebody else."""
    traces = (
        trace._replace(parent=new_id(rng)) if trace.root.kind in ENTRIES and not trace.parent else trace
        for trace in capture.traces
    )
    return capture._replace(traces=tuple(traces))


def _without_front(capture: Capture, rng: Random) -> Capture:
    """The services at entries export nothing there; what they call names their spans as parents."""
    fronts = {trace.root.service for trace in capture.traces if _has_a_server_below(trace.root)}
    traces = (
        trace._replace(root=_silent(trace.root))
        if trace.root.kind in ENTRIES and trace.root.service in fronts
        else trace
        for trace in capture.traces
    )
    return capture._replace(traces=tuple(traces))


def _has_a_server_below(root: Span) -> bool:
    return root.kind is Kind.SERVER and any(
        span.kind is Kind.SERVER and span.service != root.service for span, _ in walk(root)
    )


def _silent(root: Span) -> Span:
    """The tree with nothing exported of the process at its root."""
    children = tuple(_silent(child) if child.service == root.service else child for child in root.children)
    return root._replace(exported=False, children=children)


def _some_lost(capture: Capture, rng: Random) -> Capture:
    services = sorted({span.service for trace in capture.traces for span, _ in walk(trace.root)})
    service = rng.choice(services)

    def change(span: Span) -> Span:
        lost = span.service == service and rng.random() < LOST
        return span._replace(exported=False) if lost else span

    traces = (trace._replace(root=rewritten(trace.root, change)) for trace in capture.traces)
    return capture._replace(traces=tuple(traces))


def _has_a_front(system: System) -> bool:
    return any(isinstance(step.does, Request) for entry in system.entries for step in entry.operation.steps)


ALL = (
    Transformation(
        "below strangers",
        "Every request and message names a parent that is exported to somebody else.",
        _below_strangers,
    ),
    Transformation(
        "front without telemetry",
        "Services at entries export nothing there; those that they call name their spans as parents.",
        _without_front,
        sides=(Side.PRODUCTION, Side.TESTS),
        needs=_has_a_front,
        allows=frozenset({Allows.SHARES, Allows.HINTED}),
    ),
    Transformation(
        "spans lost",
        f"{LOST:.0%} of the spans of one service get lost.",
        _some_lost,
        sides=(Side.PRODUCTION, Side.TESTS),
        allows=frozenset({Allows.EVIDENCE, Allows.SHARES, Allows.HINTED}),
    ),
)
