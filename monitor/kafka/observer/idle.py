"""Idle time of a source partition, measured by the broker's answers (delivery, observer 2)."""

CAP_MS = 1000
"""No single wait counts for more: an answer that lay in the socket of a stopped process is stamped late."""


class IdleTime:
    """The sum of the times between consecutive empty answers.

    Neither an outage nor a stopped process counts: there are no answers then.
    """

    __slots__ = ("_previous",)

    def __init__(self) -> None:
        self._previous: int | None = None

    def answered(self, stamp_ms: int | None, empty: bool) -> int:
        """Milliseconds to add. stamp_ms: wall time of the last answer. empty: nothing is left to read."""
        if not empty or stamp_ms is None:
            self._previous = None
            return 0
        previous, self._previous = self._previous, stamp_ms
        return 0 if previous is None else min(CAP_MS, max(0, stamp_ms - previous))
