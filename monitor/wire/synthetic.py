"""Synthetic monitors that mark the requests of their checks in the W3C trace state.

| monitor | entry of `tracestate` |
| --- | --- |
| Checkly | `checkly=true` (checklyhq.com/docs, 'How Checkly tracing works') |
| Datadog Synthetics | `dd=...;o:synthetics` or `o:synthetics-browser` (Datadog's origin) |

SDKs hand the trace state on, so every span of such a trace carries the mark. It counts as the attribute
`user_agent.synthetic.type` = `test` that the semantic conventions have for the same fact.
"""

import re

from monitor.wire.semconv import SYNTHETIC

PAIR = (SYNTHETIC, "test")
"""The attribute that the mark stands for."""

_MARK = re.compile(rb"(?:^|,)[ \t]*(?:checkly=true|dd=(?:[^,]*;)?o:synthetics(?:-browser)?)(?=[;, \t]|$)")


def is_synthetic(trace_state: bytes) -> bool:
    """Whether a trace state says that a synthetic monitor began the trace."""
    return _MARK.search(trace_state) is not None
