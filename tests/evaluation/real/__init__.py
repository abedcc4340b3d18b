"""Captured systems with faults that somebody injected: are they found, and is the right service blamed?"""

from collections.abc import Iterator
from pathlib import Path

from tests.evaluation.real import cases, faults
from tests.evaluation.tables import Table


def tables(directory: Path) -> Iterator[Table]:
    """The tables of every set below a directory; where there is none, one line that says so."""
    sets = {"ob-0822": faults.tables, "mepfl-rw": cases.tables}
    for name, make in sets.items():
        if (directory / name).is_dir():
            yield from make(directory / name)
        else:
            where = directory / name
            print(f"!!! SKIPPED: there is no captured telemetry at {where}: its faults are not measured")
