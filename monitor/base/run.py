"""The identity of a test run: one type wherever a run is meant, never a text that is parsed again."""

from typing import NamedTuple


class RunKey(NamedTuple):
    """A run of an environment; where somebody speaks of a run, environment '' means wherever it is seen."""

    environment: str
    run: str
