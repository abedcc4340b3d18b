"""The latest record under every key of the verdicts topic: what reports, hints and answers are made from."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self, TypeVar

from monitor.base.errors import UndecodableError
from monitor.base.run import RunKey
from monitor.drift.records.comparison import ComparisonRecord, comparison_key
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.placed import Placed, read_as
from monitor.drift.records.run import RunRecord, run_record_key
from monitor.drift.records.summary import Summary, summary_key

KINDS: Mapping[str, type[Placed]] = {
    "flow": FlowVerdicts,
    "comparison": ComparisonRecord,
    "run": RunRecord,
    "summary": Summary,
}
"""What stands under the keys that begin with a name and a slash."""
_Kind = TypeVar("_Kind", bound=Placed)


def read(key: str, value: bytes) -> Placed:
    """The record under a key; UndecodableError where it is none, or of a kind that is not known.

    A record that lacks what its key says would be shown as one without content: it is none.
    """
    kind = KINDS.get(key.partition("/")[0])
    if kind is None:
        raise UndecodableError("a record of no known kind", code="record")
    record = read_as(kind, value)
    if not _says(record, key):
        raise UndecodableError(f"{kind.__name__} without what its key says", code="record")
    return record


def _says(record: Placed, key: str) -> bool:
    """Whether a record speaks of what it stands under."""
    match record:
        case FlowVerdicts():
            return bool(record.flow) and key.startswith(f"flow/{record.comparison}/")
        case ComparisonRecord():
            return bool(record.comparison.reference and record.comparison.candidate)
        case RunRecord():
            return key == run_record_key(record.key)
        case Summary():
            return key == summary_key(record.partition)
    return False


class Latest:
    """Records by key; what is asked for comes in the order of the keys."""

    def __init__(self, kinds: Mapping[type[Placed], Mapping[str, Placed]] = MappingProxyType({})) -> None:
        self._kinds = {kind: dict(kinds.get(kind, {})) for kind in KINDS.values()}

    def put(self, key: str, record: Placed) -> None:
        """Take a record in the place of the one before."""
        self._kinds[type(record)][key] = record

    def known(self, key: str) -> Placed | None:
        """The record under a key."""
        return next((records[key] for records in self._kinds.values() if key in records), None)

    def drop(self, key: str) -> None:
        """Forget what stands under a key, if anything does."""
        for records in self._kinds.values():
            records.pop(key, None)

    def frozen(self) -> Self:
        """What stands there now, for whoever works beside those that change it."""
        return type(self)(self._kinds)

    def every(self, kind: type[_Kind]) -> list[_Kind]:
        """All records of a kind."""
        return list(self._by_key(kind).values())

    def _by_key(self, kind: type[_Kind]) -> dict[str, _Kind]:
        return {key: record for key, record in sorted(self._kinds[kind].items()) if isinstance(record, kind)}

    def flows(self, comparison: str) -> list[FlowVerdicts]:
        """The flows of a comparison."""
        return [flow for flow in self.every(FlowVerdicts) if flow.comparison == comparison]

    def comparisons(self) -> dict[str, ComparisonRecord]:
        """By name, every comparison that the owner of partition 0 has published."""
        prefix = comparison_key("")
        return {key.removeprefix(prefix): record for key, record in self._by_key(ComparisonRecord).items()}

    def run(self, run: RunKey) -> RunRecord | None:
        """That run; None until it is settled everywhere."""
        record = self._kinds[RunRecord].get(run_record_key(run))
        return record if isinstance(record, RunRecord) else None
