"""What the traces of a flow do on both sides, call by call, for people: no verdict is made from it."""

import msgspec

from monitor.base.units import LogTime


class CallSeen(msgspec.Struct, frozen=True, array_like=True):
    """One operation in the tree of a path.

    above: place in the list of the call that leads to it, -1 at the top. kind: of its spans, in lower case.
    reference, candidate: of that side's traces with what is above it the share (0..1) that has it, at the
    top of all traces. None where the side has not what is above.
    """

    above: int
    kind: str
    service: str
    name: str
    reference: float | None
    candidate: float | None


class SideSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How many traces of a path one side had, complete or not; between which log times (ms) they began."""

    traces: int = 0
    first: LogTime | None = None
    last: LogTime | None = None


class PathTree(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one path in preorder, production's and the tests' as one tree.

    left_out: calls that are not listed, those with the smallest shares.
    """

    outcome: str
    reference: SideSeen = SideSeen()
    candidate: SideSeen = SideSeen()
    calls: tuple[CallSeen, ...] = ()
    left_out: int = 0
