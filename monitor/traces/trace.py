"""The open part of one trace: which fragment owns a span, and which ones wait for one as their parent."""

from dataclasses import dataclass, field

from monitor.traces.fragment import Fragment
from monitor.traces.memory import Recollection


@dataclass(slots=True)
class Trace:
    """Open fragments of one trace id, `fragments` of them; `memory`: what is known of its closed ones.

    owner: span id -> fragment. waiting: id of a missing parent -> the fragments that miss it, in order.
    rooted: one of its fragments has, or had, a root.
    """

    memory: Recollection | None
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
        lower.missing, lower.remote, lower.runner = upper.missing, upper.remote, upper.runner
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
