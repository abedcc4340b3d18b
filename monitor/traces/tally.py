"""What the assembler counts: plain integers, read by whoever wants to tell them."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """What was seen: spans read, traces begun, late spans (never added), copies (counted once).

    conflicts: those copies, of spans still open, that say something else than the first, which stays.
    shared: spans that have their caller's id, as Zipkin's servers do, and are spans of their own.
    roots: spans without a parent after the first of their trace, while that was open.
    """

    spans: int = 0
    traces: int = 0
    late: int = 0
    duplicates: int = 0
    conflicts: int = 0
    shared: int = 0
    roots: int = 0
