"""Flows whose names have free parts: beyond a few of a service in one shard all of them are one flow.

Such names are endless, and each would be a flow that no test exercises. They have free parts where requests
name no route but a path; where a request carries a batch of operations; and where the destinations from
which messages are consumed differ in one segment alone, as by the names of devices or tenants.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Self

from monitor.fingerprints.free_words import form_of, without_one
from monitor.flows.carried import AND
from monitor.flows.flow import UNROUTED_GROUP, Flow, FlowId, others
from monitor.flows.notes import UNDECLARED, UNROUTED

MOST_PATHS = 8
"""Paths, and batches of one carrier, from which on they are one flow."""
MOST_WORDS = 32
"""Destinations that differ in one segment from which on they are one flow."""
MOST_DESTINATIONS = 256
"""Destinations from which on all that are no part of another such flow are one."""


class Group(NamedTuple):
    """Flows of a service that may become one; what: they have in common."""

    service: str
    what: str


class Unbounded:
    """The flows of each group while they are few, and those that became one; `place`: of the shard."""

    __slots__ = ("members", "place")

    def __init__(self) -> None:
        self.place = ""
        self.members: dict[Group, dict[FlowId, None]] = {}

    def flow_of(self, flow: Flow) -> FlowId:
        """The flow's own id, or that of all that it is counted with."""
        entry = flow.shape[0]
        if not entry.notes and AND not in flow.id.operation:
            return flow.id
        if flow.id != (entry.operation.service, entry.operation.name):
            return flow.id
        groups = _groups(flow.id, entry.notes)
        if not groups:
            return flow.id
        full = next((group for group, most in groups if len(self.members.get(group, ())) >= most), None)
        for group, most in () if full else groups:
            members = self.members.setdefault(group, {})
            members[flow.id] = None
            full = full or (group if len(members) >= most else None)
        return others(*full, self.place) if full else flow.id

    def of(self, flow: FlowId) -> list[FlowId]:
        """The flows that became this one."""
        return [
            each
            for group, members in self.members.items()
            if others(*group, self.place) == flow
            for each in members
        ]

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; the place is said by whoever unpacks it."""
        plain = {group: [flow.operation for flow in members] for group, members in self.members.items()}
        return {
            "unrouted": {
                service: names for (service, what), names in plain.items() if what == UNROUTED_GROUP
            },
            "unbounded": [[*group, names] for group, names in plain.items() if group.what != UNROUTED_GROUP],
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """What `pack` packed, among other things; a release before had paths alone."""
        unbounded = cls()
        paths = ([service, UNROUTED_GROUP, names] for service, names in plain.get("unrouted", {}).items())
        for service, what, names in (*paths, *plain.get("unbounded", ())):
            unbounded.members[Group(service, what)] = {FlowId(service, name): None for name in names}
        return unbounded


@lru_cache(maxsize=65_536)
def _groups(flow: FlowId, notes: tuple[str, ...]) -> tuple[tuple[Group, int], ...]:
    """The groups to which a flow may belong, and how many flows become one; none for most flows."""
    if UNROUTED in notes:
        return ((Group(flow.service, UNROUTED_GROUP), MOST_PATHS),)
    if AND in flow.operation:
        carrier = " ".join(flow.operation.split(" ")[:2])
        return ((Group(flow.service, f"{carrier} batch"), MOST_PATHS),)
    return tuple(_destinations(flow)) if UNDECLARED in notes else ()


def _destinations(flow: FlowId) -> Iterator[tuple[Group, int]]:
    form = form_of(flow.operation)
    for left in without_one(form):
        yield Group(flow.service, str(left)), MOST_WORDS
    yield Group(flow.service, f"{form.verb} {form.carried}".rstrip()), MOST_DESTINATIONS
