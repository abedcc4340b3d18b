"""The corpus of an encoding: every record of a file that is named after it.

`seeds/ENCODING.jsonl` holds one record per line, `seeds/ENCODING.hex` the same in hexadecimal digits: small
ones of a few spans, since most mutations of a large record only change what is like the rest. The records
of the Collector's exporter, where there are some, are used too.
"""

from pathlib import Path

from tests.fuzz.mutate import MAX_BYTES

_HERE = Path(__file__).parent
_PLACES = (_HERE / "seeds", _HERE.parent / "golden" / "collector" / "records")
_OFTEN = 20
"""A small seed comes up so many times as often as a large one."""


def corpus(encoding: str) -> list[bytes]:
    """The seeds of an encoding."""
    small, large = (_records(place, encoding) for place in _PLACES)
    return small * _OFTEN + [record for record in large if len(record) <= MAX_BYTES]


def is_text(encoding: str) -> bool:
    """Whether the records of an encoding are JSON."""
    return encoding.endswith("json")


def _records(place: Path, encoding: str) -> list[bytes]:
    records = []
    for file in sorted(place.glob(f"{encoding}.*")):
        lines = file.read_text(encoding="utf-8").splitlines()
        records += [bytes.fromhex(line) if file.suffix == ".hex" else line.encode() for line in lines]
    return records
