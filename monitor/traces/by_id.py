"""The spans of one fragment by their ids: made when somebody asks, which few fragments need."""

from monitor.wire.span import Span


class SpansById:
    """`find` costs O(1) amortised, since the spans of a fragment only ever become more."""

    __slots__ = ("_known", "_seen")

    def __init__(self) -> None:
        self._known: dict[bytes, list[Span]] = {}
        self._seen = 0

    def find(self, span_id: bytes, spans: list[Span]) -> list[Span]:
        """Those of `spans` with this id, in order of arrival: two where they share it, else one."""
        for span in spans[self._seen :]:
            self._known.setdefault(span.span_id, []).append(span)
        self._seen = len(spans)
        return self._known[span_id]
