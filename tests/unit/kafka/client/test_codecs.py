"""Compressed batches: whatever they become, at most a bounded amount of memory and time goes into it."""

import sys
from importlib import import_module
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition, codec
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.legacy_records import _LegacyRecordBatchBuilderPy

from monitor.base.errors import ConfigurationError
from monitor.kafka.client import codecs, unpacking
from monitor.kafka.client.codecs import Work
from monitor.kafka.client.unpacking import damage_of
from tests.unit.kafka.client.test_unpacking import VALUES, unpacked

LIMIT = 1024 * 1024
GZIP, SNAPPY, LZ4, ZSTD = range(1, 5)
every_codec = pytest.mark.parametrize("compression", [GZIP, SNAPPY, LZ4, ZSTD])


@pytest.fixture(autouse=True)
def _limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is quickly reached; nothing refused yet."""
    monkeypatch.setattr(codecs, "LARGEST_BATCH", LIMIT)
    monkeypatch.setattr(Work, "refused", b"")


def batch(base: int, compression: int, values: list[bytes]) -> bytes:
    """Records with these values from the offset `base` on."""
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, -1, 1 << 30)
    for number, value in enumerate(values):
        builder.append(number, timestamp=1000 + number, key=None, value=value, headers=[])
    return base.to_bytes(8, "big") + bytes(builder.build())[8:]


def older_batch(magic: int, compression: int, value: bytes) -> bytes:
    """One record in one of the first two versions of batches."""
    builder = _LegacyRecordBatchBuilderPy(magic, compression, 1 << 30)
    builder.append(0, timestamp=1000, key=None, value=value)
    return bytes(builder.build())


@pytest.mark.fault(14)
@every_codec
def test_a_bomb_is_one_damaged_record_and_its_neighbours_are_whole(compression: int) -> None:
    """It stands at the last offset of its batch, says what to do, and holds the bytes of the log."""
    bomb = batch(6, compression, [b"x", bytes(4 * LIMIT)])
    records, position = unpacked(batch(0, compression, VALUES) + bomb + batch(8, compression, VALUES))
    assert [record.offset for record in records] == [*range(6), 7, *range(8, 14)] and position == 14
    assert [record.value for record in records if not damage_of(record)] == [*VALUES, *VALUES]
    damage = damage_of(records[6])
    assert damage is not None and damage.raw == bomb and "lower the batch size" in damage.reason


@pytest.mark.fault(14)
@every_codec
def test_a_bomb_costs_no_more_than_the_limit(compression: int) -> None:
    """What is written is the limit at most, once, though two readers try the batch."""
    bomb, before = batch(0, compression, [bytes(16 * LIMIT)]), Work.decompressed
    unpacked(bomb)
    assert Work.decompressed - before <= LIMIT


@pytest.mark.fault(14)
@pytest.mark.parametrize(("magic", "compression"), [(0, GZIP), (0, SNAPPY), (1, GZIP), (1, SNAPPY), (1, LZ4)])
def test_a_bomb_in_an_older_batch_is_refused(magic: int, compression: int) -> None:
    """The first two versions of batches have the same limit."""
    sound, bomb = (older_batch(magic, compression, bytes(size)) for size in (100, 2 * LIMIT))
    assert [record.value for record in unpacked(sound)[0]] == [bytes(100)]
    assert [damage_of(record) is not None for record in unpacked(bomb)[0]] == [True]


@every_codec
def test_what_just_fits_is_read(compression: int) -> None:
    """A batch of the limit's size is whole, and one byte more is refused."""
    value = bytes(LIMIT - 100)
    rest = LIMIT - len(unpacked_size(batch(0, compression, [value]), compression))
    for more, is_damaged in ((rest, False), (rest + 1, True)):
        records, _ = unpacked(batch(0, compression, [value + bytes(more)]))
        assert [damage_of(record) is not None for record in records] == [is_damaged]


