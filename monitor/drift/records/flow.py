"""`flow/COMPARISON/SERVICE<tab>OPERATION`: what one partition has to say of a flow in a comparison."""

import msgspec

from monitor.drift.records.failure import FailureKind
from monitor.drift.records.placed import Placed
from monitor.drift.records.tree import PathTree
from monitor.drift.signal import Slow
from monitor.drift.verdict import Verdict


class Entered(msgspec.Struct, frozen=True):
    """Where a flow's traces enter, which need not be what names it: `by`, SERVICE OPERATION of that service.

    reference, candidate: complete traces of the newest two days of each side. alone: each trace is a unit.
    """

    by: str
    service: str
    reference: int
    candidate: int
    alone: bool = False


class Crossed(msgspec.Struct, frozen=True, array_like=True):
    """An edge of a flow: from a service ('' from outside) to an operation of another ('': nobody answers).

    weight, failing: of the reference's traffic that crosses it (1/1024), and of that in paths that fail.
    tested, tested_failing: whether the candidate crosses it, and in a path that fails.
    """

    caller: str
    service: str
    operation: str
    weight: int
    failing: int
    tested: bool
    tested_failing: bool


class FlowVerdicts(Placed, frozen=True, kw_only=True):
    """The verdicts on a flow, and what hints are made of.

    reference_weight, candidate_weight: sums of sampling weights (1/1024). candidate_units: of evidence.
    fans_out: in which role the flow looks like a gateway. inner, candidate_inner: `SERVICE OPERATION` of the
    servers that the reference, and the candidate, has below its entry. outcomes_unknown: both sides have the
    flow, and nothing says how the reference was sampled. unrouted: the service whose flows with free parts in
    their names are this flow. services: those that the candidate shows here; silent: those of most traces of
    the reference that it does not. passed_on: `SERVICE OPERATION` of what only passes its requests on. slow:
    whose times are off, and whose are not. entered: None where too many variants hide it. failures: kinds of
    them that the reference has. failures_left_out: traces that failed and are of no kind. sends: `SERVICE
    OPERATION` of what most traces of the reference send, and the candidate's do, too. paths: for people.
    crossed: where its traces go, the busiest edges.
    """

    comparison: str = ""
    flow: str
    verdicts: tuple[Verdict, ...] = ()
    reference_weight: int = 0
    candidate_weight: int = 0
    candidate_units: int = 0
    fans_out: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    candidate_inner: tuple[str, ...] = ()
    outcomes_unknown: bool = False
    unrouted: str = ""
    services: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    passed_on: tuple[str, ...] = ()
    slow: tuple[Slow, ...] = ()
    entered: Entered | None = None
    crossed: tuple[Crossed, ...] = ()
    failures: tuple[FailureKind, ...] = ()
    failures_left_out: int = 0
    sends: tuple[str, ...] = ()
    paths: tuple[PathTree, ...] = ()

    def weight(self, role: str) -> int:
        """The traffic of one side: `reference` or `candidate`."""
        return self.reference_weight if role == "reference" else self.candidate_weight

    def inner_of(self, role: str) -> tuple[str, ...]:
        """The servers below the entry on one side: `reference` or `candidate`."""
        return self.inner if role == "reference" else self.candidate_inner


def flow_key(comparison: str, service: str, operation: str) -> str:
    """The key of a flow's record."""
    return f"flow/{comparison}/{service}\t{operation}"
