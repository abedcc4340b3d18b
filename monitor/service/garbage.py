"""How often Python searches for garbage cycles."""

import gc

THRESHOLDS = (100_000, 50, 1000)
"""For gc.set_threshold: new objects per collection, and collections per one of the next generation.

The observer keeps tens of thousands of open spans, all reachable, none in a cycle. At the default of 700 new
objects the collector took 2 to 4 microseconds a span, a fifth of the observer's time, and more than half of
the auditor's.
"""


def collect_seldom() -> None:
    """Search seldom, and never again among the objects that exist now, such as imported modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
