"""The kinds of failure of a flow, as the record of the flow has them."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.drift.records.failure import FailureKind, Gap, Standing
from monitor.flows.flow import FlowId, Operation
from monitor.ledgers.recall.account import ANY, Account
from monitor.ledgers.recall.sighting import Sighting
from monitor.ledgers.recall.signature import Signature
from monitor.ledgers.recall.standing import NO_TESTS, Stand, stand
from monitor.ledgers.recall.words import sentence

MOST_SHOWN = 32
"""Kinds of a flow that its record has: open ones first, then those that fail most."""


class Exercised(NamedTuple):
    """What tests show of a flow at all.

    operations: that they ever had in it. sampled: some of their traces are not seen. lost: per service, which
    share of its spans, 1.0 beyond the limit. traces: ids of some.
    """

    operations: Collection[Operation]
    sampled: bool
    lost: Mapping[str, float]
    traces: tuple[str, ...]


class Window(NamedTuple):
    """The environments that are compared, and what is past: `now` by the clock of the reference."""

    reference: str
    candidate: str
    now: LogTime
    kept_ms: int


def kinds(account: Account, flow: FlowId, window: Window, tests: Exercised) -> tuple[FailureKind, ...]:
    """What production has shown, the most urgent first, at most MOST_SHOWN of them."""
    found = sorted(_kinds(account, flow, window, tests), key=_urgent_first)
    return tuple(found[:MOST_SHOWN])


def _urgent_first(kind: FailureKind) -> tuple[bool, int, str]:
    return (not kind.state.is_open, -kind.weight, kind.id)


def _kinds(account: Account, flow: FlowId, window: Window, tests: Exercised) -> Iterator[FailureKind]:
    for signature, environments in account.kinds.items():
        production = environments.get(window.reference)
        if production is not None:
            shown = environments.get(window.candidate, NO_TESTS)
            found = _Found(signature, production, shown)
            yield _kind(found, flow, *_judged(found, flow, window, tests), tests)


class _Found(NamedTuple):
    """A kind of failure, and what each side has shown of it."""

    signature: Signature
    production: Sighting
    shown: Sighting


def _kind(found: _Found, flow: FlowId, stands: Stand, gap: Gap, tests: Exercised) -> FailureKind:
    signature, production, shown = found
    guard = stands.case.guard if stands.case else None
    caller, callee = signature.seam(flow)
    return FailureKind(
        id=signature.id(flow),
        flow=str(flow),
        state=stands.state,
        gap=gap,
        says=sentence(signature, production, stands, gap, shown),
        outcome=signature.outcome.value,
        service=signature.operation.service,
        operation=signature.operation.name,
        error=signature.error,
        via=tuple(map(str, signature.via)),
        asks=signature.asks,
        caller=caller,
        callee=callee,
        since=stands.since,
        first=LogTime(production.first or 0),
        last=LogTime(production.last or 0),
        traces=production.traces,
        weight=production.weight,
        versions=tuple(sorted(filter(None, production.versions))),
        shown=shown.first,
        guarded=guard,
        guard=stands.name,
        suite=stands.case.suite if stands.case else "",
        reference=_traces(production),
        candidate=_traces(shown) or tests.traces,
    )


def _traces(sighting: Sighting) -> tuple[str, ...]:
    return tuple([trace.hex() for trace in sighting.sample])


def _judged(found: _Found, flow: FlowId, window: Window, tests: Exercised) -> tuple[Stand, Gap]:
    """Where a failure stands; where no test shows it, or none can be said to, also why."""
    signature, production, shown = found
    vague = Gap.ERRORS if signature.error == ANY else Gap.DETAIL
    certain = signature.has_detail and signature.error != ANY
    stands = stand(production, shown if certain else NO_TESTS, window.now, window.kept_ms)
    if stands.state is not Standing.ESCAPED:
        return stands, Gap.NONE
    gap = vague if shown.traces else _gap(signature, flow, tests)
    blind = gap in (vague, Gap.SAMPLED, Gap.LOSS)
    return (stands._replace(state=Standing.UNJUDGED) if blind else stands), gap


def _gap(signature: Signature, flow: FlowId, tests: Exercised) -> Gap:
    operation = signature.operation
    if not tests.operations:
        return Gap.FLOW
    if tests.sampled:
        return Gap.SAMPLED
    if tests.lost.get(operation.service, 0.0) >= 1.0:
        return Gap.LOSS
    if operation in tests.operations:
        return Gap.DATA if (operation.service, operation.name) == flow else Gap.FAILURE
    return Gap.PATH if operation.service in {each.service for each in tests.operations} else Gap.SILENT
