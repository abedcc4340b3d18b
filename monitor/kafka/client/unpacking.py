"""Unpacks what a broker sends, so that no record stops the reading of a partition.

aiokafka gives up a whole batch at the first record that it cannot unpack, such as one with a header key that
is not UTF-8. It drops the records before that one, names neither partition nor offset, and fails again for
ever. Here a batch that its compiled reader refuses is read again by its reader in Python, with a more lenient
text; what that cannot read either comes as one record that says so (`Damage`), in place of all offsets that
it covers.

aiokafka also hands over all that it has fetched of a partition at once, while nothing else runs. Here it
comes in portions.

`install` changes three names that aiokafka's fetcher looks up, for every consumer of the process: Faust makes
consumers of its own.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy

from monitor.base.errors import ConfigurationError
from monitor.kafka.client import codecs

PORTION_BYTES, PORTION_RECORDS = 4 * 1024 * 1024, 5_000
"""About this many come of a partition at once: the event loop waits some 10 ms while they are unpacked."""

_V2, _MAGIC_AT = 2, 16
"""Batches of this version have headers; the byte of a batch that says its version."""


class Damage(NamedTuple):
    """Stands in place of the headers of a record that cannot be read.

    reason: without any value of the record. raw: the batch as it stands in the log, compressed as it was.
    """

    reason: str
    raw: bytes


def damage_of(record: Any) -> Damage | None:
    """Why a record of aiokafka cannot be read; None where it is as the log has it."""
    first = record.headers[0] if record.headers else None
    return first if isinstance(first, Damage) else None


def install() -> None:
    """Let all of aiokafka's consumers unpack leniently, within limits.

    Raises:
        ConfigurationError: this aiokafka is another one than we know.
    """
    if fetcher.MemoryRecords is _Fetched:
        return
    known = (fetcher.MemoryRecords is MemoryRecords, hasattr(_MemoryRecordsPy, "_cache_next"))
    if not all((*known, hasattr(FetchResult, "_update_position"))):
        raise ConfigurationError(
            "this release of aiokafka unpacks records in another way: install the one in requirements.lock",
            code="aiokafka",
        )
    codecs.install()
    fetcher.MemoryRecords, fetcher.PartitionRecords, fetcher.FetchResult = _Fetched, _Records, _Result


class _Record(NamedTuple):
    """What aiokafka's fetcher reads of a record."""

    offset: int
    timestamp: int
    timestamp_type: int
    headers: list[Any]
    key: bytes | None = None
    value: bytes | None = None
    checksum: int | None = None


class _Fetched(MemoryRecords):  # type: ignore[misc]  # aiokafka chooses its class at import
    """The batches of one fetched partition; data: their bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _Records(PartitionRecords):  # type: ignore[misc]  # aiokafka has no type information
    """The records of one fetched partition: as aiokafka reads them, and leniently from where that fails."""

    _records: Any

    def _unpack_records(self) -> Iterator[Any]:
        data = self._records.data
        try:
            yield from super()._unpack_records()
        except Exception:  # noqa: BLE001 - whatever is wrong with its bytes
            self._records = _Batches(data, self.next_fetch_offset)
            yield from super()._unpack_records()


class _Result(FetchResult):  # type: ignore[misc]  # aiokafka has no type information
    """What was fetched of one partition, handed over in portions."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records; those that are left are handed over at the next call."""
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        portion: list[Any] = []
        most = PORTION_RECORDS if max_records is None else min(max_records, PORTION_RECORDS)
        end = codecs.Work.decompressed + PORTION_BYTES
        for record in self._partition_records:
            portion.append(record)
            end -= len(record.value or b"")
            if len(portion) >= most or codecs.Work.decompressed >= end:
                break
        else:
            self._update_position()
            self._partition_records = None
            return portion
        self._update_position()
        return portion


class _Batches(_MemoryRecordsPy):  # type: ignore[misc]  # aiokafka marks its class as final
    """The batches of one fetched partition, from the one with the offset `position` on."""

    _next_slice: memoryview | None
    _pos: int

    def __init__(self, data: bytes, position: int) -> None:
        super().__init__(data)
        self._position = position
        while (here := self._next_slice) is not None:
            place = self._pos
            self._cache_next()
            following = self._next_slice
            if following is None or _base_offset(following) > position:
                self._next_slice, self._pos = here, place
                return

    def next_batch(self, *_: Any) -> Any:
        raw = self._next_slice
        if raw is None:
            return None
        try:
            batch, refused = super().next_batch(), ""
        except Exception as error:  # noqa: BLE001 - whatever is wrong with its bytes
            batch, refused = _Headless(raw), _reason(error)
            if self._next_slice is raw:
                self._cache_next()
        least = max(self._position, _base_offset(raw)) + 1
        most = int(batch.next_offset) if self._next_slice is None else _base_offset(self._next_slice)
        return _Batch(batch, raw, max(least, min(int(batch.next_offset), most)), refused)


class _Headless:
    """What is known of a batch of which not even the beginning can be read: its first offset."""

    is_control_batch = is_transactional = False
    producer_id = None
    max_timestamp = timestamp_type = 0

    def __init__(self, raw: memoryview) -> None:
        self.base_offset = _base_offset(raw)
        self.next_offset = self.base_offset + 1

    def validate_crc(self) -> bool:
        return True


class _Batch:
    """One batch as aiokafka's `PartitionRecords` reads it; its iteration never fails.

    next_offset: where reading goes on: behind the batch and not behind the next one, whatever it says.
    """

    def __init__(self, batch: Any, raw: memoryview, next_offset: int, refused: str) -> None:
        self._batch, self._raw, self._refused = batch, raw, refused
        self.next_offset = next_offset

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def validate_crc(self) -> bool:
        """Checked on iteration, where a damaged batch has an answer."""
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter(self._records())

    def __next__(self) -> Any:
        return next(self._batch)

    def _records(self) -> Iterable[Any]:
        if self._refused:
            return [self._damaged(self._refused)]
        if not self._batch.validate_crc():
            return [self._damaged("its checksum is wrong")]
        try:
            return list(self._batch)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with its bytes
            return self._one_by_one(_reason(error))

    def _one_by_one(self, reason: str) -> list[Any]:
        """The records up to the first that has no structure, and one in place of the rest."""
        found: list[Any] = []
        if self._raw[_MAGIC_AT] < _V2:
            return [self._damaged(reason)]
        try:
            found.extend(_LenientBatch(self._raw))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with its bytes
            found.append(self._damaged(_reason(error)))
        return found

    def _damaged(self, reason: str) -> _Record:
        """In place of records up to the last of the batch."""
        damage = Damage(reason, bytes(self._raw))
        latest, kind = (getattr(self._batch, name, 0) or 0 for name in ("max_timestamp", "timestamp_type"))
        return _Record(self.next_offset - 1, latest, kind, [damage])


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka marks its class as final
    """A batch whose header keys may be any bytes."""

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = _AnyText(self._buffer)


class _AnyText(bytearray):
    """Bytes of which each text can be read: what is no UTF-8 becomes lone surrogates, as PEP 383 has it."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _AnyText(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", _: str = "strict") -> str:
        return super().decode(encoding, "surrogateescape")


def _base_offset(raw: memoryview) -> int:
    """The first offset of a batch; of the first two versions, which say no other, the last one."""
    return int.from_bytes(raw[:8], "big", signed=True)


def _reason(error: Exception) -> str:
    """Without the error's text, which may hold what the record held, unless it is our own."""
    if isinstance(error, codecs.TooLargeBatchError):
        return str(error)
    return f"Kafka's client cannot read it ({type(error).__name__})"
