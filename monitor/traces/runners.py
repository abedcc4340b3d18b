"""Spans of test runners: what they say is carried down to the groups of spans below them."""

from collections import deque

from monitor.base.steps import Steps
from monitor.traces.fragment import FAILED, PASSED, Context, Runner
from monitor.wire.span import UNKNOWN, Facts, Marks, Span

_MAX_LEVELS = 100
"""Runner spans above a group that are asked: session, suite, test, call are four."""

_PER_STEP = 256

_CALL = "http.request.method"
"""What a runner span carries that is a request of the test: its name says nothing about the test."""

_RESULTS = ("test.case.result.status", "tests.status")
"""Conventions for tests, and pytest-otel; others say by the status of the span whether a test failed."""


class Runners:
    """Runner spans by trace (its `trace_key`) and span id; ages in ms.

    Each serves groups begun up to `memory_ms` after it was read. It is kept `max_age_ms` longer than that,
    since a group that found one may close so much later.
    """

    def __init__(self, memory_ms: int, max_age_ms: int) -> None:
        self._memory_ms = memory_ms
        self._kept_ms = memory_ms + max_age_ms
        self._traces: dict[bytes, dict[bytes, Runner]] = {}
        self._queue: deque[tuple[int, bytes, bytes]] = deque()

    def add(self, key: bytes, span: Span, age: int) -> Runner | None:
        """Remember a runner span; None if it is a copy of one that is known (which refreshes it)."""
        known = self._traces.setdefault(key, {})
        copy = span.span_id in known
        runner = known[span.span_id] = Runner(span.facts, span.parent_id, age)
        self._queue.append((age + self._kept_ms, key, span.span_id))
        return None if copy else runner

    def find(self, key: bytes, span_id: bytes, age: int) -> Runner | None:
        """The runner span with this id, if it serves a group that begins at `age`."""
        known = self._traces.get(key)
        runner = None if known is None else known.get(span_id)
        return runner if runner is not None and runner.read + self._memory_ms > age else None

    def context(self, key: bytes, runner: Runner, age: int) -> Context:
        """What runner spans say of a group begun at `age`: of each thing, the nearest one that states it.

        Where none states a case, the nearest one that is more than a call of the test's own names it. The
        result is that of the one that states the case; a phase of it that failed has failed all of it.
        """
        suite = run = case = environment = name = result = ""
        marks: Marks = ()
        above: Runner | None = runner
        for _ in range(_MAX_LEVELS):
            if above is None:
                break
            facts = above.facts
            if not case and _CALL not in facts.attributes:
                result = _with(result, facts)
            suite, run, case = suite or facts.suite, run or facts.run, case or facts.case
            environment = environment or facts.environment.removeprefix(UNKNOWN)
            name = name or ("" if _CALL in facts.attributes else facts.name)
            marks = marks or facts.marks
            above = self.find(key, above.parent_id, age)
        return Context(suite, run, case or name, environment, marks, result if case else "")

    def purge(self, age: int) -> Steps[None]:
        """Free what serves no group any more at `age`."""
        looked = 0
        while self._queue and self._queue[0][0] <= age:
            _, key, span_id = self._queue.popleft()
            known = self._traces.get(key, {})
            runner = known.get(span_id)
            if runner is not None and runner.read + self._kept_ms <= age:
                del known[span_id]
                if not known:
                    del self._traces[key]
            looked += 1
            if looked % _PER_STEP == 0:
                yield


def _with(result: str, facts: Facts) -> str:
    """The result of a test, of which a part ended so before, with what another part says.

    A span of a runner comes when it is over: if it says nothing else, all went well.
    """
    said = next((facts.attributes[name] for name in _RESULTS if name in facts.attributes), PASSED).lower()
    if result == FAILED or facts.error or said.startswith(("fail", "error")):
        return FAILED
    return PASSED if said.startswith("pass") else ""
