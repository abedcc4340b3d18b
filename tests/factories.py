"""Builders of spans with good defaults: a test names only what it is about.

    root = span(1, name="GET /cart")
    child = span(2, parent=1, service="cart", start=10, duration=5)

Ids are small integers; times are nanoseconds since `EPOCH`, so that a trace reads like a drawing.
Spans with the same facts share one `Facts` object, as the decoder promises.
"""

from collections.abc import Mapping

from monitor.base.units import UNIT_WEIGHT, UnixNanos, Weight
from monitor.wire.span import Facts, Kind, Marks, Span

EPOCH = UnixNanos(1_700_000_000_000_000_000)
"""Where the built spans' time begins: 2023-11-14T22:13:20Z, in ns."""

MILLISECOND = 1_000_000
"""In ns."""

_interned: dict[str, Facts] = {}


def trace_id(number: int) -> bytes:
    """The 16 bytes of trace `number`."""
    return number.to_bytes(16, "big")


def span_id(number: int) -> bytes:
    """The 8 bytes of span `number`; none of them for 0, which says 'no parent'."""
    return number.to_bytes(8, "big") if number else b""


def facts(
    service: str = "shop",
    name: str = "GET /cart",
    kind: Kind = Kind.SERVER,
    *,
    error: bool = False,
    scope: str = "",
    attributes: Mapping[str, str] | None = None,
    resource: Mapping[str, str] | None = None,
    environment: str = "production",
    suite: str = "",
    run: str = "",
    case: str = "",
    weight: int = UNIT_WEIGHT,
    weighted: bool = False,
    runner: bool = False,
    marks: Marks = (),
) -> Facts:
    """Facts of a server span of `shop` in production; equal arguments give the same object."""
    made = Facts(
        service=service,
        name=name,
        kind=kind,
        error=error,
        scope=scope,
        attributes=dict(sorted((attributes or {}).items())),
        resource=dict(resource or {"service.name": service}),
        environment=environment,
        suite=suite,
        run=run,
        case=case,
        weight=Weight(weight),
        weighted=weighted,
        runner=runner,
        marks=marks,
    )
    return _interned.setdefault(repr(made), made)


def span(
    id: int = 1,
    *,
    trace: int = 1,
    parent: int = 0,
    start: int = 0,
    duration: int = MILLISECOND,
    remote: bool = False,
    service: str = "shop",
    name: str = "GET /cart",
    kind: Kind = Kind.SERVER,
    error: bool = False,
    attributes: Mapping[str, str] | None = None,
    environment: str = "production",
    suite: str = "",
    run: str = "",
    case: str = "",
    weight: int = UNIT_WEIGHT,
    runner: bool = False,
    links: tuple[int, ...] = (),
    of: Facts | None = None,
) -> Span:
    """Span `id` of trace `trace` below span `parent` (0: a root), with `links` to other traces.

    `start` in ns after `EPOCH`, `duration` in ns. `of` gives the facts whole (see `facts`); the
    arguments about facts are then not looked at.
    """
    told = of or facts(
        service,
        name,
        kind,
        error=error,
        attributes=attributes,
        environment=environment,
        suite=suite,
        run=run,
        case=case,
        weight=weight,
        weighted=weight != UNIT_WEIGHT,
        runner=runner,
    )
    begin = UnixNanos(EPOCH + start)
    linked = tuple(map(trace_id, links))
    return Span(trace_id(trace), span_id(id), span_id(parent), begin, duration, told, remote, linked)
