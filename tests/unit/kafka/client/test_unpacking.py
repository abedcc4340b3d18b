"""Batches as a broker sends them: whatever they hold, reading goes on behind them."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import ConfigurationError
from monitor.kafka.client.unpacking import damage_of, install
from tests.examples import examples

GZIP, VALUES = 1, [b"v%d" % number for number in range(6)]


class Raw(str):
    """The key of a header that some other client wrote, in hexadecimal."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return bytes.fromhex(self)


def batch(base: int, compression: int = 0, **keys: bytes) -> bytes:
    """Six records from the offset `base` on; v2=b'...': the key of a header of the third one."""
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, -1, 1 << 20)
    for number, value in enumerate(VALUES):
        raw = keys.get(value.decode())
        headers = [] if raw is None else [(Raw(raw.hex()), None)]
        builder.append(number, timestamp=1000 + number, key=None, value=value, headers=headers)
    return base.to_bytes(8, "big") + bytes(builder.build())[8:]


def unpacked(data: bytes, position: int = 0) -> tuple[list[Any], int]:
    """What a consumer that stands at `position` gets of fetched bytes, and where it reads on."""
    install()
    reading = fetcher.PartitionRecords(
        TopicPartition("t", 0), fetcher.MemoryRecords(data), None, position, None, None, True, 0
    )
    return list(reading), reading.next_fetch_offset


@pytest.mark.fault(28)
@pytest.mark.parametrize("compression", [0, GZIP])
def test_a_header_key_of_any_bytes_leaves_all_records_as_they_are(compression: int) -> None:
    """The key has lone surrogates in place of its bytes, and the records around it are whole."""
    records, position = unpacked(batch(0, compression, v2=b"\xe9\xff"), position=1)
    assert [(record.offset, record.value) for record in records] == list(enumerate(VALUES))[1:]
    assert records[1].headers == (("\udce9\udcff", None),) and damage_of(records[1]) is None
    assert position == len(VALUES)


@pytest.mark.fault(15)
def test_a_batch_with_a_wrong_checksum_is_one_damaged_record() -> None:
    """It stands at the last offset, holds the bytes of the log, and the batch behind it is whole."""
    damaged = batch(0)[:-1] + b"?"
    records, position = unpacked(damaged + batch(6))
    assert [record.offset for record in records] == [5, *range(6, 12)] and position == 12
    damage = damage_of(records[0])
    assert damage is not None and damage == ("its checksum is wrong", damaged)


def test_a_batch_of_an_unknown_version_of_the_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where aiokafka unpacks in another way, nothing starts."""
    monkeypatch.setattr(fetcher, "MemoryRecords", object)
    with pytest.raises(ConfigurationError, match=r"requirements\.lock"):
        install()


@st.composite
def fetched(draw: st.DrawFn) -> bytes:
    """Three batches, some of their bytes behind the length of each changed."""
    batches = []
    for base in (0, 6, 12):
        data = bytearray(batch(base, draw(st.sampled_from([0, GZIP])), v2=draw(st.binary(max_size=8))))
        for place in draw(st.lists(st.integers(12, len(data) - 1), max_size=4)):
            data[place] = draw(st.integers(0, 255))
        batches.append(bytes(data))
    return b"".join(batches)


@pytest.mark.fault(15)
@examples(100)
@given(fetched(), st.integers(0, 5))
def test_any_bytes_are_unpacked_and_passed(data: bytes, position: int) -> None:
    """Records come in the order of their offsets, from the position on, and reading goes on behind them."""
    records, after = unpacked(data, position)
    offsets = [record.offset for record in records]
    assert offsets == sorted(set(offsets)) and all(position <= offset < after for offset in offsets)
