"""What pages ask of the view about one comparison."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.drift.inside import known_inside, of_the_whole
from monitor.drift.records.comparison import ComparisonRecord
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.report import UnknownComparisonError
from monitor.drift.verdict import Verdict
from monitor.publish.choice import UnknownNameError
from monitor.publish.pages.names import flow_id
from monitor.publish.view import View


class Entry(NamedTuple):
    """A flow with all lines about it: those of its own record, and those of the whole comparison's."""

    flow: FlowVerdicts
    lines: tuple[Verdict, ...]


class Board(NamedTuple):
    """One comparison in a view that stands still: its record, and the flows that are out of scope."""

    view: View
    name: str
    record: ComparisonRecord
    excused: frozenset[str]

    @property
    def flows(self) -> list[FlowVerdicts]:
        """Its flows, in the order of their names."""
        return self.view.flows(self.name)

    def entries(self) -> Iterator[Entry]:
        """Every flow with its lines."""
        whole: dict[str, list[Verdict]] = {}
        flows = self.flows
        for line in of_the_whole(self.record, known_inside(flows)):
            whole.setdefault(line.flow, []).append(line)
        for flow in flows:
            yield Entry(flow, (*flow.verdicts, *whole.get(flow.flow, ())))

    def entry(self, wanted: str) -> Entry:
        """The flow of this id; UnknownNameError."""
        for flow in self.flows:
            if flow_id(flow.flow) == wanted:
                whole = (line for line in self.record.verdicts if line.flow == flow.flow)
                return Entry(flow, (*flow.verdicts, *whole))
        said = "no flow of this comparison has this id: it may be gone, or belong to another comparison"
        raise UnknownNameError(said, code="flow")


def board(view: View, comparison: str) -> Board:
    """What is known of a comparison.

    Raises UnknownComparisonError until the owner of partition 0 has published it.
    """
    record = view.comparisons().get(comparison)
    if record is None:
        said = (
            f"nothing is known of comparison '{comparison}' yet: it is shown once traces of both sides came"
        )
        raise UnknownComparisonError(said, code="comparison")
    return Board(view, comparison, record, frozenset(name for name, *_ in record.coverage.out_of_scope))
