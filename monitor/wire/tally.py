"""What the decoders count: plain integers, read by whoever reports them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from monitor.base.steps import Steps
from monitor.base.units import DAY_MS
from monitor.wire.names import MENDED
from monitor.wire.span import NAMELESS, Facts, Kind, Span

EARLIEST_NS = 946_684_800_000_000_000
"""2000-01-01T00:00:00Z: no span began earlier, but a time in seconds, milliseconds or microseconds does."""

LATEST_NS = 4_102_444_800_000_000_000
"""2100-01-01T00:00:00Z, and the end of what is plausible."""

LONGEST_NS = 30 * DAY_MS * 1_000_000
"""30 days: what took longer has two clocks, two units, or no start."""

_AT_ONCE = 1_024
"""Spans that are checked in one step."""

_start, _duration, _facts = itemgetter(3), itemgetter(4), itemgetter(5)


@dataclass(slots=True)
class DecodedCounts:
    """Counts since the decoder was made.

    records, undecodable: payloads taken, and those refused. spans: handed on. invalid_ids: spans left out,
    because their trace id is not 16 bytes or their span id not 8 (all zeros is no id either). What follows
    is handed on. invalid_parents: parents of another length, taken as none. self_parents: spans that name
    themselves as parent, taken as without. negative_durations: ends before starts, taken as 0.
    implausible_times: starts before 2000 or after 2099, kept, and durations over 30 days, taken as 0.
    kindless: no kind, or one that nobody knows. nameless: no service name. unsafe_names: a name or a
    service with control characters, direction marks or what is no UTF-8, mended. partial: of traces that are
    known to lack some of their spans.
    """

    records: int = 0
    undecodable: int = 0
    spans: int = 0
    invalid_ids: int = 0
    invalid_parents: int = 0
    self_parents: int = 0
    negative_durations: int = 0
    implausible_times: int = 0
    kindless: int = 0
    nameless: int = 0
    unsafe_names: int = 0
    partial: int = 0

    def parent(self, span_id: bytes, parent_id: bytes) -> bytes:
        """Return a parent id that is neither empty, nor a usual one: b'' where it is no parent, counted."""
        if parent_id == span_id:
            self.self_parents += 1
            return b""
        if len(parent_id) == 8 and any(parent_id):
            return parent_id
        self.invalid_parents += any(parent_id)
        return b""

    def checked(self, spans: list[Span]) -> Steps[list[Span]]:
        """Count the spans of one record and what is odd about them; returns them with plausible durations."""
        self.spans += len(spans)
        if len(spans) <= _AT_ONCE:
            return self._checked(spans) if spans else spans
        checked: list[Span] = []
        for begin in range(0, len(spans), _AT_ONCE):
            checked += self._checked(spans[begin : begin + _AT_ONCE])
            yield
        return checked

    def _checked(self, spans: list[Span]) -> list[Span]:
        for facts, number in Counter(map(_facts, spans)).items():
            if facts.odd:
                self._note_odd(facts, number)
        if not _are_plausible(spans):
            self.implausible_times += sum(not _are_plausible([span]) for span in spans)
            spans = [span if span.duration < LONGEST_NS else span._replace(duration=0) for span in spans]
        return spans

    def _note_odd(self, facts: Facts, number: int) -> None:
        self.kindless += number * (facts.kind is Kind.UNSPECIFIED)
        self.nameless += number * facts.service.startswith(NAMELESS)
        self.partial += number * facts.partial
        self.unsafe_names += number * (MENDED in facts.name or MENDED in facts.service)


def _are_plausible(spans: Sequence[Span]) -> bool:
    """Whether all of these (at least one) began and ended at a time that can be meant."""
    starts = list(map(_start, spans))
    longest: int = max(map(_duration, spans))
    return min(starts) >= EARLIEST_NS and max(starts) < LATEST_NS and longest < LONGEST_NS
