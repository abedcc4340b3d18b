"""What is declared of a metric: see `catalogue`."""

from enum import StrEnum
from typing import NamedTuple

PREFIX = "flowdrift_"
SELF = "flowdrift_monitor_"


class Kind(StrEnum):
    """The kinds of metric, by their Prometheus names."""

    COUNTER = "counter"
    GAUGE = "gauge"


class Scope(StrEnum):
    """How replicas of a metric combine: `sum` what each process owns, `max` what every one knows."""

    OWN = "sum"
    FLEET = "max"


class Metric(NamedTuple):
    """One metric; `unit` is the base unit of its value, `remedy` what to do when it looks wrong.

    `values` are the values of a bounded single label: series of a counter that begin at 0.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    unit: str
    meaning: str
    remedy: str
    scope: Scope = Scope.OWN
    values: tuple[str, ...] = ()
