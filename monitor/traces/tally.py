"""What the assembler counts: plain integers, read by whoever reports them."""

from dataclasses import dataclass, field

from monitor.wire.span import Kind, Span

LATE_OF = "late of "
"""Begins the name of a tally of late spans: then the environment, a tab, and the service."""
_MOST_LATE = 200
"""Late spans are counted by service for at most this many services: the first ones."""


@dataclass(slots=True)
class AssemblyCounts:
    """What was seen: spans read, traces begun, late spans (never added), copies (counted once).

    conflicts: those copies, of spans still open, that say something else than the first, which stays.
    shared: spans that have their caller's id, as Zipkin's servers do, and are spans of their own.
    roots: spans without a parent after the first of their trace, while that was open. late_of: late spans, by
    the tally's name.
    """

    spans: int = 0
    traces: int = 0
    late: int = 0
    duplicates: int = 0
    conflicts: int = 0
    shared: int = 0
    roots: int = 0
    late_of: dict[str, int] = field(default_factory=dict)

    def note_late(self, span: Span) -> None:
        """Count a late span; for its service, too, unless its caller misses it as a partner anyway."""
        self.late += 1
        if span.facts.kind in (Kind.SERVER, Kind.CONSUMER):
            return
        name = f"{LATE_OF}{span.facts.environment}\t{span.facts.service}"
        if name in self.late_of or len(self.late_of) < _MOST_LATE:
            self.late_of[name] = self.late_of.get(name, 0) + 1
