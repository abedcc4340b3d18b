"""The audits of a shard's test runs: every call is counted, and listed for the audit topic up to a limit."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Self

from msgspec import convert, to_builtins

from monitor.base.run import RunKey
from monitor.drift.policy import Policy
from monitor.drift.records.audit import CallRecord, RunAudit
from monitor.fingerprints.span_gaps import Loss
from monitor.flows.flow import Flow, FlowId, Operation
from monitor.flows.record import Source
from monitor.ledgers.audit.calls import Call, calls_of
from monitor.ledgers.audit.tally import CallTally

LEAST_LISTED = 100
"""Calls of a run that a shard lists at least."""


class RunAudits:
    """The calls of each run, until it settles, and what they added up to, while it is remembered.

    parts: shards of the whole fleet, among which the limit is divided. listed: calls for the audit topic, for
    the caller to take; None: nobody wants them. Neither is a part of the state.
    """

    __slots__ = ("listed", "open", "parts", "settled")

    def __init__(self) -> None:
        self.open: dict[RunKey, CallTally] = {}
        self.settled: dict[RunKey, RunAudit] = {}
        self.parts = 1
        self.listed: list[CallRecord] | None = None

    def observe(self, source: Source, flow: Flow, policy: Policy, losses: Mapping[str, Loss]) -> None:
        """Count the calls of a row of a run that is not settled."""
        environments = (
            *(each.reference for each in policy.of_candidate(flow.environment)),
            flow.environment,
        )
        known = [losses[each] for each in environments if each in losses]

        def answering(of: FlowId, operation: Operation) -> str:
            return next((service for each in known if (service := each.answers(of, operation))), "")

        tally = self.open.setdefault(RunKey(flow.environment, flow.run), CallTally())
        for call in calls_of(flow, answering):
            tally.observe(call, flow.trace_id.hex())
            self._list(source, flow, call, tally, policy.calls_per_run)

    def _list(self, source: Source, flow: Flow, call: Call, tally: CallTally, most: int) -> None:
        """Of all shards together about four times the limit at most, as they do not have equal parts."""
        if tally.listed >= min(most, max(LEAST_LISTED, 4 * most // self.parts)):
            tally.beyond += 1
            return
        tally.listed += 1
        if self.listed is not None:
            self.listed.append(_record(source, flow, call))

    def settle(self, run: RunKey) -> None:
        """A run takes no more calls."""
        tally = self.open.pop(run, None)
        if tally is not None:
            self.settled[run] = tally.audit()

    def forget(self, run: RunKey) -> None:
        """A run is not remembered any more."""
        self.open.pop(run, None)
        self.settled.pop(run, None)

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        going_on = [[*run, tally.pack()] for run, tally in self.open.items()]
        return [going_on, [[*run, to_builtins(audit)] for run, audit in self.settled.items()]]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The audits that `pack` packed."""
        audits = cls()
        going_on, settled = plain
        audits.open = {RunKey(*run): CallTally.unpack(tally) for *run, tally in going_on}
        audits.settled = {RunKey(*run): convert(audit, RunAudit) for *run, audit in settled}
        return audits


def _record(source: Source, flow: Flow, call: Call) -> CallRecord:
    return CallRecord(
        id=_id_of(source, flow, call),
        environment=flow.environment,
        run=flow.run,
        case=flow.case,
        trace=flow.trace_id.hex(),
        **call.called._asdict(),
        partner=call.partner,
        outcome=call.outcome,
        payload=call.payload.says,
    )


def _id_of(source: Source, flow: Flow, call: Call) -> str:
    """What names the row, and the call in it: the same whoever folds it again (BLAKE2b-128)."""
    name = (flow.environment, flow.run, source, flow.offset, flow.place, *flow.id, flow.ordinal, call.place)
    return blake2b("\0".join(map(str, name)).encode(), digest_size=16).hexdigest()


def list_calls(audits: Iterable[RunAudits]) -> None:
    """From now on list the calls of test runs, for whoever takes them."""
    for each in audits:
        each.listed = []


def taken(audits: Iterable[RunAudits]) -> list[CallRecord]:
    """The calls that were listed since they were taken last."""
    calls: list[CallRecord] = []
    for each in audits:
        if each.listed:
            calls += each.listed
            each.listed = []
    return calls
