"""The open part of one trace: which fragment owns a span, and which ones wait for one as their parent."""

from collections import OrderedDict
from dataclasses import dataclass, field

from monitor.traces.borders import CONSUMER, is_border
from monitor.traces.fragment import Fragment
from monitor.traces.memory import Known, Recollection
from monitor.wire.span import Span

MOST_HOPS = 32
"""A consumer waits for what is above its sender at most this many hops up. Where the last of a chain of
messages comes first, all groups move up with each span."""

MANY = 64
"""So many fragments that wait for one parent are kept in another way: a dict that lost its first entries
passes each of them on the way to the first that is left."""

_NOBODY: tuple[list[Fragment], list[Fragment]] = ([], [])
"""The groups that waited for a span for which none waited; never changed."""


@dataclass(slots=True)
class Trace:
    """Open fragments of one trace, `fragments` of them; `memory`: what is known of its closed ones.

    key: what its spans have in common (`trace_key`); ids: their whole trace ids, mostly one. owner: span id
    -> fragment. waiting: id of a missing parent -> the fragments that miss it, in order. lasting: ids of
    missing parents that last long (`outlasts`). rooted: one of its fragments has, or had, a root.
    """

    key: bytes
    memory: Recollection | None
    ids: list[bytes] = field(default_factory=list)
    owner: dict[bytes, Fragment] = field(default_factory=dict)
    waiting: dict[bytes, dict[Fragment, None]] = field(default_factory=dict)
    lasting: set[bytes] | frozenset[bytes] = frozenset()
    fragments: int = 0
    rooted: bool = False

    def outlasts(self, fragment: Fragment, gap_ms: int) -> bool:
        """Whether the parent that a group misses lasts longer than the spans of one request are apart.

        Then it is not lost, as far as anybody knows: a stream, a socket, a slow job, which has not ended.
        """
        waiting = self.waiting.get(fragment.missing)
        if waiting:
            others = (next(iter(waiting)), next(reversed(waiting)))
            if max(abs(other.first - fragment.first) for other in others) > gap_ms:
                self._note_lasting(fragment.missing)
        return fragment.missing in self.lasting

    def wait(self, fragment: Fragment, age: int) -> None:
        """Let `fragment` wait for the parent that it misses."""
        if self.memory is not None and self.memory.awaits(fragment.missing, age):
            self._note_lasting(fragment.missing)
        waiting = self.waiting.get(fragment.missing)
        if waiting is None:
            self.waiting[fragment.missing] = {fragment: None}
        else:
            waiting[fragment] = None
            if len(waiting) == MANY:
                self.waiting[fragment.missing] = OrderedDict(waiting)

    def _note_lasting(self, span_id: bytes) -> None:
        self.lasting = self.lasting or set()
        self.lasting |= {span_id}

    def is_late(self, span: Span, age: int) -> bool:
        """Whether the span's parent was observed in a fragment that is closed, to which it would belong."""
        upper = self.closed(span.parent_id, age)
        return upper is not None and not is_border(upper.facts, span.facts)

    def is_cut(self, span: Span, age: int) -> bool:
        """Whether what sent the message that a span consumes is known, so that a flow begins at the span."""
        if span.facts.kind is not CONSUMER:
            return False
        fragment = self.owner.get(span.parent_id)
        if fragment is not None:
            return is_border(fragment.find(span.parent_id)[-1].facts, span.facts)
        upper = self.closed(span.parent_id, age)
        return upper is not None and is_border(upper.facts, span.facts)

    def closed(self, span_id: bytes, age: int) -> Known | None:
        """A span of a closed fragment, while it is known."""
        return self.memory.find(span_id, age) if self.memory is not None and span_id else None

    def take_waiting(self, span: Span) -> tuple[list[Fragment], list[Fragment]]:
        """The groups that waited for `span`: those that belong below it, and those that stay alone.

        These consume its message, or one that was sent below it (`follow`).
        """
        if span.span_id not in self.waiting:
            return _NOBODY
        children: list[Fragment] = []
        alone: list[Fragment] = []
        for fragment in self.waiting.pop(span.span_id):
            fragment.missing = b""
            below = fragment.top.parent_id == span.span_id and not is_border(span.facts, fragment.top.facts)
            (children if below else alone).append(fragment)
        return children, alone

    def follow_sender(self, consumer: Fragment, age: int) -> None:
        """Let a consumer's group, whose sender is known, belong to the same test."""
        sender = self.owner.get(consumer.top.parent_id)
        if sender is not None:
            self.follow(consumer, sender, age)
        elif (known := self.closed(consumer.top.parent_id, age)) is not None:
            consumer.runner = known.runner

    def follow(self, consumer: Fragment, sender: Fragment, age: int) -> None:
        """Let a consumer's group wait for what its sender's waits for: a test's span comes at its end."""
        consumer.runner, consumer.last = sender.runner, age
        if sender.missing and not sender.top.remote and consumer.hops < MOST_HOPS:
            consumer.hops += 1
            consumer.missing = sender.missing
            self.wait(consumer, age)

    def join(self, upper: Fragment, lower: Fragment) -> tuple[Fragment, Fragment]:
        """Merge the smaller fragment into the larger: (what stays, what is gone); the upper's top stays."""
        larger, smaller = (upper, lower) if len(upper.spans) >= len(lower.spans) else (lower, upper)
        for span in smaller.spans:
            self.owner[span.span_id] = larger
        if larger is lower:
            self._crown(larger, upper)
        larger.absorb(smaller)
        self.fragments -= 1
        return larger, smaller

    def _crown(self, lower: Fragment, upper: Fragment) -> None:
        """Give `lower` what `upper` knows about what is above, and its place among those who wait."""
        lower.missing, lower.top, lower.runner = upper.missing, upper.top, upper.runner
        if upper.missing:
            waiting = self.waiting[upper.missing]
            del waiting[upper]
            waiting[lower] = None

    def remove(self, fragment: Fragment, ids: list[bytes]) -> None:
        """Take out a fragment that closes, with its spans' ids."""
        for span_id in ids:
            self.owner.pop(span_id, None)  # derived ids (`halves`) were never entered
        if fragment.missing:
            waiting = self.waiting[fragment.missing]
            del waiting[fragment]
            if not waiting:
                del self.waiting[fragment.missing]
