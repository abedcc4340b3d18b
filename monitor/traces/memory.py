"""What is still known of closed fragments: enough to tell a copy and a straggler from something new.

For each closed fragment one segment: when it is forgotten, its span ids joined in one bytes object, what
they were, and the parent that it missed. That is 16 bytes a span and about 400 a fragment. When a segment
is forgotten depends on the fragment's own deadline, never on when the closing was noticed, so that reading
the source again rebuilds the same memory (delivery, observer 6 and 7).
"""

from collections import deque
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.traces.fragment import Runner
from monitor.wire.span import Facts

ID_BYTES = 8
_SCANNED, _SCANNED_IDS = 16, 512
"""At most this many segments of one trace are searched one by one, and ids; more, by an index."""
_PER_STEP = 64
"""Segments that are forgotten in one step."""


class Segment(NamedTuple):
    """Ids of one closed fragment (or of one late span), known until the age `expires` (ms).

    key: of its trace. facts: of each span, in the order of the ids. missing: b'' where nothing later can
    show that the fragment was a part of something larger. runner: the test's span above it, if any.
    """

    expires: int
    key: bytes
    ids: bytes
    facts: tuple[Facts, ...]
    missing: bytes = b""
    runner: Runner | None = None

    def find(self, span_id: bytes) -> "Known | None":
        """The span with this id, if it is among the joined ids."""
        at = self.ids.find(span_id)
        while at % ID_BYTES and at >= 0:
            at = self.ids.find(span_id, at + 1)
        return Known(self.expires, self.facts[at // ID_BYTES], self.runner) if at >= 0 else None

    def split_ids(self) -> list[bytes]:
        """The ids one by one."""
        return [self.ids[at : at + ID_BYTES] for at in range(0, len(self.ids), ID_BYTES)]


class Known(NamedTuple):
    """A span of a closed fragment: how long it is known, what it says, the test's span above it, if any."""

    expires: int
    facts: Facts
    runner: Runner | None


class Recollection:
    """The segments of one trace. Searching costs a scan of a few, or one look-up among many.

    Of a trace with few large segments an index is made when somebody searches, which hardly anybody does.
    """

    __slots__ = ("_bytes", "_ids", "_missing", "_segments")

    def __init__(self) -> None:
        self._bytes = 0
        self._segments: list[Segment] | deque[Segment] = []
        self._ids: dict[bytes, Known] | None = None
        self._missing: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._segments)

    def find(self, span_id: bytes, age: int) -> Known | None:
        """The span with this id, if it was observed and is not forgotten at `age`."""
        if self._ids is None and self._bytes > _SCANNED_IDS * ID_BYTES:
            self._index()
        if self._ids is not None:
            known = self._ids.get(span_id)
            return known if known is not None and known.expires > age else None
        for segment in self._segments:
            if segment.expires > age and (found := segment.find(span_id)) is not None:
                return found
        return None

    def awaits(self, span_id: bytes, age: int) -> bool:
        """Whether an observed fragment missed `span_id` as the parent of its top."""
        if self._ids is not None:
            return self._missing.get(span_id, age) > age
        return any(segment.expires > age and segment.missing == span_id for segment in self._segments)

    def add(self, segment: Segment) -> None:
        """Remember one more segment."""
        self._segments.append(segment)
        self._bytes += len(segment.ids)
        if self._ids is not None:
            self._enter(self._ids, segment)
        elif len(self._segments) > _SCANNED:
            self._index()

    def _index(self) -> None:
        self._segments, self._ids = deque(self._segments), {}
        for segment in self._segments:
            self._enter(self._ids, segment)

    def forget_first(self) -> None:
        """Drop the oldest segment."""
        segment = self._segments[0]
        del self._segments[0]
        self._bytes -= len(segment.ids)
        if self._ids is None:
            return
        for span_id in segment.split_ids():
            known = self._ids.get(span_id)
            if known is not None and known.expires == segment.expires:
                del self._ids[span_id]
        if self._missing.get(segment.missing) == segment.expires:
            del self._missing[segment.missing]

    def _enter(self, ids: dict[bytes, Known], segment: Segment) -> None:
        said = {facts: Known(segment.expires, facts, segment.runner) for facts in segment.facts}
        new = dict(zip(segment.split_ids(), map(said.__getitem__, segment.facts), strict=True))
        for span_id in ids.keys() & new.keys():
            if ids[span_id].expires > segment.expires:
                new[span_id] = new[span_id]._replace(expires=ids[span_id].expires)
        ids.update(new)
        if segment.missing:
            self._missing[segment.missing] = max(segment.expires, self._missing.get(segment.missing, 0))


class Memory:
    """Segments of all traces, forgotten in the order in which they were remembered."""

    def __init__(self) -> None:
        self._traces: dict[bytes, Recollection] = {}
        self._queue: deque[Segment] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def of(self, key: bytes) -> Recollection | None:
        """What is remembered of a trace, if anything."""
        return self._traces.get(key)

    def remember(self, segment: Segment) -> Recollection:
        """Keep a segment; returns all that is remembered of its trace."""
        recollection = self._traces.get(segment.key)
        if recollection is None:
            recollection = self._traces[segment.key] = Recollection()
        recollection.add(segment)
        self._queue.append(segment)
        return recollection

    def purge(self, age: int) -> Steps[None]:
        """Free what is forgotten at `age`."""
        freed = 0
        while self._queue and self._queue[0].expires <= age:
            key = self._queue.popleft().key
            recollection = self._traces[key]
            recollection.forget_first()
            if not recollection:
                del self._traces[key]
            freed += 1
            if freed % _PER_STEP == 0:
                yield
