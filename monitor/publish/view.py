"""What the verdicts topic says now: the latest record under every key, held by every API process."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from monitor.drift.report import Report, build_report

Record = Mapping[str, Any]
"""One value of the verdicts topic, as its JSON object."""


class View:
    """The latest word on every key (`flow/ summary/ comparison/ run/`), bounded by the caps of the auditors.

    Every record carries the partition of the flows topic that it speaks of and the offset up to which that
    was folded; who knows less of the same partition than was told before is a zombie and is not heard.
    """

    def __init__(self, records: Mapping[str, Record] | None = None) -> None:
        self._records: dict[str, Record] = dict(records or {})

    @property
    def records(self) -> Mapping[str, Record]:
        """All records by key; valid until the next `hear`."""
        return self._records

    def hear(self, key: str, value: bytes | None) -> None:
        """Take one record of the topic, a JSON object; None deletes the key.

        Raises ValueError, KeyError or TypeError where a record does not say its partition and offset, and
        keeps the one before.
        """
        if value is None:
            self._records.pop(key, None)
            return
        record: Record = orjson.loads(value)
        if not self._outdated(key, record):
            self._records[key] = record

    def frozen(self) -> "View":
        """What is known now, for whoever works beside the event loop while this view hears on."""
        return View(self._records)

    def under(self, kind: str) -> Iterator[Record]:
        """The records whose keys begin with `kind/`, by key."""
        prefix = f"{kind}/"
        return (self._records[key] for key in sorted(self._records) if key.startswith(prefix))

    def comparisons(self) -> Iterator[tuple[str, Record]]:
        """Name and record of every comparison that the owner of partition 0 has spoken of."""
        prefix = "comparison/"
        return (
            (key.removeprefix(prefix), self._records[key])
            for key in sorted(self._records)
            if key.startswith(prefix)
        )

    def report(self, comparison: str) -> Report:
        """The report of one comparison; UnknownComparisonError until something is known of it."""
        return build_report(self._records, comparison)

    def _outdated(self, key: str, value: Record) -> bool:
        partition, offset = value["partition"], int(value["offset"])
        known = self._records.get(key)
        return known is not None and known["partition"] == partition and offset < int(known["offset"])
