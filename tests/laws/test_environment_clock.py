"""The law of an environment's clock: what a header says is out is out, whatever the marks turn out to be.

Only some spans of a trace say that they are a test's; the others are `unknown` until their flow is read.
"""

from hypothesis import given
from hypothesis import strategies as st

from monitor.flows.codec import decode
from monitor.pipeline.observe.followed import FIRST
from monitor.pipeline.timeline.sources import Sources
from monitor.wire.span import UNKNOWN, Span
from tests.factories import span
from tests.laws.source_logs import SOURCE, SourceLog

ENVIRONMENTS = st.sampled_from([UNKNOWN, "test"])
ROLES = st.sampled_from([False, False, False, True])
SPANS = st.tuples(st.integers(1, 2), st.integers(1, 4), st.integers(0, 3), ENVIRONMENTS, ROLES)
WRITES = st.lists(st.tuples(st.integers(0, 15), SPANS), min_size=1, max_size=14)


def log_of(writes: list[tuple[int, tuple[int, int, int, str, bool]]]) -> SourceLog:
    """A record for each span, so many seconds after the one before it; the first ones settle log time."""
    log = SourceLog()
    for _ in range(FIRST):
        log.append(0, [])
    seconds = 0
    for pause, (trace, number, parent, environment, runner) in writes:
        seconds += pause
        log.append(1_000 * seconds, [_span(trace, number, parent, environment, runner)])
    for _ in range(150):
        seconds += 1
        log.append(1_000 * seconds, [])
    return log


def _span(trace: int, number: int, parent: int, environment: str, runner: bool) -> Span:
    above = parent if parent != number else 0
    return span(number, trace=trace, parent=above, environment=environment, runner=runner)


@given(WRITES)
def test_no_flow_comes_from_before_the_clock_of_its_environment(
    writes: list[tuple[int, tuple[int, int, int, str, bool]]],
) -> None:
    """Each flow began at or after what every earlier header said of the environment that it has now."""
    log = log_of(writes)
    observer = log.observer(0)
    sources = Sources()
    promised = dict.fromkeys((UNKNOWN, "test"), 0)
    for record in log.records:
        observer.fold(record)
        for target, value in observer.outgoing(False, 1, heartbeat=True):
            said = decode(value)
            observer.acknowledged(target)
            assert all(flow.began >= promised[flow.environment] for flow in said.flows)
        assert said.header is not None
        sources.receive(said.header, 0)
        for environment, before in promised.items():
            promised[environment] = max(before, sources.latest[SOURCE].low_time(environment))
