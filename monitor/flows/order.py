"""In which order a caller begins its calls, and which of them run at the same time.

Only spans of one service below one span of it are compared: one clock wrote their times. INTERNAL spans
between them are transparent, what is below a call is no sibling of it, and of repeats the first one counts.

A row says it as lines, one per calling operation that makes at least two different calls: the place of its
span in the shape, then by start (place of a call, how it follows) for each of these calls. How it follows is
WAYS times the number of the next calls that begin while it still runs, plus one of the ways below.
"""

from collections.abc import Iterable, Sequence

from monitor.base.identity import by_identity
from monitor.flows.flow import Line, Operation, Shape
from monitor.wire.span import Kind, Span

TICK_NS = 1_000_000
"""By less than this two times of one service may be off against each other: some SDKs take a start from a
clock of whole ms, and a duration from a finer one (OpenTelemetry JS, `sdk-trace-base/src/Span.ts`)."""
MOST_CALLS = 8
"""Different calls of one caller that are compared, the first by name: 28 pairs."""

LATER, TOGETHER, NEXT = WAYS = (0, 1, 2)
"""How a call follows the one before it: later; at the same time, as far as the clock tells; right when that
had ended, both being long enough to tell."""

_REMEMBERED_SPANS = 128
"""Of larger shapes nothing is remembered here, which would keep them in memory."""
_CALLS = (Kind.CLIENT, Kind.PRODUCER)
_NEITHER = -1
_Siblings = tuple[int, tuple[tuple[int, int], ...]]


def order_of(shape: Shape, spans: Sequence[Span]) -> tuple[Line, ...]:
    """The lines of a row with this shape; `spans`: those of its nodes."""
    siblings = _siblings_of(shape) if len(shape) <= _REMEMBERED_SPANS else _siblings(shape)
    return tuple([_line(caller, calls, spans) for caller, calls in siblings])


def _siblings(shape: Shape) -> tuple[_Siblings, ...]:
    """Per calling operation its first span with several different calls, and each call: place, number."""
    found: dict[int, list[int]] = {}
    for place, caller in _called(shape):
        found.setdefault(caller, []).append(place)
    siblings: dict[Operation, _Siblings] = {}
    for caller, places in found.items():
        operation = shape[caller].operation
        if len(places) > 1 and operation not in siblings:
            calls = sorted({shape[place].operation for place in places})[:MOST_CALLS]
            if len(calls) > 1:
                number = {call: index for index, call in enumerate(calls)}
                named = ((place, number.get(shape[place].operation, _NEITHER)) for place in places)
                siblings[operation] = caller, tuple([each for each in named if each[1] != _NEITHER])
    return tuple(siblings.values())


_siblings_of = by_identity(_siblings, most=4096)


def _called(shape: Shape) -> Iterable[tuple[int, int]]:
    """Place of each call and of its caller: the span of its service above it, past INTERNAL ones."""
    callers: list[int] = []
    for place, (operation, parent, *_) in enumerate(shape):
        inside = parent >= 0 and shape[parent].operation.service == operation.service
        kind = operation.kind
        if inside and kind in _CALLS:
            if callers[parent] != _NEITHER:
                yield place, callers[parent]
            callers.append(_NEITHER)
        elif inside and kind is Kind.INTERNAL:
            callers.append(callers[parent])
        else:
            callers.append(_NEITHER if kind in _CALLS else place)


def _line(caller: int, calls: Iterable[tuple[int, int]], spans: Sequence[Span]) -> Line:
    line, known = [caller], set[int]()
    firsts = []
    for start, number, place in sorted([(spans[place][3], number, place) for place, number in calls]):
        if number not in known:
            known.add(number)
            firsts.append((start, start + max(spans[place][4], 0), place))
    before = None
    for index, (start, end, place) in enumerate(firsts, 1):
        while_it_runs = 0
        while index + while_it_runs < len(firsts) and firsts[index + while_it_runs][0] <= end - TICK_NS:
            while_it_runs += 1
        line += (place, len(WAYS) * while_it_runs + (_way(before, start, end) if before else LATER))
        before = (start, end)
    return tuple(line)


def _way(before: tuple[int, int], start: int, end: int) -> int:
    """How a call follows another one, each from its start to its end in ns.

    A call that waits for the other one begins when that ends. If it begins long after, it may have waited, or
    the other one took less time than usual. Short ones may run at the same time and seem not to.
    """
    took = before[1] - before[0]
    if start == before[0]:
        return TOGETHER
    waited = -TICK_NS < start - before[1] <= max(TICK_NS, took // 4)
    return NEXT if waited and min(took, end - start) >= 2 * TICK_NS else LATER
