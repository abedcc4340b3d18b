"""What the decoders count: plain integers, read by whoever wants to tell them."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts since the decoder was made.

    records, undecodable: payloads taken, and those refused. spans: handed on. invalid_ids: spans left out,
    because their trace id is not 16 bytes or their span id not 8 (all zeros is no id either).
    invalid_parents: parents of another length, taken as none. self_parents: spans that name themselves as
    parent, taken as without. negative_durations: ends before starts, taken as 0.
    """

    records: int = 0
    undecodable: int = 0
    spans: int = 0
    invalid_ids: int = 0
    invalid_parents: int = 0
    self_parents: int = 0
    negative_durations: int = 0

    def parent(self, span_id: bytes, parent_id: bytes) -> bytes:
        """Return a parent id that is neither empty, nor a usual one: b'' where it is no parent, counted."""
        if parent_id == span_id:
            self.self_parents += 1
            return b""
        if len(parent_id) == 8 and any(parent_id):
            return parent_id
        self.invalid_parents += any(parent_id)
        return b""
