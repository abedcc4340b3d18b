"""Which run and case the spans of a trace state, for consumers: they are cut from what sent their message.

A test marks what it begins; what a message makes happen may carry no mark of its own. It belongs to the run
of its trace's other spans, else to that of the traces that it links to, as a batch does. Where those state
several runs (or cases, ...), it belongs to none: nothing says which.
"""

from collections import deque
from collections.abc import Iterable
from typing import TypeVar

from monitor.base.steps import Steps
from monitor.traces.fragment import Context, Fragment
from monitor.traces.settings import AssemblySettings
from monitor.wire.span import UNKNOWN, Facts, trace_key

_MOST_FACTS = 128
"""Of one trace the latest facts that differ are known: each consumer in it asks for all of them."""
_PER_STEP = 64

_Value = TypeVar("_Value")


class Origins:
    """Facts that state a run or a case, by trace, with the age (ms) of their latest span.

    They serve a fragment that began up to `max_age_ms` later, one that links to their trace up to
    `memory_ms` later, and are kept until such a fragment has closed. A trace has few different ones.
    """

    def __init__(self, settings: AssemblySettings) -> None:
        self._max_age_ms = settings.max_age_ms
        self._memory_ms = settings.memory_ms
        self._kept_ms = settings.max_age_ms + max(settings.max_age_ms, settings.memory_ms)
        self._traces: dict[bytes, dict[Facts, int]] = {}
        self._queue: deque[tuple[int, bytes]] = deque()

    def __len__(self) -> int:
        return len(self._traces)

    def note(self, key: bytes, facts: Facts, age: int) -> None:
        """Remember what a span of the trace `key` states."""
        known = self._traces.get(key)
        if known is None:
            known = self._traces[key] = {}
            self._queue.append((age + self._kept_ms, key))
        known.pop(facts, None)
        known[facts] = age
        if len(known) > _MOST_FACTS:
            del known[next(iter(known))]

    def context(self, fragment: Fragment, key: bytes) -> Context:
        """What is known of the test that caused a consumer's fragment in the trace `key`."""
        own = _agreed(self._since(key, fragment.first - self._max_age_ms))
        if own.run or not fragment.top.links:
            return own
        since = fragment.first - self._memory_ms
        traces = dict.fromkeys(map(trace_key, fragment.top.links))
        linked = _agreed(facts for each in traces for facts in self._since(each, since))
        return linked if linked.run else own

    def _since(self, key: bytes, age: int) -> list[Facts]:
        return [facts for facts, read in self._traces.get(key, {}).items() if read >= age]

    def purge(self, age: int) -> Steps[None]:
        """Free what serves no fragment any more at `age`."""
        looked = 0
        while self._queue and self._queue[0][0] <= age:
            _, key = self._queue.popleft()
            latest = max(self._traces[key].values()) + self._kept_ms
            if latest > age:
                self._queue.append((latest, key))
            else:
                del self._traces[key]
            looked += 1
            if looked % _PER_STEP == 0:
                yield


def _agreed(stated: Iterable[Facts]) -> Context:
    """Of each thing what all that state it say; nothing where they differ."""
    all_facts = list(stated)
    return Context(
        suite=_only([facts.suite for facts in all_facts], ""),
        run=_only([facts.run for facts in all_facts], ""),
        case=_only([facts.case for facts in all_facts], ""),
        environment=_only([facts.environment.removeprefix(UNKNOWN) for facts in all_facts], ""),
        marks=_only([facts.marks for facts in all_facts], ()),
    )


def _only(values: Iterable[_Value], nothing: _Value) -> _Value:
    """The one value of these that says something; `nothing` where there are none or several."""
    stated = set(values) - {nothing}
    return stated.pop() if len(stated) == 1 else nothing
