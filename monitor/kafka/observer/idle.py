"""Idle time of a source partition, measured by the broker's answers (delivery, observer 2)."""

CAP_MS = 1000
"""No single wait counts for more: an answer that lay in the socket of a stopped process is stamped late."""


class IdleTime:
    """The sum of the times between consecutive empty answers.

    Neither an outage nor a stopped process counts: there are no answers then. empty_at: a time (ms) as of
    which the log surely was read to its end, 0 while unknown: that of the answer before the last, since what
    was asked for after it was not there.
    """

    __slots__ = ("_previous", "empty_at")

    def __init__(self) -> None:
        self._previous: int | None = None
        self.empty_at = 0

    def answered(self, stamp_ms: int | None, empty: bool) -> int:
        """Milliseconds to add. stamp_ms: wall time of the last answer. empty: nothing is left to read."""
        if not empty or stamp_ms is None:
            self._previous, self.empty_at = None, 0
            return 0
        previous, self._previous = self._previous, stamp_ms
        if previous != stamp_ms:
            self.empty_at = previous or 0
        return 0 if previous is None else min(CAP_MS, max(0, stamp_ms - previous))
