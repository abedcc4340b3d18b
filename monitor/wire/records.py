"""The records in captured bytes: lines, documents over many lines, or binary ones; each with its place.

    text             a record per line, as the Collector's file exporter writes it; a JSON document over
                     several lines is one record, and documents may follow each other in any way
    00 ...           binary records, each after its size in four bytes, big-endian: the Collector's file
                     exporter with `format: proto`
    anything else    one binary record

A document that was cut off ends where the next one begins like it, so that one bad record costs no others.
Source of the sizes: opentelemetry-collector-contrib, exporter/fileexporter (README.md, file_writer.go).
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal, NamedTuple

from monitor.wire.foreign_bytes import is_text, named

_HEAD = 1_024
_BOM = b"\xef\xbb\xbf"
_SIZE = 4
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]')
"""A string, which may hold brackets that are none, or a bracket."""
_SEVERAL = re.compile(rb"[}\]]\s*[{\[]")
_OPENING = re.compile(rb'[{\[\s]*"[^"]*"\s*:')


class Record(NamedTuple):
    """One record: its bytes, and where it begins: its number among the lines or the records, from 1."""

    payload: bytes
    unit: Literal["line", "record"]
    number: int


def records(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of a file, given as its bytes cut after every line feed; nothing of it is left out."""
    rest = iter(lines)
    head: list[bytes] = []
    while sum(map(len, head)) < _HEAD and (line := next(rest, b"")):
        head.append(line)
    start, whole = b"".join(head), chain(head, rest)
    if is_text(start) and not named(start.removeprefix(_BOM)):
        yield from _documents(whole)
    else:
        yield from _binary(b"".join(whole))


def _binary(content: bytes) -> Iterator[Record]:
    """One record, or all of them where each has its size before it; the last one may be cut off."""
    at, number = 0, 1
    while content.startswith(b"\0", at) and (size := int.from_bytes(content[at : at + _SIZE], "big")):
        yield Record(content[at + _SIZE : at + _SIZE + size], "record", number)
        at, number = at + _SIZE + size, number + 1
    if at < len(content):
        yield Record(content[at:], "record", number)


def _documents(lines: Iterable[bytes]) -> Iterator[Record]:
    document = _Document()
    for number, line in enumerate((each.removeprefix(_BOM) for each in lines), 1):
        if document.is_cut_off_by(line):
            yield document.taken()
        if document.is_open or not _is_whole(line):
            yield from document.read(line, number)
        elif line.strip():
            yield Record(line, "line", number)
    if document.is_open:
        yield document.taken()


def _is_whole(line: bytes) -> bool:
    """Whether a line that begins a record ends it, too: what is no JSON is a record that will be refused."""
    if line.lstrip()[:1] not in (b"{", b"["):
        return True
    balanced = line.count(b"{") == line.count(b"}") and line.count(b"[") == line.count(b"]")
    return balanced and not _SEVERAL.search(line)


def _beside(text: bytes, number: int) -> Iterator[Record]:
    """What stands beside documents, unless it only parts them."""
    if rest := text.strip(b" \t\r\n,"):
        yield Record(rest, "line", number)


class _Document:
    """A JSON document of which some lines were read."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._depth = 0
        self._line = 0
        self._opening: re.Match[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether more of it must come."""
        return self._depth > 0

    def is_cut_off_by(self, line: bytes) -> bool:
        """Whether this line begins another document, so that this one will never end.

        A line at the margin does that if it begins with the same name, or if inner lines are indented.
        """
        if not self.is_open or line[:1] not in (b"{", b"["):
            return False
        indented = len(self._parts) > 1 and self._parts[1][:1] in (b" ", b"\t")
        return indented or (self._opening is not None and line.startswith(self._opening[0]))

    def read(self, line: bytes, number: int) -> Iterator[Record]:
        """Take a line in; the documents that end in it."""
        begun = 0
        for token in _TOKEN.finditer(line):
            bracket = token[0]
            if bracket in (b"{", b"["):
                if self._depth == 0:
                    yield from _beside(line[begun : token.start()], number)
                    begun, self._line = token.start(), number
                    self._opening = _OPENING.match(line, begun)
                self._depth += 1
            elif bracket in (b"}", b"]") and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    self._parts.append(line[begun : token.end()])
                    begun = token.end()
                    yield self.taken()
        if self.is_open:
            self._parts.append(line[begun:])
        else:
            yield from _beside(line[begun:], number)

    def taken(self) -> Record:
        """What was read of the document, which is closed by that."""
        record = Record(b"".join(self._parts).rstrip(), "line", self._line)
        self._parts, self._depth = [], 0
        return record
