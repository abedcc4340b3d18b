"""What the header of a flows record says of environments and runs (delivery, observer 4)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from monitor.base.run import RunKey
from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.flows.flow import Flow
from monitor.flows.record import Header, RunSpan, Source
from monitor.traces.fragment import Fragment
from monitor.wire.span import UNKNOWN, Marks

MOST_ENVIRONMENTS = 256
"""At most this many are named, those that came first: telemetry decides how many there are."""
MOST_RUNS, MOST_RUNS_OF_ONE = 512, 256
"""At most this many runs are named at once, in all and of one environment: others are no evidence."""
_PER_STEP = 4_096
_offset = attrgetter("offset")


class Activity:
    """Environments and runs of the fragments begun within the last `max_age_ms` of a partition's log time.

    A run is known at once where spans carry it, and at the close of a flow where a runner span does.
    runs_over: how often a run was not taken, since there are too many.
    """

    def __init__(self, max_age_ms: int) -> None:
        self._max_age_ms = max_age_ms
        self._environments: dict[str, LogTime] = {}
        self._runs: dict[RunKey, RunSpan] = {}
        self._runs_of: Counter[str] = Counter()
        self.runs_over = 0

    def note(self, fragment: Fragment, flows: Iterable[Flow]) -> None:
        """Take note of a closed fragment and its rows."""
        self._see(fragment.environments, fragment.began)
        for flow in flows:
            self._see((flow.environment,), flow.began)
            if flow.run:
                self._extend(RunKey(flow.environment, flow.run), flow.began, flow.suite, _marks(fragment))

    def header(
        self,
        source: Source,
        partitions: int,
        low: int,
        log_time: LogTime,
        at_end: bool,
        fragments: Sequence[Fragment],
        tallies: Mapping[str, int],
    ) -> Steps[Header]:
        """The facts to say now; `low`: the low offset, but for the `fragments` that are open now.

        What happens to these meanwhile changes nothing: their rows are sent at once, or later.
        """
        oldest: dict[tuple[str, ...], LogTime] = {}
        for begin in range(0, len(fragments), _PER_STEP):
            if begin:
                yield
            batch = fragments[begin : begin + _PER_STEP]
            low = min(low, *map(_offset, batch))
            for fragment in batch:
                environments = fragment.environments
                if fragment.began < oldest.get(environments, log_time):
                    oldest[environments] = fragment.began
                if fragment.spans[0][5].run:
                    self._see_run(fragment)
        runs = dict(sorted(self._runs.items()))
        low_times = self._low_times(_of_each(oldest), log_time)
        return Header(source, partitions, low, log_time, at_end, low_times, runs, tallies)

    def _low_times(self, oldest: Mapping[str, LogTime], log_time: LogTime) -> dict[str, LogTime]:
        """Per environment; those beyond `MOST_ENVIRONMENTS` hold the clocks of all, as unknown ones do."""
        names = list(dict.fromkeys((*self._environments, *oldest)))
        low_times = {name: oldest.get(name, log_time) for name in names[:MOST_ENVIRONMENTS]}
        if beyond := [oldest[name] for name in names[MOST_ENVIRONMENTS:] if name in oldest]:
            low_times[UNKNOWN] = min(low_times.get(UNKNOWN, log_time), *beyond)
        return dict(sorted(low_times.items()))

    def _see(self, environments: Iterable[str], began: LogTime) -> None:
        for environment in environments:
            self._environments[environment] = max(self._environments.get(environment, began), began)

    def _see_run(self, fragment: Fragment) -> None:
        """The run of an open fragment, where no later span can move it to another environment."""
        facts = fragment.spans[0].facts
        if len(fragment.environments) == 1 and facts.environment != UNKNOWN:
            self._extend(RunKey(facts.environment, facts.run), fragment.began, facts.suite, _marks(fragment))

    def _extend(self, key: RunKey, log_time: LogTime, suite: str, marks: Marks) -> None:
        known = self._runs.get(key)
        if known is None:
            if len(self._runs) >= MOST_RUNS or self._runs_of[key.environment] >= MOST_RUNS_OF_ONE:
                self.runs_over += 1
                return
            self._runs_of[key.environment] += 1
            self._runs[key] = RunSpan(log_time, log_time, suite, marks)
        else:
            self._runs[key] = RunSpan(
                min(known.first, log_time),
                max(known.last, log_time),
                known.suite or suite,
                known.marks or marks,
            )

    def forget(self, log_time: LogTime) -> None:
        """Drop what was last seen more than `max_age_ms` ago; only after every target received it."""
        horizon = log_time - self._max_age_ms
        self._environments = {name: seen for name, seen in self._environments.items() if seen >= horizon}
        self._runs = {key: run for key, run in self._runs.items() if run.last >= horizon}
        self._runs_of = Counter(environment for environment, _ in self._runs)


def _of_each(oldest: Mapping[tuple[str, ...], LogTime]) -> dict[str, LogTime]:
    """Per environment the oldest of all groups of environments in which it is."""
    of_each: dict[str, LogTime] = {}
    for environments, began in oldest.items():
        for environment in environments:
            of_each[environment] = min(began, of_each.get(environment, began))
    return of_each


def _marks(fragment: Fragment) -> Marks:
    """Of the first span that carries any, else of the runner spans above."""
    return next((span.facts.marks for span in fragment.spans if span.facts.marks), fragment.context.marks)
