"""Requests that name no route: beyond a few paths of a service all of them are one flow.

Paths with free words are endless, and each would be a flow that no test exercises.
"""

from collections.abc import Mapping
from typing import Any, Self

from monitor.flows.flow import Flow, FlowId, others
from monitor.flows.notes import UNROUTED

MOST_PATHS = 8
"""Paths of a service, in one shard, from which on they are one flow."""


class Unrouted:
    """The flows of each service that are named by a path; `place`: of the shard."""

    __slots__ = ("paths", "place")

    def __init__(self) -> None:
        self.place = ""
        self.paths: dict[str, dict[FlowId, None]] = {}

    def flow_of(self, flow: Flow) -> FlowId:
        """The flow's own id, or that of all requests of its service that name no route."""
        entry = flow.shape[0]
        named_by_it = flow.id == (entry.operation.service, entry.operation.name)
        if UNROUTED not in entry.notes or not named_by_it:
            return flow.id
        paths = self.paths.setdefault(flow.id.service, {})
        if len(paths) < MOST_PATHS:
            paths[flow.id] = None
        return flow.id if len(paths) < MOST_PATHS else others(flow.id.service, self.place)

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; the place is said by whoever unpacks it."""
        return {service: [path.operation for path in paths] for service, paths in self.paths.items()}

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """What `pack` packed."""
        unrouted = cls()
        for service, paths in plain.items():
            unrouted.paths[service] = {FlowId(service, path): None for path in paths}
        return unrouted
