"""A test suite: which entries it exercises, in how many runs and cases."""

from dataclasses import dataclass
from random import Random

from tests.metamorphic.systems.model import Operation, Page, System

MOST_RUNS = 8


@dataclass(frozen=True)
class Suite:
    """Each case of each run exercises every tested entry once; `tested`: places of entries.

    through_pages: the tests load pages in a browser; else they send a page's requests one by one.
    """

    tested: tuple[int, ...]
    runs: int = MOST_RUNS
    cases: int = 4
    through_pages: bool = False

    def entries(self, system: System) -> list[Operation]:
        """What a case exercises, each a trace of its own."""
        exercised: list[Operation] = []
        for place in self.tested:
            operation = system.entries[place].operation
            apart = isinstance(operation.interface, Page) and not self.through_pages
            exercised += _requests(operation) if apart else [operation]
        return exercised


def _requests(page: Operation) -> list[Operation]:
    return [step.does.to for step in page.steps if hasattr(step.does, "to")]


def suite(seed: int, system: System) -> Suite:
    """The suite of this seed: it exercises every entry, or in one system of four all but one."""
    rng = Random(f"suite {seed}")
    tested = list(range(len(system.entries)))
    if rng.random() < 0.25:
        del tested[rng.randrange(len(tested))]
    return Suite(tuple(tested), through_pages=rng.random() < 0.5)
