"""Which test sent a message, for what consumes it late: a trace may be a whole session of many tests.

What is remembered of closed fragments ends with `memory_ms`. What a consumer's trace states as a whole serves
it up to `max_age_ms` (`origins`), but says no case where the trace has several of them.
"""

from collections import deque
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.traces.fragment import Context, Fragment
from monitor.traces.halves import CALLERS
from monitor.traces.settings import AssemblySettings

_PER_STEP = 256


class _Sent(NamedTuple):
    """Since when (age in ms) the fragment was there that sent something, and what is known of its test."""

    first: int
    context: Context


class Senders:
    """Spans below runner spans that may have sent a message, by trace (its `trace_key`) and span id.

    Each serves consumers whose fragment begins up to `max_age_ms` after its own did, and is kept until these
    have closed.
    """

    def __init__(self, settings: AssemblySettings) -> None:
        self._max_age_ms = settings.max_age_ms
        self._kept_ms = 2 * settings.max_age_ms
        self._sent: dict[tuple[bytes, bytes], _Sent] = {}
        self._queue: deque[tuple[int, tuple[bytes, bytes]]] = deque()

    def __len__(self) -> int:
        return len(self._sent)

    def note(self, fragment: Fragment, key: bytes, age: int) -> None:
        """Remember what a fragment below a runner span, which closes at `age`, may have sent."""
        sent = _Sent(fragment.first, fragment.context)
        for span in fragment.spans:
            if span.facts.kind in CALLERS:
                self._sent[key, span.span_id] = sent
                self._queue.append((age + self._kept_ms, (key, span.span_id)))

    def context(self, fragment: Fragment, key: bytes) -> Context:
        """What is known of the test that sent what a fragment in the trace `key` consumes."""
        sent = self._sent.get((key, fragment.top.parent_id))
        in_time = sent is not None and sent.first >= fragment.first - self._max_age_ms
        return sent.context if sent is not None and in_time else Context()

    def purge(self, age: int) -> Steps[None]:
        """Free what serves no fragment any more at `age`."""
        looked = 0
        while self._queue and self._queue[0][0] <= age:
            self._sent.pop(self._queue.popleft()[1], None)
            looked += 1
            if looked % _PER_STEP == 0:
                yield
