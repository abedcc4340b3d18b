"""Train Ticket under test: what failing cases do otherwise than passing ones, by their runs and cases."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.evaluation.real.capture import CANDIDATE, REFERENCE, Known, traces_of
from tests.evaluation.real.faults import Blamed, blamed
from tests.evaluation.tables import Table


def tables(directory: Path) -> Iterator[Table]:
    """Failing against passing cases, and as its twin half of the passing ones against all others."""
    rows = []
    for case in sorted(path.name.partition("-")[0] for path in directory.glob("*-pass.jsonl.gz")):
        passing = traces_of(directory / f"{case}-pass.jsonl.gz", REFERENCE)
        known = Known(passing, unit="auto")
        failing = blamed(known.report(traces_of(directory / f"{case}-fail.jsonl.gz", CANDIDATE)))
        rows.append(_row(f"{case}, failing", failing, _faulty(directory / f"{case}-labels.jsonl.gz")))
        half = traces_of(directory / f"{case}-pass.jsonl.gz", CANDIDATE)[::2]
        twin = blamed(known.report(half, without={trace.id for trace in half}))
        rows.append(_row(f"{case}, passing", twin, ""))
    columns = ("cases", "1e6", "1e3", "dimensions", "faulty service", "rank", "blamed first")
    yield Table(f"{directory.name}: cases against passing cases", columns, rows)


def _row(name: str, found: Blamed, faulty: str) -> tuple[str, ...]:
    rank = str(found.services.index(faulty) + 1) if faulty in found.services else "none" if faulty else ""
    said = ("yes" if found.paged else "", "yes" if found.warned else "", ", ".join(found.dimensions))
    return (name, *said, faulty, rank, ", ".join(found.services[:3]))


def _faulty(labels: Path) -> str:
    """The service that the labels of most failed traces name."""
    with gzip.open(labels, "rt", encoding="utf-8") as lines:
        known = (json.loads(line) for line in lines)
        named = Counter(each["faulty_service"] for each in known if each["failed"] and each["faulty_service"])
    return max(named, key=lambda name: (named[name], name), default="")
