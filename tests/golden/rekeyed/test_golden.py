"""Records of the rekeyed topic, byte for byte: those of this release are read by the next one."""

from pathlib import Path

from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.rekey.record import Encoder, Rekeyed, RekeyedDecoder, Word
from monitor.wire.span import Kind
from tests.factories import facts, span

GOLDEN = Path(__file__).parent / "record-1.hex"
RECORD = Rekeyed(
    Word(
        Source("default", "spans", "a1", 3),
        6,
        17,
        1,
        LogTime(1_700_000_000_000),
        1_700_000_001_000,
        True,
    ),
    [
        span(1, trace=7, kind=Kind.SERVER, run="run-1"),
        span(2, trace=7, parent=1, kind=Kind.CONSUMER, remote=True, links=(8,)),
    ],
)


def test_the_writer_gives_the_golden_bytes() -> None:
    """A change of these bytes is a change of the format: the release before must read them."""
    assert Encoder().encode(RECORD).hex() == GOLDEN.read_text(encoding="utf-8").strip()


def test_the_reader_takes_the_golden_bytes() -> None:
    """What stands in the topic when a process is upgraded is read."""
    word, spans = RekeyedDecoder().decode(bytes.fromhex(GOLDEN.read_text(encoding="utf-8")))
    assert word == RECORD.word
    assert [each[:5] for each in spans] == [each[:5] for each in RECORD.spans]
    assert [facts_of.service for facts_of in (each.facts for each in spans)] == [facts().service] * 2
