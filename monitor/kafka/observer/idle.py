"""Idle time of a source partition, told by the broker's own answers (delivery, observer 2)."""

CAP_MS = 1000
"""An answer that lay in the socket while we were stopped is stamped late: no single wait counts for more."""


class IdleTime:
    """The sum, over consecutive answered and empty fetches, of the time since the previous answer.

    Neither an outage nor a stopped process counts: nothing was answered then.
    """

    __slots__ = ("_previous",)

    def __init__(self) -> None:
        self._previous: int | None = None

    def answered(self, stamp_ms: int | None, empty: bool) -> int:
        """Milliseconds to add; `stamp_ms`: wall time of the last answer, `empty`: nothing is left to read."""
        if not empty or stamp_ms is None:
            self._previous = None
            return 0
        previous, self._previous = self._previous, stamp_ms
        return 0 if previous is None else min(CAP_MS, max(0, stamp_ms - previous))
