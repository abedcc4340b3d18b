"""The signature of a failure: what all failures of one kind have in common, without any value.

Two traces of one flow fail alike if they end alike (failed, client error), the same operation explains it
(`flows.failing`), it says the same type of error or status, and it was reached by the same servers. How often
something was tried again, what else happened, and which gateways stood in front is no part of it.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from monitor.flows.flow import Flow, FlowId, Node, Operation, Outcome, operation_of
from monitor.flows.notes import asked
from monitor.traces.tree import ENTRY_KINDS
from monitor.wire.span import Kind

MOST_SERVERS = 8
"""Servers between the entry of a flow and what failed that are named, the first ones."""


class Signature(NamedTuple):
    """A kind of failure of one flow.

    operation: what failed. error: type of error or status, '' where nothing is said. via: the servers and
    consumers between the flow's entry and it, each once. asks: the service that a failing call asked, if it
    says so.
    """

    outcome: Outcome
    operation: Operation
    error: str
    via: tuple[Operation, ...] = ()
    asks: str = ""

    def id(self, flow: FlowId) -> str:
        """Its name, the same in every environment and process: 12 hex digits (BLAKE2b)."""
        text = "\0".join(map(str, (*flow, *self.pack())))
        return blake2b(text.encode(), digest_size=6).hexdigest()

    @property
    def has_detail(self) -> bool:
        """Whether it says more than that something failed: a call says at least that it had no answer."""
        return bool(self.error) or self.is_call

    @property
    def is_call(self) -> bool:
        """Whether it is a call that failed, not what answers one."""
        return self.operation.kind in (Kind.CLIENT, Kind.PRODUCER)

    def seam(self, flow: FlowId) -> tuple[str, str]:
        """Who asked whom when it failed: the services, or what a call asks for; '' where nobody did."""
        operation = self.operation
        if self.is_call:
            return operation.service, self.asks or operation.name
        above = self.via[-1].service if self.via else flow.service
        return (above, operation.service) if above != operation.service else ("", "")

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        via = [[service, int(kind), name] for service, kind, name in self.via]
        service, kind, name = self.operation
        return [self.outcome.value, [service, int(kind), name], self.error, via, self.asks]

    @classmethod
    def unpack(cls, plain: Iterable[Any]) -> Self:
        """The signature that `pack` packed."""
        outcome, operation, error, via, asks = plain
        servers = tuple([operation_of(*each) for each in via])
        return cls(Outcome(outcome), operation_of(*operation), error, servers, asks)


def signature_of(flow: Flow, known_as: FlowId) -> Signature | None:
    """The signature of a row; None where it ended well, or does not say why it did not.

    known_as: the flow as which it is counted, where many with free parts in their names are one.
    """
    failure = flow.failure
    if failure is None:
        return None
    node = flow.shape[failure.place]
    operation = node.operation
    if failure.place == 0 and (operation.service, operation.name) == flow.id:
        operation = operation_of(known_as.service, operation.kind, known_as.operation)
    via = tuple(dict.fromkeys(_servers(flow, node.parent)))[:MOST_SERVERS]
    return Signature(flow.outcome, operation, failure.error, via, asked(node.notes))


def _servers(flow: Flow, place: int) -> list[Operation]:
    """The servers above, from the flow's own entry (which may be behind a gateway) on, without that."""
    above: list[Operation] = []
    while place > 0:
        node: Node = flow.shape[place]
        operation = node.operation
        if (operation.service, operation.name) == flow.id:
            break
        if operation.kind in ENTRY_KINDS:
            above.append(operation)
        place = node.parent
    return above[::-1]
