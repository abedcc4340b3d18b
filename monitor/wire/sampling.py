"""The sampling weight that a span's `tracestate` states.

OpenTelemetry's consistent probability sampling writes `ot=th:H` into the W3C trace state
(opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling). H is the rejection threshold, up
to 14 hexadecimal digits without trailing zeros: padded right with zeros to 14 digits it is T, and a trace
was kept with probability p = 1 - T / 2^56. One kept trace stands for 1/p traces.
"""

import re

from monitor.base.units import Weight

_THRESHOLD = re.compile(rb"(?:^|,)[ \t]*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?=[;, \t]|$)")
_ALL = 1 << 56
_UNIT = 1024


def weight_of(trace_state: bytes) -> Weight | None:
    """The weight in 1/1024, rounded (half up), that `trace_state` states; None where it states none."""
    if b"th:" not in trace_state or (found := _THRESHOLD.search(trace_state)) is None:
        return None
    kept = _ALL - int(found[1].ljust(14, b"0"), 16)
    return Weight((2 * _UNIT * _ALL + kept) // (2 * kept))
