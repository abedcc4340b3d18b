"""What pages ask of the view about one comparison."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.drift.records.comparison import ComparisonRecord
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.report import known_comparison, lines_beside, lines_of
from monitor.drift.verdict import Verdict
from monitor.publish.choice import UnknownNameError
from monitor.publish.pages.names import flow_id
from monitor.publish.view import View


class Entry(NamedTuple):
    """A flow with all lines about it."""

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

    @property
    def lines(self) -> list[Verdict]:
        """Its lines: those of the report."""
        return lines_of(self.record, self.flows)

    def entries(self) -> Iterator[Entry]:
        """Every flow with its lines; a line about a service is in none of them."""
        flows = self.flows
        beside: dict[str, list[Verdict]] = {}
        for line in lines_beside(self.record, flows):
            beside.setdefault(line.flow, []).append(line)
        for flow in flows:
            yield Entry(flow, (*flow.verdicts, *beside.get(flow.flow, ())))

    def entry(self, wanted: str) -> Entry:
        """The flow of this id; UnknownNameError."""
        for entry in self.entries():
            if flow_id(entry.flow.flow) == wanted:
                return entry
        said = "no flow of this comparison has this id: it may be gone, or belong to another comparison"
        raise UnknownNameError(said, code="flow")


def board(view: View, comparison: str) -> Board:
    """What is known of a comparison; raises as `known_comparison`."""
    record = known_comparison(view, comparison)
    return Board(view, comparison, record, frozenset(name for name, *_ in record.coverage.out_of_scope))
