"""Traces -> record values: batches of spans per service instance, as a Collector exports them.

A batch holds the spans that ended in one interval, whatever their traces: so the spans of a trace come in
several records, and children before their parents.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from monitor.demo.traffic import Trace
from monitor.wire.encode import OutgoingSpan, export_request

SCOPE = "shop.instrumentation"
INSTANCES = 2
"""Instances of every service; a trace uses one of each."""


class Instance(NamedTuple):
    """A running copy of a service."""

    service: str
    number: int


class Batch(NamedTuple):
    """A record to be: it was sent at `at_ns`, in ns since the epoch."""

    at_ns: int
    value: bytes


class Collector:
    """Collects the spans of one environment and gives them out in batches of `every_ns`."""

    def __init__(self, environment: str, every_ns: int) -> None:
        self._environment = environment
        self._every_ns = every_ns
        self._open: dict[int, dict[Instance, list[OutgoingSpan]]] = defaultdict(lambda: defaultdict(list))

    @property
    def empty(self) -> bool:
        """Whether everything was given out."""
        return not self._open

    def add(self, trace: Trace) -> None:
        """Keep the spans of `trace` until the interval in which each ended is over."""
        for service, span in trace:
            instance = Instance(service, span.trace_id[0] % INSTANCES)
            self._open[span.end // self._every_ns][instance].append(span)

    def due(self, now_ns: int) -> Iterator[Batch]:
        """Give out, in order, the batches of the intervals that are over at `now_ns`.

        Sound as long as no span that ends before `now_ns` is added later.
        """
        for interval in sorted(self._open):
            if (interval + 1) * self._every_ns > now_ns:
                return
            yield Batch((interval + 1) * self._every_ns, self._export(self._open.pop(interval)))

    def _export(self, spans: dict[Instance, list[OutgoingSpan]]) -> bytes:
        """One request of all instances: requests that stand one after the other are one request."""
        return b"".join(
            export_request(self._resource(instance), SCOPE, spans[instance]) for instance in sorted(spans)
        )

    def _resource(self, instance: Instance) -> dict[str, str]:
        return {
            "service.name": instance.service,
            "service.namespace": "shop",
            "service.version": "1.4.0",
            "service.instance.id": f"{instance.service}-{instance.number}",
            "deployment.environment.name": self._environment,
            "telemetry.sdk.language": "go",
        }
