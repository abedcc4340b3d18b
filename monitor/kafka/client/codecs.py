"""Decompresses the batches of a broker up to a limit, so that a few bytes cannot become gigabytes.

aiokafka decompresses whatever a batch holds: 8 KB of zstd became 256 MiB. Here each codec writes into a
buffer of `LARGEST_BATCH` bytes, of which the operating system provides what is written to, and fails where
that is full.

`install` replaces the functions of aiokafka by name, wherever its readers of batches have imported them.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from mmap import mmap
from types import ModuleType
from typing import Any

import cramjam
from aiokafka import codec as originals
from aiokafka.util import NO_EXTENSIONS

from monitor.base.errors import ConfigurationError

LARGEST_BATCH = 32 * 1024 * 1024
"""Bytes of a batch that is decompressed.

A broker takes batches of 1 MiB by default, and telemetry becomes 5 to 20 times smaller: 32 MiB leave room. It
takes some 40 ms to fill them, in which the event loop waits.
"""

Decode = Callable[[Any], bytes]
"""A compressed payload as any buffer -> its content."""

_FULL = "failed to write whole buffer"
_XERIAL, _SIZE_BYTES = b"\x82SNAPPY\0\0\0\0\1\0\0\0\1", 4
"""How xerial's framing begins (name, version, oldest compatible one), and the size before each block."""

_READERS = ("record.default_records", "record.legacy_records")
_COMPILED = tuple(name.replace("record.", "record._crecords.") for name in _READERS)
_NEVER_IN = {"zstd_decode": "legacy_records"}
"""Codec -> end of the name of readers that do not use it: the first two versions of batches have no zstd."""


class TooLargeBatchError(Exception):
    """A batch becomes larger than `LARGEST_BATCH`."""

    def __init__(self) -> None:
        super().__init__(
            f"its records are larger than {LARGEST_BATCH // 1024 // 1024} MiB when they are decompressed: "
            "lower the batch size of its producer"
        )


class Work:
    """Bytes that were decompressed in this process, those of refused batches included."""

    decompressed = 0
    refused = b""
    """The batch that was refused last: where the compiled reader gives up, the one in Python asks again."""


def install() -> None:
    """Let all of aiokafka's consumers decompress within the limit.

    Raises:
        ConfigurationError: this aiokafka is another one than we know.
    """
    readers = [*_READERS, *(() if NO_EXTENSIONS else _COMPILED)]
    try:
        modules = {name: import_module(f"aiokafka.{name}") for name in readers}
        for name, module in modules.items():
            for codec, bounded in _BOUNDED.items():
                if not name.endswith(_NEVER_IN.get(codec, "-")):
                    _replace(module, codec, bounded)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            "this release of aiokafka decompresses in another way, and nothing would limit it: "
            f"install the one in requirements.lock ({error})",
            code="aiokafka",
        ) from error


def _replace(module: ModuleType, codec: str, bounded: Decode) -> None:
    if getattr(module, codec) not in (getattr(originals, codec), bounded):
        raise AttributeError(f"{module.__name__}.{codec} is another function")
    setattr(module, codec, bounded)


def _within(decompress_into: Callable[[Any, mmap], int]) -> Decode:
    """A codec that fails where it would write more than `LARGEST_BATCH`."""

    def decode(payload: Any) -> bytes:
        if Work.refused and payload == Work.refused:
            raise TooLargeBatchError
        with mmap(-1, LARGEST_BATCH) as room:
            try:
                size = decompress_into(payload, room)
            except cramjam.DecompressionError as error:
                if str(error) == _FULL:
                    raise _refused(payload, LARGEST_BATCH) from error
                raise
            Work.decompressed += size
            return room[:size]

    return decode


def _snappy(payload: Any) -> bytes:
    """Snappy says ahead how large its blocks become, and never writes more."""
    size = sum(map(cramjam.snappy.decompress_raw_len, _blocks(memoryview(payload))))
    if size > LARGEST_BATCH:
        raise _refused(payload, 0)
    Work.decompressed += size
    return bytes(originals.snappy_decode(payload))


def _blocks(payload: memoryview) -> list[memoryview]:
    """The blocks of xerial's framing (Java, aiokafka); without that, as of librdkafka, all is one block."""
    if payload[: len(_XERIAL)] != _XERIAL:
        return [payload]
    blocks, place = [], len(_XERIAL)
    while place < len(payload):
        begin = place + _SIZE_BYTES
        place = begin + int.from_bytes(payload[place:begin], "big")
        blocks.append(payload[begin:place])
    return blocks


def _refused(payload: Any, written: int) -> TooLargeBatchError:
    Work.decompressed += written
    Work.refused = bytes(payload)
    return TooLargeBatchError()


_BOUNDED: Mapping[str, Decode] = {
    "gzip_decode": _within(cramjam.gzip.decompress_into),
    "snappy_decode": _snappy,
    "lz4_decode": _within(cramjam.lz4.decompress_into),
    "zstd_decode": _within(cramjam.zstd.decompress_into),
}
"""Name of a codec in aiokafka -> what takes its place."""
