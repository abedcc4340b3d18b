"""Tells each hint once in the log, as soon as what the auditors say shows it."""

import asyncio
from collections.abc import Callable, Iterable

from monitor.drift.hints import Hint, hints
from monitor.drift.strangers import strangers
from monitor.publish.view import View

LOOK_SECONDS = 10.0
MOST_TOLD = 100
"""Telemetry decides how many hints there are: beyond so many, a process tells no more."""


class Hinting:
    """Looks at a view now and then; `tell` hears each hint of `comparisons` once."""

    def __init__(self, view: View, comparisons: Iterable[str], tell: Callable[[Hint], None]) -> None:
        self._view, self._comparisons, self._tell = view, tuple(comparisons), tell
        self._told: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look until cancelled, beside the event loop: there may be thousands of flows."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.hear(await asyncio.to_thread(self.found, self._view.frozen()))

    def found(self, view: View) -> list[Hint]:
        """The hints of every comparison that is shown, and on what no comparison has."""
        shown = {name for name, _ in view.comparisons()}
        found = (h for name in self._comparisons if name in shown for h in hints(view.records, name))
        return [*strangers(view.records), *found]

    def hear(self, found: Iterable[Hint]) -> None:
        """Tell what was not told before."""
        for hint in found:
            key = (hint.kind, hint.subject)
            if key not in self._told and len(self._told) < MOST_TOLD:
                self._told.add(key)
                self._tell(hint)
