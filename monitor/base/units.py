"""Units that look alike and must not be mixed up."""

from typing import NewType

LogTime = NewType("LogTime", int)
"""Milliseconds since the epoch, by the record timestamps of a Kafka partition; never wall time."""

UnixNanos = NewType("UnixNanos", int)
"""Nanoseconds since the epoch, by the clock of the host that emitted a span."""

Weight = NewType("Weight", int)
"""Sampling weight of a trace in 1/1024: 1024 is one trace, 102400 stands for a hundred."""

UNIT_WEIGHT = Weight(1024)

MAX_WEIGHT = Weight(1 << 40)
"""A trace that stands for a billion others; no real sampler keeps fewer, and sums stay within 64 bits."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
