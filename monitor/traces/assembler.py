"""Span -> Trace: gathers the spans of one source partition into fragments, and closes them by log time.

A pure function of the sequence of records: no clock, no randomness. For each record `advance` comes
first (what was due before the record closes without it), then `add`; of both all steps are taken. Two
processes that read the same records build the same fragments: so restarts are exact (delivery, observer 6).

A span costs O(1) amortised, but for joins, which relabel the smaller part (O(n log n) in all): a trace id
for everything, a session that is one trace, a chain of 100,000 spans stay linear.
Memory: open spans, and what `memory.py` says; both end with `max_age_ms` and `memory_ms`.
"""

from collections.abc import Iterator
from itertools import chain
from operator import itemgetter
from typing import TypeAlias

from monitor.base.steps import SPANS_PER_STEP, Steps
from monitor.base.units import LogTime
from monitor.traces.borders import CONSUMER
from monitor.traces.deadlines import Deadlines, Due
from monitor.traces.fragment import Fragment
from monitor.traces.leaving import Leaving
from monitor.traces.memory import Segment
from monitor.traces.open_traces import OpenTraces
from monitor.traces.origins import Origins
from monitor.traces.runners import Runners
from monitor.traces.senders import Senders
from monitor.traces.settings import AssemblySettings
from monitor.traces.tally import AssemblyCounts
from monitor.traces.trace import Trace
from monitor.wire.span import Facts, Span

_span_id, _facts = itemgetter(1), itemgetter(5)
Groups: TypeAlias = list[Fragment]
Step: TypeAlias = Fragment | None
"""A fragment that has closed, or nothing yet: other work may run."""


