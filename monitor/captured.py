"""Files of captured telemetry: their spans, and an account of what was read and what could not be.

A file may be gzipped, or a text of two bytes a character. Nothing of it is passed over in silence: what gives
no span is counted by reason, with the places where that began.
"""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from monitor.base.errors import ConfigurationError, UndecodableError
from monitor.dimensions.words import counted
from monitor.wire.decode import Decoder
from monitor.wire.recognise import encoding_of
from monitor.wire.records import Record, records
from monitor.wire.span import Span
from monitor.wire.tally import DecodedCounts

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_SPANS = 10_000_000
"""Spans that a document may hold: a file is somebody's own, and may be one large document."""
PLAUSIBLE_BYTES, PLAUSIBLE_RATIO = 16 << 20, 500
"""A gzip file may unpack to this many bytes, or to this many times its size; captures have 10 to 50 times."""
REASONS, PLACES = 10, 3
"""Reasons that are shown of a file, and places of each; all are counted."""
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 17
_WIDE = (
    ("utf-16", re.compile(rb"\xff\xfe|\xfe\xff")),
    ("utf-16-le", re.compile(rb"[{\[]\0[^\0]\0")),
    ("utf-16-be", re.compile(rb"\0[{\[]\0[^\0]")),
)
"""What Python calls a text of two bytes a character, as PowerShell writes it, and how it begins."""
_ODD = {
    "invalid_ids": "left out: no valid trace id (16 bytes) and span id (8 bytes)",
    "implausible_times": "began before 2000 or after 2099, or took over 30 days: is it the unit?",
    "nameless": "without the name of a service",
    "kindless": "without a kind",
    "partial": "of traces that came in part (Tempo says PARTIAL): they say nothing of what is absent",
}
"""The counts of the decoder that are shown, with what they say of spans."""
Progress = Callable[[str, int, int], None]
"""Receives what is going on, how much of it is done, and of how much."""


class Reading:
    """What was read of one file.

    rejected: by reason the numbers of the records that gave no span. odd: how many spans were odd, by the
    name of the count in `wire.tally`.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.spans: list[Span] = []
        self.rejected: dict[str, list[int]] = {}
        self.odd: Counter[str] = Counter()
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
        records = " and ".join(counted(number, unit) for unit, number in self._records.items())
        spans = counted(len(self.spans), "span")
        yield f"{self.file}: {records or 'nothing'} read, {self.number_rejected:,} rejected, {spans}"
        worst = sorted(self.rejected.items(), key=lambda reason: -len(reason[1]))
        for reason, numbers in worst[:REASONS]:
            yield f"  {len(numbers):,} rejected ({self._places(numbers)}): {reason}"
        if others := worst[REASONS:]:
            rejected = sum(len(numbers) for _, numbers in others)
            yield f"  {rejected:,} rejected for {counted(len(others), 'other reason')}"
        yield from (
            f"  {counted(self.odd[name], 'span')} {says}" for name, says in _ODD.items() if self.odd[name]
        )

    def _places(self, numbers: list[int]) -> str:
        first = ", ".join(map(str, numbers[:PLACES]))
        plural = "s" if len(numbers) > 1 else ""
        return f"{self._unit}{plural} {first}{', ...' if len(numbers) > PLACES else ''}"


def read(file: Path, decoder: Decoder, environment: str, progress: Progress) -> Reading:
    """All spans of a file, as spans of `environment`.

    Raises ConfigurationError for a gzip file that is cut off or damaged, or unpacks beyond measure.
    """
    reading, total = Reading(file), file.stat().st_size
    before = _odd(decoder.tally)
    for record, done in captured(file):
        try:
            spans = decoder.decode(record.payload, encoding_of(record.payload), environment)
        except UndecodableError as error:
            reading.reject(record, str(error))
        else:
            reading.take(record, spans)
        progress(str(file), done, total)
    reading.odd = _odd(decoder.tally) - before
    return reading


def _odd(tally: DecodedCounts) -> Counter[str]:
    return Counter({name: getattr(tally, name) for name in _ODD})


def captured(file: Path) -> Iterator[tuple[Record, int]]:
    """The records of a file, each with how many bytes of the file were read by then."""
    with file.open("rb") as raw:
        stream = BufferedReader(_Unpacked(raw), _CHUNK) if raw.peek(2).startswith(_GZIP) else raw
        try:
            for record in records(_in_utf8(stream)):
                yield record, raw.tell()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ConfigurationError(f"{file}: is no whole gzip file ({error})") from None


class _Unpacked(RawIOBase):
    """What a gzip file unpacks to; ConfigurationError once that is beyond measure."""

    def __init__(self, packed: BufferedReader) -> None:
        self._packed, self._stream = packed, gzip.GzipFile(fileobj=packed)
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        read = self._stream.readinto(cast(bytearray, buffer))
        self._size += read
        if self._size > max(PLAUSIBLE_BYTES, PLAUSIBLE_RATIO * self._packed.tell()):
            said = f"unpacks to over {PLAUSIBLE_RATIO} times its size, which no capture does"
            raise ConfigurationError(f"{self._packed.name}: {said}")
        return read


def _in_utf8(stream: "BufferedReader[Any]") -> Iterable[bytes]:
    """The lines of a stream, in UTF-8 if it is a text of two bytes a character."""
    start = stream.peek(4)
    wide = next((encoding for encoding, begins in _WIDE if begins.match(start)), None)
    return stream if wide is None else _narrowed(stream, wide)


def _narrowed(stream: "BufferedReader[Any]", encoding: str) -> Iterator[bytes]:
    text = TextIOWrapper(stream, encoding, errors="replace", newline="\n")
    yield from (line.encode("utf-8", "replace") for line in text)
    text.detach()  # else the stream is closed with it
