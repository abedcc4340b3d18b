"""Which encoding a record is in: tried, not guessed, and the same answer for the same bytes.

The configured encoding wins where it gives spans. Else the first of `wire.decode.FORMATS` that gives spans
does; then nothing does, and the record is named by what the configured encoding said of it, or as another
signal where any encoding knew it as one.
"""

from typing import NamedTuple

from monitor.base.errors import UndecodableError
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.decode import FORMATS, Decoder
from monitor.wire.span import Span

WRONG_SIGNAL = "wrong_signal"
"""The code of a record that holds logs or metrics."""


class Sniffed(NamedTuple):
    """What a record turned out to be: its encoding ('' for none) with its spans, or the code of its error."""

    encoding: str
    spans: list[Span]
    code: str = ""


class Sniffer:
    """Decodes records of any known encoding; attribution: as for `wire.decode.Decoder`."""

    def __init__(
        self, settings: AttributionSettings, configured: str, attribution: Attribution | None = None
    ) -> None:
        self._decoder = Decoder(settings, attribution=attribution)
        self._order = (configured, *(name for name in FORMATS if name != configured))

    def sniff(self, payload: bytes, environment: str | None) -> Sniffed:
        """Decode one record; `environment` is what its topic or a header says, if anything."""
        tried = []
        for encoding in self._order:
            sniffed = self._try(payload, encoding, environment)
            if sniffed.spans:
                return sniffed
            tried.append(sniffed)
        foreign = (each for each in tried if each.code == WRONG_SIGNAL)
        return next(foreign, tried[0])

    def _try(self, payload: bytes, encoding: str, environment: str | None) -> Sniffed:
        try:
            return Sniffed(encoding, self._decoder.decode(payload, encoding, environment))
        except UndecodableError as error:
            return Sniffed("", [], error.code)