def unpacked_size(data: bytes, compression: int) -> bytes:
    """The records of a batch as they are inside, by aiokafka's own codecs."""
    name = ("", "gzip", "snappy", "lz4", "zstd")[compression]
    content: bytes = getattr(codec, f"{name}_decode")(data[61:])
    return content


@pytest.mark.parametrize("framed", [True, False])
def test_both_forms_of_snappy_are_read(framed: bool) -> None:
    """Java frames its blocks, librdkafka writes one."""
    text = b"telemetry" * 9_000
    assert codecs._BOUNDED["snappy_decode"](codec.snappy_encode(text, xerial_compatible=framed)) == text


@pytest.mark.parametrize("name", ["gzip", "lz4", "zstd"])
def test_several_frames_are_read_as_one(name: str) -> None:
    """Formats that allow several frames in a row keep them all."""
    frame: bytes = getattr(codec, f"{name}_encode")(b"telemetry")
    assert codecs._BOUNDED[f"{name}_decode"](2 * frame) == 2 * b"telemetry"


@pytest.mark.fault(14)
@pytest.mark.parametrize("name", codecs._BOUNDED)
def test_a_codec_that_is_not_where_it_was_stops_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An aiokafka without the function, or with another in its place, is refused."""
    module = import_module("aiokafka.record._crecords.default_records")
    codecs.install()
    monkeypatch.setattr(module, name, lambda payload: payload)
    with pytest.raises(ConfigurationError, match=r"requirements\.lock"):
        codecs.install()
    monkeypatch.delattr(module, name)
    with pytest.raises(ConfigurationError, match=r"requirements\.lock"):
        codecs.install()


def test_a_reader_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """An aiokafka whose compiled reader has moved is refused."""
    monkeypatch.setitem(sys.modules, "aiokafka.record._crecords.default_records", None)
    with pytest.raises(ConfigurationError, match=r"requirements\.lock"):
        codecs.install()


def result_of(data: bytes) -> fetcher.FetchResult:
    """What a consumer that stands at 0 fetched of a partition."""
    unpacking.install()
    tp, state = TopicPartition("t", 0), SimpleNamespace(paused=False, position=0)
    state.consumed_to = lambda position: setattr(state, "position", position)
    assignment = SimpleNamespace(active=True, state_value=lambda _: state)
    records = fetcher.PartitionRecords(tp, fetcher.MemoryRecords(data), None, 0, None, None, True, 0)
    return fetcher.FetchResult(tp, assignment=assignment, partition_records=records, backoff=0)


def portions(data: bytes) -> list[list[int]]:
    """The offsets of fetched records, call by call."""
    result, found = result_of(data), []
    while result.has_more():
        found.append([record.offset for record in result.getall()])
    return found


@pytest.mark.parametrize("compression", [0, ZSTD])
def test_what_was_fetched_comes_in_portions(compression: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call ends behind so many bytes, decompressed or not, and the next one goes on behind it."""
    monkeypatch.setattr(unpacking, "PORTION_BYTES", 1_000)
    data = b"".join(batch(base, compression, [bytes(600), bytes(600)]) for base in (0, 2, 4))
    found = portions(data)
    assert [offset for portion in found for offset in portion] == list(range(6))
    assert max(map(len, found)) <= 2


def test_a_portion_has_so_many_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of no size end a portion, too."""
    monkeypatch.setattr(unpacking, "PORTION_RECORDS", 4)
    assert portions(batch(0, 0, [b""] * 6)) == [[0, 1, 2, 3], [4, 5]]


def test_a_portion_ends_behind_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that a refused batch took counts: no two of them are tried in one call."""
    monkeypatch.setattr(unpacking, "PORTION_BYTES", LIMIT // 2)
    bombs = [batch(base, ZSTD, [bytes(2 * LIMIT + base)]) for base in range(3)]
    assert [portion for portion in portions(b"".join(bombs)) if portion] == [[0], [1], [2]]
