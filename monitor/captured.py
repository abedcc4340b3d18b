"""Files of captured telemetry: their spans, and an account of what was read and what could not be.

A file may be gzipped, or a text of two bytes a character. Nothing of it is passed over in silence: what gives
no span is counted by reason, with the places where that began.
"""

import codecs
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import cast

from monitor.base.errors import ConfigurationError, UndecodableError
from monitor.wire.decode import Decoder
from monitor.wire.recognise import encoding_of
from monitor.wire.records import Record, records
from monitor.wire.span import Span

MOST_SPANS = 10_000_000
"""Spans that a document may hold: a file is somebody's own, and may be one large document."""
REASONS, PLACES = 10, 3
"""Reasons that are told of a file, and places of each; all are counted."""
_GZIP = b"\x1f\x8b"
_WIDE = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"{\0": "utf-16-le",
    b"[\0": "utf-16-le",
    b"\0{": "utf-16-be",
    b"\0[": "utf-16-be",
}
"""How a text of two bytes a character begins, as PowerShell writes it, and what Python calls it."""
Progress = Callable[[str, int, int], None]
"""Receives what is going on, how much of it is done, and of how much."""


class Reading:
    """What was read of one file.

    rejected: by reason the numbers of the records that gave no span. left_out: spans without valid ids among
    others that have them.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.spans: list[Span] = []
        self.rejected: dict[str, list[int]] = {}
        self.left_out = 0
        self._records: Counter[str] = Counter()
        self._unit = "line"

    def take(self, record: Record, spans: Iterable[Span]) -> None:
        """Count a record with its spans."""
        self._unit = record.unit
        long = record.unit == "line" and b"\n" in record.payload.strip()
        self._records["document" if long else record.unit] += 1
        self.spans += spans

    def reject(self, record: Record, reason: str) -> None:
        """Count a record that gave no span."""
        self.take(record, ())
        self.rejected.setdefault(reason, []).append(record.number)

    @property
    def number_rejected(self) -> int:
        """Records that gave no span."""
        return sum(map(len, self.rejected.values()))

    def account(self) -> Iterator[str]:
        """Lines for people: how much was read, how much was rejected and why, and where that began."""
        records = " and ".join(_counted(number, unit) for unit, number in self._records.items())
        spans = _counted(len(self.spans), "span")
        yield f"{self.file}: {records or 'nothing'} read, {self.number_rejected:,} rejected, {spans}"
        worst = sorted(self.rejected.items(), key=lambda reason: -len(reason[1]))
        for reason, numbers in worst[:REASONS]:
            yield f"  {len(numbers):,} rejected ({self._places(numbers)}): {reason}"
        if others := worst[REASONS:]:
            rejected = sum(len(numbers) for _, numbers in others)
            yield f"  {rejected:,} rejected for {_counted(len(others), 'other reason')}"
        if self.left_out:
            ids = "no valid trace id (16 bytes) and span id (8 bytes)"
            yield f"  {_counted(self.left_out, 'span')} left out: {ids}"

    def _places(self, numbers: list[int]) -> str:
        first = ", ".join(map(str, numbers[:PLACES]))
        plural = "s" if len(numbers) > 1 else ""
        return f"{self._unit}{plural} {first}{', ...' if len(numbers) > PLACES else ''}"


def read(file: Path, decoder: Decoder, environment: str, progress: Progress) -> Reading:
    """All spans of a file, as spans of `environment`.

    Raises ConfigurationError for a gzip file that is cut off or damaged.
    """
    reading, total = Reading(file), file.stat().st_size
    invalid = decoder.tally.invalid_ids
    for record, done in captured(file):
        try:
            spans = decoder.decode(record.payload, encoding_of(record.payload), environment)
        except UndecodableError as error:
            reading.reject(record, str(error))
        else:
            reading.take(record, spans)
        progress(str(file), done, total)
    reading.left_out = decoder.tally.invalid_ids - invalid
    return reading


def captured(file: Path) -> Iterator[tuple[Record, int]]:
    """The records of a file, each with how many bytes of the file were read by then."""
    with file.open("rb") as raw:
        zipped = raw.peek(2)[:2] == _GZIP
        # GzipFile has all that is asked of it here, but is another type.
        stream = cast(BufferedReader, gzip.GzipFile(fileobj=raw)) if zipped else raw
        try:
            for record in records(_in_utf8(stream)):
                yield record, raw.tell()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ConfigurationError(f"{file}: is no whole gzip file ({error})") from None


def _in_utf8(stream: BufferedReader) -> Iterable[bytes]:
    """The lines of a stream, in UTF-8 if it is a text of two bytes a character."""
    wide = _WIDE.get(stream.peek(2)[:2])
    if wide is None:
        return stream
    return _narrowed(stream, wide)


def _narrowed(stream: BufferedReader, encoding: str) -> Iterator[bytes]:
    text = TextIOWrapper(stream, encoding, errors="replace", newline="\n")
    yield from (line.encode("utf-8", "replace") for line in text)
    text.detach()  # else the stream is closed with it


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
