"""/metrics: every part is asked at a scrape, so that no series outlives what it speaks of.

Only what stands in the catalogue goes out, and all of it: a family without samples still says its name.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from monitor.base.clock import Clock
from monitor.telemetry.catalogue import METRICS
from monitor.telemetry.events import Labels
from monitor.telemetry.metric import Kind
from monitor.telemetry.metric import Metric as Declared
from monitor.telemetry.readings import Reading, Readings

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The media type of the page."""

FRESH_SECONDS, STALE_SECONDS = 1.0, 10.0
"""A page is given to whoever asks for 1 s, so that fifty scrapes a second cost one, and for 10 s at most."""

SHARE = 0.05
"""Of the time may go into making pages: one that takes long to make is given away for longer than 1 s."""

Values = Mapping[str, Mapping[Labels, float]]
"""Metric name -> labels -> value."""


class Exposition:
    """The page of /metrics, made from what `parts` say; equal series of several parts are added up."""

    def __init__(self, parts: Iterable[Readings], clock: Clock) -> None:
        self._parts, self._clock = tuple(parts), clock
        self._page, self._fresh_until = b"", 0.0
        self._making = asyncio.Lock()

    async def page(self) -> bytes:
        """The page, not older than the constants above say; its text is written beside the event loop."""
        async with self._making:
            began = self._clock.monotonic()
            if not self._page or began >= self._fresh_until:
                self._page = await asyncio.to_thread(render, self.values())
                took = self._clock.monotonic() - began
                self._fresh_until = began + min(max(FRESH_SECONDS, took / SHARE), STALE_SECONDS)
            return self._page

    def values(self) -> Values:
        """What all parts say now."""
        values: dict[str, dict[Labels, float]] = {}
        for reading in (*_zeros(), *(each for part in self._parts for each in part())):
            series = values.setdefault(reading.metric, {})
            series[reading.labels] = series.get(reading.labels, 0.0) + reading.value
        return values


def render(values: Values) -> bytes:
    """`values` in the text format of Prometheus; ValueError for a metric outside of the catalogue."""
    unknown = values.keys() - {declared.name for declared in METRICS}
    if unknown:
        raise ValueError(f"not in the catalogue: {sorted(unknown)}")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(values))
    return generate_latest(registry)


class _Families(Collector):
    """One family per metric of the catalogue, in its order."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def collect(self) -> Iterator[Metric]:
        return (_family(declared, self._values.get(declared.name, {})) for declared in METRICS)


def _zeros() -> Iterator[Reading]:
    """Counters begin at 0, not at their first count: a rate would miss it otherwise."""
    for declared in METRICS:
        if declared.kind is Kind.COUNTER and not declared.labels:
            yield Reading(declared.name, 0)
        for value in declared.values:
            yield Reading(declared.name, 0, ((declared.labels[0], value),))


def _family(declared: Declared, series: Mapping[Labels, float]) -> Metric:
    kind = CounterMetricFamily if declared.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(declared.name, declared.meaning, labels=declared.labels)
    for labels, value in sorted(series.items()):
        said = dict(labels)
        family.add_metric([_safe(said[label]) for label in declared.labels], value)
    return family


def _safe(text: str) -> str:
    """A label value that any reader takes: valid UTF-8 without control characters."""
    if text.isascii() and text.isprintable():
        return text
    valid = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(char if char.isprintable() else " " for char in valid)
