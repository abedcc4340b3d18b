"""Reports each hint once, as soon as the records of the verdicts topic show it."""

import asyncio
from collections.abc import Callable, Iterable

from monitor.drift.clocks import clocks
from monitor.drift.hints import Hint, hints
from monitor.drift.silent import behind, silent_services
from monitor.drift.strangers import strangers
from monitor.publish.view import View

LOOK_SECONDS = 10.0
MOST_REPORTED = 100
"""Hints that a process reports at most: telemetry decides how many there are."""


class HintReporter:
    """Looks for hints on `comparisons` in a view, and passes each to `report` once."""

    def __init__(self, view: View, comparisons: Iterable[str], report: Callable[[Hint], None]) -> None:
        self._view, self._comparisons, self._report = view, tuple(comparisons), report
        self._reported: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look until cancelled, in a thread: there may be thousands of flows."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.report_new(await asyncio.to_thread(self.found, self._view.frozen()))

    def found(self, view: View) -> list[Hint]:
        """The hints of every comparison that is shown, and those that are of none."""
        shown = view.comparisons()
        found = (hint for name in self._comparisons if name in shown for hint in _every(view, name))
        return [*strangers(view), *clocks(view), *found]

    def report_new(self, found: Iterable[Hint]) -> None:
        """Report the hints that were not reported before."""
        for hint in found:
            key = (hint.kind, hint.subject)
            if key not in self._reported and len(self._reported) < MOST_REPORTED:
                self._reported.add(key)
                self._report(hint)


def _every(view: View, comparison: str) -> Iterable[Hint]:
    """Its hints, and services without telemetry: a report names those in its lines, a log has no lines."""
    candidate, flows = view.comparisons()[comparison].comparison.candidate, view.flows(comparison)
    return (*hints(view, comparison), *behind(silent_services(flows), candidate, flows))
