"""What the verdicts topic says now: the latest record under every key, held by every API process."""

from monitor.drift.records.latest import Latest, read
from monitor.drift.report import Report, build_report


class View(Latest):
    """The latest word on every key (`flow/ summary/ comparison/ run/`), bounded by the caps of the auditors.

    Every record carries the partition of the flows topic that it speaks of and the offset up to which that
    was folded; who knows less of the same partition than came before is a zombie and is ignored.
    """

    def receive(self, key: str, value: bytes | None) -> None:
        """Take one record of the topic; None deletes the key.

        Raises UndecodableError where it is no such record, and keeps the one before.
        """
        if value is None:
            self.drop(key)
            return
        record, known = read(key, value), self.known(key)
        if known is None or known.partition != record.partition or known.offset <= record.offset:
            self.put(key, record)

    def report(self, comparison: str) -> Report:
        """The report of one comparison; UnknownComparisonError until something is known of it."""
        return build_report(self, comparison)
