"""Builders of flow rows and of records of the flows topic, for tests of what comes after the observer.

    row(1, calls=["GET /stock", "db SELECT stock"])       one production trace with two calls
    row(2, environment="integration", run="ci-1", case="buys")

A row's shape is its entry and, below it, one CLIENT span per call.
"""

from collections.abc import Mapping, Sequence

from monitor.base.run import RunKey
from monitor.base.units import UNIT_WEIGHT, LogTime, Weight
from monitor.flows.flow import Flaw, Flow, FlowId, Node, Operation, Outcome
from monitor.flows.record import FlowRecord, Header, RunSpan, Source
from monitor.wire.span import Kind, Marks

SECOND = 1000
"""In ms of log time."""
MINUTE = 60 * SECOND


def shape_of(id: FlowId, calls: Sequence[str]) -> tuple[Node, ...]:
    """The entry of a flow and its calls, in their order."""
    entry = Node(Operation(id.service, Kind.SERVER, id.operation), -1)
    return (entry, *(Node(Operation(id.service, Kind.CLIENT, call), 0) for call in calls))


def row(
    offset: int,
    *,
    place: int = 0,
    ordinal: int = 0,
    flow: FlowId = FlowId("shop", "POST /orders"),
    calls: Sequence[str] = ("POST /charge",),
    environment: str = "production",
    outcome: Outcome = Outcome.OK,
    suite: str = "",
    run: str = "",
    case: str = "",
    weight: int = UNIT_WEIGHT,
    began: int = 0,
    flaws: Flaw = Flaw.NONE,
) -> Flow:
    """One closed flow whose fragment began at (offset, place) of its source partition."""
    shape = shape_of(flow, calls)
    return Flow(
        offset=offset,
        place=place,
        ordinal=ordinal,
        id=flow,
        environment=environment,
        outcome=outcome,
        status="",
        error="",
        suite=suite,
        run=run,
        case=case,
        weight=Weight(weight),
        began=LogTime(began),
        trace_id=(offset * 1000 + place).to_bytes(16, "big"),
        shape=shape,
        self_times=(0,) * len(shape),
        duration=0,
        flaws=flaws,
    )


def source(topic: str = "spans", partition: int = 0, incarnation: str = "1") -> Source:
    """A source partition of the default cluster."""
    return Source("main", topic, incarnation, partition)


def header(
    of: Source | None = None,
    *,
    partitions: int = 1,
    low: int = 0,
    log_time: int = 0,
    at_end: bool = False,
    low_times: Mapping[str, int] | None = None,
    runs: Mapping[tuple[str, str], tuple[int, int]] | None = None,
    suite: str = "nightly",
    marks: Marks = (),
    tallies: Mapping[str, int] | None = None,
) -> Header:
    """What an observer says of one source partition."""
    return Header(
        source=of or source(),
        partitions=partitions,
        low=low,
        log_time=LogTime(log_time),
        at_end=at_end,
        low_times={name: LogTime(time) for name, time in (low_times or {}).items()},
        runs={
            RunKey(*key): RunSpan(LogTime(a), LogTime(b), suite, marks)
            for key, (a, b) in (runs or {}).items()
        },
        tallies=dict(tallies or {}),
    )


def record(head: Header, *flows: Flow) -> FlowRecord:
    """A record of the flows topic."""
    return FlowRecord(head, flows)
