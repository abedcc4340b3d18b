"""The traces that have open fragments: found by any of their whole ids, and remembered when they close."""

from monitor.base.steps import Steps
from monitor.traces.memory import Memory, Segment
from monitor.traces.trace import Trace
from monitor.wire.span import trace_key


class OpenTraces:
    """Open traces, `by_id`: by their key (`trace_key`) and by each whole id that has come of them."""

    def __init__(self) -> None:
        self.by_id: dict[bytes, Trace] = {}
        self._memory = Memory()

    def __len__(self) -> int:
        """How many names and memories are kept."""
        return len(self.by_id) + len(self._memory)

    def begin(self, trace_id: bytes) -> Trace:
        """The trace of a span whose whole id is new: also one that is open under another whole id."""
        key = trace_key(trace_id)
        trace = self.by_id.get(key)
        if trace is None:
            trace = self.by_id[key] = Trace(key, self._memory.of(key))
        self.by_id[trace_id] = trace
        trace.ids.append(trace_id)
        return trace

    def remember(self, trace: Trace, segment: Segment) -> None:
        """Remember a closed fragment of `trace`, or one late span."""
        trace.memory = self._memory.remember(segment)

    def drop_if_empty(self, trace: Trace) -> None:
        """Forget a trace that has no open fragment."""
        if trace.fragments == 0:
            for known in (trace.key, *trace.ids):
                self.by_id.pop(known, None)

    def purge(self, age: int) -> Steps[None]:
        """Free what is forgotten at `age`."""
        yield from self._memory.purge(age)
