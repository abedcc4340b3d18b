"""How often Python looks for garbage cycles."""

import gc

THRESHOLDS = (100_000, 50, 1000)
"""Young objects before a look, and looks of one generation before one of the next.

The observer keeps tens of thousands of open spans, all reachable, none in a cycle: at the default of 700 the
collector walked them for 2 to 4 microseconds a span, a fifth of the observer's time, and the auditor's
flows for more than half of its.
"""


def collect_seldom() -> None:
    """Look for cycles seldom; what has been imported by now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
