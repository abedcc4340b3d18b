"""Records of the rekeyed topic <-> bytes: spans of one source record, and a word on its source partition.

MessagePack, an array by position: [version, source (cluster, topic, incarnation, partition), partitions,
offset, part, log time, empty as of, cut, facts, spans]. A span is [trace id, span id, parent id, start,
duration, place in facts, remote, links]. Facts are MessagePack within it, by name; a reader passes over names
that it does not know, and what is left out has its default. Spans were decoded before: environment, run and
weight are decided where the record is read from its source, and nowhere again.
"""

from dataclasses import MISSING, fields
from typing import Any, NamedTuple

import msgspec
from msgspec import msgpack

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, gathered, result_of
from monitor.base.units import LogTime, UnixNanos, Weight
from monitor.flows.record import Source
from monitor.wire.span import Facts, Kind, Span

VERSION = 1
_TABLE_LIMIT = 50_000
_DEFAULTS = {
    each.name: each.default_factory() if each.default_factory is not MISSING else each.default
    for each in fields(Facts)
    if each.init
}


class Word(NamedTuple):
    """What a rekeyed record says of its source partition.

    partitions: of the source's topic. offset, part: of the source record whose spans these are, of which this
    is the part-th record for its target; a record without spans says that all below it was sent. log_time:
    of the source, with idle time (ms; 0: none yet). empty_at: a time (ms) as of which nothing was left to
    read; 0 where something was. cut: whether what belongs to these spans may lie before the first record.
    """

    source: Source
    partitions: int
    offset: int
    part: int
    log_time: LogTime
    empty_at: int = 0
    cut: bool = False


class Rekeyed(NamedTuple):
    """One record of the rekeyed topic."""

    word: Word
    spans: list[Span]


class _Plain(msgspec.Struct, array_like=True):
    version: int
    source: tuple[str, str, str, int]
    partitions: int
    offset: int
    part: int
    log_time: int
    empty_at: int
    cut: bool
    facts: list[bytes]
    spans: list[tuple[bytes, bytes, bytes, int, int, int, bool, tuple[bytes, ...]]]


class _PlainFacts(msgspec.Struct, forbid_unknown_fields=False):
    service: str
    name: str
    kind: int = 0
    error: bool = False
    scope: str = ""
    attributes: dict[str, str] = {}
    resource: dict[str, str] = {}
    environment: str = ""
    suite: str = ""
    run: str = ""
    case: str = ""
    weight: int = 0
    weighted: bool = False
    runner: bool = False
    marks: tuple[tuple[str, str], ...] = ()
    proxy: bool = False
    partial: bool = False


class Encoder:
    """Writes rekeyed records; it keeps the bytes of the facts that it met, in a bounded table."""

    def __init__(self) -> None:
        self._facts: dict[Facts, bytes] = {}

    def encode(self, rekeyed: Rekeyed) -> bytes:
        """The record's bytes."""
        return result_of(self.encoding(rekeyed))

    def encoding(self, rekeyed: Rekeyed) -> Steps[bytes]:
        """The same step by step."""
        word, places = rekeyed.word, dict[Facts, int]()
        plain = ((*span[:5], places.setdefault(span.facts, len(places)), *span[6:]) for span in rekeyed.spans)
        spans = yield from gathered(plain)
        facts = yield from gathered(self._bytes(each) for each in places)
        return msgpack.encode((VERSION, tuple(word.source), *word[1:], facts, spans))

    def _bytes(self, facts: Facts) -> bytes:
        known = self._facts.get(facts)
        if known is None:
            if len(self._facts) >= _TABLE_LIMIT:
                self._facts.clear()
            stated = ((name, getattr(facts, name), default) for name, default in _DEFAULTS.items())
            plain = {name: _plain(value) for name, value, default in stated if value != default}
            known = self._facts[facts] = msgpack.encode(plain)
        return known


class RekeyedDecoder:
    """Reads rekeyed records; equal facts become one object, in a bounded table."""

    def __init__(self) -> None:
        self._facts: dict[bytes, Facts] = {}
        self._plain = msgpack.Decoder(_Plain)
        self._plain_facts = msgpack.Decoder(_PlainFacts)

    def decode(self, payload: bytes) -> Rekeyed:
        """The record in `payload`.

        Raises:
            UndecodableError: it is no record of the rekeyed topic, or of a newer release (malformed).
        """
        try:
            plain = self._plain.decode(payload)
            if plain.version != VERSION:
                raise UndecodableError(
                    f"a rekeyed record of version {plain.version}, this release reads {VERSION}",
                    code="malformed",
                )
            return Rekeyed(_word(plain), self._spans(plain))
        except (msgspec.MsgspecError, IndexError, ValueError) as error:
            raise UndecodableError("no record of flowdrift's rekeyed topic", code="malformed") from error

    def _spans(self, plain: _Plain) -> list[Span]:
        if len(self._facts) >= _TABLE_LIMIT:
            self._facts.clear()
        facts = [self._facts.get(each) or self._learn(each) for each in plain.facts]
        return [
            Span(trace, span, parent, UnixNanos(start), duration, facts[place], remote, links)
            for trace, span, parent, start, duration, place, remote, links in plain.spans
        ]

    def _learn(self, raw: bytes) -> Facts:
        stated = msgpack.decode(raw)
        plain = self._plain_facts.decode(raw)
        values: dict[str, Any] = {name: getattr(plain, name) for name in _DEFAULTS if name in stated}
        values |= {"kind": Kind(plain.kind)} if "kind" in values else {}
        values |= {"weight": Weight(plain.weight)} if "weight" in values else {}
        known = self._facts[raw] = Facts(**values)
        return known


def _plain(value: Any) -> Any:
    """A value as MessagePack has it: any mapping is a map."""
    return dict(value) if hasattr(value, "items") else value


def _word(plain: _Plain) -> Word:
    log_time = LogTime(plain.log_time)
    return Word(
        Source(*plain.source), plain.partitions, plain.offset, plain.part, log_time, plain.empty_at, plain.cut
    )
