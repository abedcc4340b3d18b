"""What today's product gets wrong, one line each. This list must shrink: what holds again is removed.

A trial that is about all `tags` of an entry is skipped. `test_known` runs each entry's own trial, with those
of its transformations that the entry names, and fails where that holds.
"""

from typing import NamedTuple

from tests.metamorphic.trials import Trial


class Known(NamedTuple):
    """A kind of trial that goes wrong, the seed of one that shows it, and what is wrong."""

    law: str
    tags: frozenset[str]
    seed: int
    wrong: str


def _known(tags: str, seed: int, wrong: str) -> Known:
    return Known("same", frozenset(tags.split(" + ")), seed, wrong)


KNOWN: tuple[Known, ...] = (
    _known(
        "front without telemetry (production) + untested entry",
        3729,
        "what no test enters is named by its entry, which production does not show: another flow is untested",
    ),
)


def known(trial: Trial) -> Known | None:
    """The entry that says that this trial goes wrong, if any."""
    return next((each for each in KNOWN if each.law == trial.law and each.tags <= trial.tags), None)
