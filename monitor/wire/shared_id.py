"""One span id for both halves of a call: Zipkin's way (B3, "join"), and how it becomes two spans.

The caller's span and the callee's carry the same id X; the callee's says `shared`. What the callee then
does has X as its parent. No rule that looks at one span alone can name all of them rightly:

- a derived id for the callee's half needs no second look, but its children stay with X, the caller's half.
  They would become siblings of the span that caused them, every edge below a call would be named from the
  wrong service, and the callee as an entry would be a flow of one span;
- a derived id for every CLIENT span would part it from its children and from callees that do not share.

So the callee keeps X, and with it its children, and its parent is the *caller's id* of X, a derived one.
That much is decided span by span, at decode. Of the caller's half nobody can tell that its id is shared,
so it arrives as X too; where both halves meet, the assembler gives it that derived id (`traces.trace`).
Spans that the caller's half itself has as children hang below the callee then, as in Zipkin's and Jaeger's
own readers: their ids do not say which half they mean. Without its caller's half, the callee tops a group
whose parent is remote and never came, as in every other encoding.

Sources: github.com/openzipkin/b3-propagation (README, "shared span ids"), zipkin.proto (`Span.shared`).
"""

_MASK = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio: any number that tracers do not count up to


def caller_id(span_id: bytes) -> bytes:
    """The id of the caller's half of the shared id `span_id` (8 bytes).

    Two ids never have the same one, and none is its own.
    """
    return (int.from_bytes(span_id, "big") ^ _MASK).to_bytes(8, "big")
