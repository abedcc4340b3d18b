"""The open part of one trace: which fragment owns a span, and which ones wait for one as their parent."""

from dataclasses import dataclass, field

from monitor.traces.fragment import Fragment
from monitor.traces.memory import Recollection
from monitor.wire.shared_id import caller_id
from monitor.wire.span import Span


@dataclass(slots=True)
class Trace:
    """Open fragments of one trace id, `fragments` of them; `memory`: what is known of its closed ones.

    owner: span id -> fragment. waiting: id of a missing parent -> the fragments that miss it, in order.
    """

    memory: Recollection | None
    owner: dict[bytes, Fragment] = field(default_factory=dict)
    waiting: dict[bytes, dict[Fragment, None]] = field(default_factory=dict)
    fragments: int = 0

    def wait(self, fragment: Fragment) -> None:
        """Let `fragment` wait for the parent that it misses."""
        waiting = self.waiting.get(fragment.missing)
        if waiting is None:
            self.waiting[fragment.missing] = {fragment: None}
        else:
            waiting[fragment] = None

    def own_name(self, span: Span, age: int) -> Span | None:
        """`span` under the id by which it is known here; None for a copy of an open one.

        To be asked where the span's id may be known already. That is a copy, unless it is the other half of
        a shared id (`wire.shared_id`): the caller's half then takes the derived id, at once if its callee
        waits for it (or did when it was observed), else when their fragment closes.
        """
        shared = caller_id(span.span_id)
        if span.parent_id == shared:
            fragment = self.owner.get(span.span_id)
            if fragment is not None and shared not in self.owner and shared not in self.waiting:
                self.owner[shared] = fragment
                fragment.shared += (span.span_id,)
                return span
        elif shared in self.waiting or (self.memory is not None and self.memory.awaits(shared, age)):
            span = span._replace(span_id=shared)
        return None if span.span_id in self.owner else span

    def join(self, upper: Fragment, lower: Fragment) -> tuple[Fragment, Fragment]:
        """Merge the smaller fragment into the larger: (what stays, what is gone); the upper's top stays."""
        larger, smaller = (upper, lower) if len(upper.spans) >= len(lower.spans) else (lower, upper)
        for span in smaller.spans:
            self.owner[span.span_id] = larger
        for span_id in smaller.shared:
            self.owner[caller_id(span_id)] = larger
        if larger is lower:
            self._crown(larger, upper)
        larger.absorb(smaller)
        self.fragments -= 1
        return larger, smaller

    def _crown(self, lower: Fragment, upper: Fragment) -> None:
        """Give `lower` what `upper` knows about what is above, and its place among those who wait."""
        lower.missing, lower.remote, lower.runner = upper.missing, upper.remote, upper.runner
        if upper.missing:
            waiting = self.waiting[upper.missing]
            del waiting[upper]
            waiting[lower] = None

    def remove(self, fragment: Fragment, ids: list[bytes]) -> None:
        """Take out a fragment that closes, with its spans' ids."""
        for span_id in ids:
            del self.owner[span_id]
        if fragment.missing:
            waiting = self.waiting[fragment.missing]
            del waiting[fragment]
            if not waiting:
                del self.waiting[fragment.missing]
