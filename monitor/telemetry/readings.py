"""What a part of the monitor says when /metrics is scraped: plain numbers, no metric objects."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from monitor.telemetry.events import Labels


class Reading(NamedTuple):
    """A metric's value now; counters count since the process began."""

    metric: str
    value: float
    labels: Labels = ()


Readings = Callable[[], Iterable[Reading]]
"""A part's answer to a scrape: reads tallies and gauges that exist anyway."""
