"""The open part of one trace: which fragment owns a span, and which ones wait for one as their parent."""

from dataclasses import dataclass, field

from monitor.traces.borders import is_border
from monitor.traces.fragment import Fragment
from monitor.traces.memory import Recollection
from monitor.wire.span import Facts, Kind, Span


@dataclass(slots=True)
class Trace:
    """Open fragments of one trace, `fragments` of them; `memory`: what is known of its closed ones.

    key: what its spans have in common (`trace_key`); ids: their whole trace ids, mostly one. owner: span id
    -> fragment. waiting: id of a missing parent -> the fragments that miss it, in order. rooted: one of its
    fragments has, or had, a root.
    """

    key: bytes
    memory: Recollection | None
    ids: list[bytes] = field(default_factory=list)
    owner: dict[bytes, Fragment] = field(default_factory=dict)
    waiting: dict[bytes, dict[Fragment, None]] = field(default_factory=dict)
    fragments: int = 0
    rooted: bool = False

    def wait(self, fragment: Fragment) -> None:
        """Let `fragment` wait for the parent that it misses."""
        waiting = self.waiting.get(fragment.missing)
        if waiting is None:
            self.waiting[fragment.missing] = {fragment: None}
        else:
            waiting[fragment] = None

    def is_late(self, span: Span, age: int) -> bool:
        """Whether the span's parent was observed in a fragment that is closed, to which it would belong."""
        upper = self._closed(span.parent_id, age)
        return upper is not None and not is_border(upper, span.facts)

    def is_cut(self, span: Span, age: int) -> bool:
        """Whether what sent the message that a span consumes is known, so that a flow begins at the span."""
        if span.facts.kind is not Kind.CONSUMER:
            return False
        fragment = self.owner.get(span.parent_id)
        if fragment is not None:
            return is_border(fragment.find(span.parent_id)[-1].facts, span.facts)
        upper = self._closed(span.parent_id, age)
        return upper is not None and is_border(upper, span.facts)

    def _closed(self, span_id: bytes, age: int) -> Facts | None:
        """What a span of a closed fragment says, while it is known."""
        return self.memory.find(span_id, age) if self.memory is not None and span_id else None

    def take_children(self, span: Span, age: int) -> list[Fragment]:
        """The groups that waited for `span` and belong below it; what consumes its message waits no more."""
        children = []
        for fragment in self.waiting.pop(span.span_id, ()):
            if is_border(span.facts, fragment.top.facts):
                fragment.missing, fragment.last = b"", age
            else:
                children.append(fragment)
        return children

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