class Assembler:
    """Fragments of one source partition; see the module's docstring for the contract."""

    def __init__(self, settings: AssemblySettings) -> None:
        self.tally = AssemblyCounts()
        self._settings = settings
        self._memory_ms = settings.memory_ms
        self._traces = OpenTraces()
        self._open: dict[Fragment, None] = {}
        self._fresh: list[Fragment] = []
        self._leaving = Leaving()
        self._deadlines = Deadlines(settings)
        self._runners = Runners(settings.memory_ms, settings.max_age_ms)
        self._origins = Origins(settings)
        self._senders = Senders(settings)
        self._age = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def open_fragments(self) -> Iterator[Fragment]:
        """The fragments that are open now, or not taken over yet; valid until the next step."""
        return chain(self._open, self._leaving.closed)

    def add(self, spans: list[Span], offset: int, age: int, log_time: LogTime) -> Iterator[Step]:
        """Take the spans of the record at `offset`; gives the fragments that reached `max_spans`.

        `age` (ms) is log time that never steps back, `log_time` what the record's spans are dated with. The
        last span comes first: exporters write children before parents, so most find theirs here already.
        """
        self._age = age
        self.tally.spans += len(spans)
        for end in range(len(spans), 0, -SPANS_PER_STEP):
            self._add(spans, range(end - 1, max(end - SPANS_PER_STEP, 0) - 1, -1), offset, log_time)
            yield from self._leaving.hand_over()
            for fragment in self._leaving.let_go():
                self.tally.late += len(fragment.spans)
                self._release(fragment, age)
                yield None
            yield None
        yield from self._schedule()

    def _add(self, spans: list[Span], places: range, offset: int, log_time: LogTime) -> None:
        """The hot loop: take the spans at these places."""
        age, traces, max_spans = self._age, self._traces.by_id, self._settings.max_spans
        for index in places:
            span = spans[index]
            trace_id, span_id, parent_id, _, _, facts, _, _ = span
            trace = traces.get(trace_id) or self._traces.begin(trace_id)
            if span_id in trace.owner and not facts.runner:
                self._take_half(trace, span, offset, index)
                continue
            memory = trace.memory
            if (facts.tested or memory is not None) and self._set_aside(trace, span):
                continue
            fragment = trace.owner.get(parent_id)
            if fragment is None or (facts.kind is CONSUMER and trace.is_cut(span, age)):
                fragment = self._place(trace, span, offset, index, log_time)
            else:
                trace.owner[span_id] = fragment
                fragment.spans.append(span)
                fragment.last = age
                if offset <= fragment.offset:
                    fragment.offset, fragment.index = offset, index
                if facts.environment not in fragment.environments:
                    fragment.name_environments(facts.environment)
                if span_id in trace.waiting:
                    fragment = self._join_children(trace, span, fragment)
            if memory is not None and memory.awaits(span_id, age):
                fragment.split = True
            if len(fragment.spans) >= max_spans:
                self._cut_off(fragment)

    def advance(self, age: int) -> Iterator[Step]:
        """Close what is due at `age`, ordered by (deadline, position)."""
        yield from self._close_all((yield from self._deadlines.due(age, self._age)))
        for known in (self._traces, self._runners, self._origins, self._senders):
            yield from known.purge(self._age)

    def close_all(self) -> Iterator[Step]:
        """Close every fragment: the input has ended."""
        return self._close_all(self._deadlines.every(self._open))

    def _take_half(self, trace: Trace, span: Span, offset: int, index: int) -> None:
        """Take a span whose id is open already if it is the other half of a call; else it is a copy."""
        fragment = trace.owner[span.span_id]
        if not fragment.take_half(span, offset, index, self._age):
            self.tally.duplicates += 1
            self.tally.conflicts += fragment.contradicts(span)
            return
        self.tally.shared += 1
        self._note_origin(trace, span.facts)
        waits = fragment.missing or fragment.runner is not None
        if fragment.top is span and span.parent_id and not waits:
            fragment = self._hang(trace, span, fragment)  # its callee stood alone, for all that it knew
        if len(fragment.spans) >= self._settings.max_spans:
            self._cut_off(fragment)

    def _hang(self, trace: Trace, top: Span, fragment: Fragment) -> Fragment:
        """Join `fragment` to the one of its new top's parent, or let it wait for that."""
        upper = trace.owner.get(top.parent_id)
        if upper is None:
            self._look_up(trace, top, fragment)
        elif upper is fragment:
            fragment.cyclic = True
        else:
            return self._join(trace, upper, fragment)
        return fragment

    def _set_aside(self, trace: Trace, span: Span) -> bool:
        """Whether the span belongs to no open fragment: a runner's, a late one, or a copy."""
        facts, memory = span.facts, trace.memory
        self._note_origin(trace, facts)
        if facts.runner:
            self._add_runner(trace, span)
        elif memory is not None and memory.find(span.span_id, self._age) is not None:
            self.tally.duplicates += 1
            self._remember(trace, span)
        elif trace.is_late(span, self._age):
            self._drop_late(trace, span)
        else:
            return False
        self._traces.drop_if_empty(trace)
        return True

    def _remember(self, trace: Trace, span: Span) -> None:
        alone = Segment(self._age + self._memory_ms, trace.key, span.span_id, (span.facts,))
        self._traces.remember(trace, alone)

    def _note_origin(self, trace: Trace, facts: Facts) -> None:
        if facts.run or facts.case:
            self._origins.note(trace.key, facts, self._age)

    def _add_runner(self, trace: Trace, span: Span) -> None:
        runner = self._runners.add(trace.key, span, self._age)
        if runner is None:
            self.tally.duplicates += 1
            return
        for fragment in trace.waiting.pop(span.span_id, ()):
            fragment.missing, fragment.runner, fragment.last = b"", runner, self._age

    def _drop_late(self, trace: Trace, span: Span) -> None:
        """Count a late span, and with it every open group that belongs below it."""
        self.tally.note_late(span)
        self._remember(trace, span)
        children, alone = trace.take_waiting(span)
        self._leaving.late.update(dict.fromkeys(children))
        for fragment in alone:
            fragment.last = self._age

    def _place(self, trace: Trace, span: Span, offset: int, index: int, log_time: LogTime) -> Fragment:
        """Take a span that joins no parent: it tops a group that waited for it, or opens one."""
        span_id, parent_id = span.span_id, span.parent_id
        children, alone = trace.take_waiting(span)
        if children:
            fragment = children.pop(0)
            fragment.top = span
            fragment.take(span, offset, index, self._age)
        else:
            fragment = self._open_fragment(trace, span, offset, index, log_time)
        trace.owner[span_id] = fragment
        if not parent_id or parent_id == span_id:
            self.tally.roots += trace.rooted
            trace.rooted = True
        elif span.facts.kind is not CONSUMER or not trace.is_cut(span, self._age):
            self._look_up(trace, span, fragment)
        elif trace.owner.get(parent_id) is fragment:
            fragment.cyclic = True
        else:
            trace.follow_sender(fragment, self._age)
        return self._adopt(trace, fragment, children, alone) if children or alone else fragment

    def _adopt(self, trace: Trace, fragment: Fragment, children: Groups, alone: Groups) -> Fragment:
        """Join the groups below a span that has come, and let the consumers wait for what it waits for."""
        for child in children:
            if len(fragment.spans) < self._settings.max_spans:
                fragment = self._join(trace, fragment, child)
            else:
                self._leaving.late[child] = None
        for consumer in alone:
            trace.follow(consumer, fragment, self._age)
        return fragment

    def _open_fragment(
        self, trace: Trace, span: Span, offset: int, index: int, log_time: LogTime
    ) -> Fragment:
        fragment = Fragment(span, offset, index, self._age, log_time)
        self._open[fragment] = None
        self._fresh.append(fragment)
        trace.fragments += 1
        if trace.fragments == 1 and trace.memory is None:
            self.tally.traces += 1
        return fragment

    def _look_up(self, trace: Trace, span: Span, fragment: Fragment) -> None:
        """Find the runner span above a group's new top, or wait for its parent."""
        fragment.runner = self._runners.find(trace.key, span.parent_id, self._age)
        if fragment.runner is None:
            fragment.missing = span.parent_id
            trace.wait(fragment, self._age)

    def _join_children(self, trace: Trace, span: Span, fragment: Fragment) -> Fragment:
        """Join every group that belongs below `span` with the one that holds it now."""
        children, alone = trace.take_waiting(span)
        if fragment in children:
            children.remove(fragment)
            fragment.cyclic = True
        return self._adopt(trace, fragment, children, alone)

    def _join(self, trace: Trace, upper: Fragment, lower: Fragment) -> Fragment:
        larger, smaller = trace.join(upper, lower)
        if smaller in self._leaving.late:
            self._leaving.late[larger] = None
        del self._open[smaller]
        self._deadlines.shorten(larger, self._age)
        return larger

    def _cut_off(self, fragment: Fragment) -> None:
        fragment.truncated = True
        self._release(fragment, self._age)
        self._leaving.closed.append(fragment)

    def _schedule(self) -> Steps[None]:
        """After a record: its new fragments that are still open are to be looked at."""
        fresh, self._fresh = self._fresh, []
        for fragment in fresh:
            if fragment.open:
                self._deadlines.append(fragment, self._age)
        return self._deadlines.unpark(self._age)

    def _close_all(self, due: list[Due]) -> Iterator[Fragment]:
        for deadline, _, fragment in due:
            self._release(fragment, deadline)
            self._leaving.closed.append(fragment)
            yield from self._leaving.hand_over()

    def _release(self, fragment: Fragment, deadline: int) -> None:
        """Take a fragment out of the open ones, and remember it from its own deadline on."""
        trace = self._traces.by_id[fragment.trace_id]
        fragment.close()
        del self._open[fragment]
        trace.fragments -= 1
        ids = list(map(_span_id, fragment.spans))
        if trace.fragments:
            trace.remove(fragment, ids)
        missing, runner = fragment.missing, fragment.runner
        if missing:
            fragment.outlasted = trace.outlasts(fragment, self._settings.quiet_gap_ms)
        if runner is not None:
            fragment.context = self._runners.context(trace.key, runner, fragment.first)
            self._senders.note(fragment, trace.key, deadline)
        if fragment.top.facts.kind is CONSUMER:
            known = fragment.context.completed(self._senders.context(fragment, trace.key))
            fragment.context = known.completed(self._origins.context(fragment, trace.key))
            missing = b""  # whole, whatever sent its message
        if len(trace.ids) > 1:
            fragment.trace_id = max(span.trace_id for span in fragment.spans)  # the whole one, not its end
        facts = tuple(map(_facts, fragment.spans))
        expires = deadline + self._memory_ms
        self._traces.remember(trace, Segment(expires, trace.key, b"".join(ids), facts, missing, runner))
        self._traces.drop_if_empty(trace)
