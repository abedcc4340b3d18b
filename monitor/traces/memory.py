"""What is still known of closed fragments: enough to tell a copy and a straggler from something new.

For each closed fragment one segment: when it is forgotten, its span ids joined in one bytes object, and
the parent that it missed. That is 8 bytes a span and about 350 a fragment. When a segment is forgotten
depends on the fragment's own deadline, never on when the closing was noticed, so that reading the
source again rebuilds the same memory (delivery, observer 6 and 7).
"""

from collections import deque
from typing import NamedTuple

ID_BYTES = 8
_SCANNED = 16
"""Up to so many segments of one trace are searched one by one; beyond, by an index."""


class Segment(NamedTuple):
    """Ids of one closed fragment (or of one late span), known until the age `expires` (ms)."""

    expires: int
    trace_id: bytes
    ids: bytes
    missing: bytes

    def holds(self, span_id: bytes) -> bool:
        """Whether `span_id` is among the joined ids."""
        at = self.ids.find(span_id)
        while at % ID_BYTES and at >= 0:
            at = self.ids.find(span_id, at + 1)
        return at >= 0

    def split_ids(self) -> list[bytes]:
        """The ids one by one."""
        return [self.ids[at : at + ID_BYTES] for at in range(0, len(self.ids), ID_BYTES)]


class Recollection:
    """The segments of one trace. Searching costs a scan of a few, or one look-up among many."""

    __slots__ = ("_ids", "_missing", "_segments")

    def __init__(self) -> None:
        self._segments: list[Segment] | deque[Segment] = []
        self._ids: dict[bytes, int] | None = None
        self._missing: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._segments)

    def holds(self, span_id: bytes, age: int) -> bool:
        """Whether a span with this id was observed and is not forgotten at `age`."""
        if self._ids is not None:
            return self._ids.get(span_id, age) > age
        return any(segment.expires > age and segment.holds(span_id) for segment in self._segments)

    def awaits(self, span_id: bytes, age: int) -> bool:
        """Whether an observed fragment missed `span_id` as the parent of its top."""
        if self._ids is not None:
            return self._missing.get(span_id, age) > age
        return any(segment.expires > age and segment.missing == span_id for segment in self._segments)

    def add(self, segment: Segment) -> None:
        """Remember one more segment."""
        self._segments.append(segment)
        if self._ids is not None:
            self._enter(self._ids, segment)
        elif len(self._segments) > _SCANNED:
            self._segments, self._ids = deque(self._segments), {}
            for known in self._segments:
                self._enter(self._ids, known)

    def forget_first(self) -> None:
        """Drop the oldest segment."""
        segment = self._segments[0]
        del self._segments[0]
        if self._ids is None:
            return
        for span_id in segment.split_ids():
            if self._ids.get(span_id) == segment.expires:
                del self._ids[span_id]
        if self._missing.get(segment.missing) == segment.expires:
            del self._missing[segment.missing]

    def _enter(self, ids: dict[bytes, int], segment: Segment) -> None:
        for span_id in segment.split_ids():
            ids[span_id] = max(segment.expires, ids.get(span_id, 0))
        if segment.missing:
            self._missing[segment.missing] = max(segment.expires, self._missing.get(segment.missing, 0))


class Memory:
    """Segments of all traces, forgotten in the order in which they were remembered."""

    def __init__(self) -> None:
        self._traces: dict[bytes, Recollection] = {}
        self._queue: deque[Segment] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def of(self, trace_id: bytes) -> Recollection | None:
        """What is remembered of a trace, if anything."""
        return self._traces.get(trace_id)

    def remember(self, segment: Segment) -> Recollection:
        """Keep a segment; returns all that is remembered of its trace."""
        recollection = self._traces.get(segment.trace_id)
        if recollection is None:
            recollection = self._traces[segment.trace_id] = Recollection()
        recollection.add(segment)
        self._queue.append(segment)
        return recollection

    def purge(self, age: int) -> None:
        """Free what is forgotten at `age`."""
        while self._queue and self._queue[0].expires <= age:
            trace_id = self._queue.popleft().trace_id
            recollection = self._traces[trace_id]
            recollection.forget_first()
            if not recollection:
                del self._traces[trace_id]
