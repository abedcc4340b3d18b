"""Run and case of a consumer's group: those of its trace, else of the traces that it links to."""

from typing import Any

import pytest

from monitor.traces.fragment import Context
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.unit.traces.log import GAP, MAX_AGE, MEMORY, SECOND, Log


def web(trace: int = 1, **more: Any) -> Span:
    return span(1, trace=trace, service="web", **more)


def send(trace: int = 1) -> Span:
    return span(2, trace=trace, parent=1, service="web", kind=Kind.PRODUCER)


def get(trace: int = 1, parent: int = 2, **more: Any) -> Span:
    given: dict[str, Any] = {"id": 3, "service": "mail", "kind": Kind.CONSUMER, "environment": "unknown"}
    return span(trace=trace, parent=parent, **given | more)


RUN: dict[str, Any] = {"suite": "nightly", "run": "ci-7", "case": "pays", "environment": "integration"}
KNOWN = Context("nightly", "ci-7", "pays", "integration")


def context(log: Log) -> Context:
    """What the consumer's group was reported; the last one's."""
    last = [each for each in log.write(10 * MAX_AGE).closed if each.top.span_id == get().span_id]
    return last[-1].context


def test_a_trace_tells_its_consumers_where_they_belong() -> None:
    """Whether they come before what states it or as much later as a group may be old, not longer."""
    assert context(Log().write(0, web(**RUN), send()).write(SECOND, get())) == KNOWN
    assert context(Log().write(0, get()).write(SECOND, send()).write(5 * SECOND, web(**RUN))) == KNOWN
    assert context(Log().write(0, web(**RUN), send()).write(MAX_AGE, get())) == KNOWN
    assert context(Log().write(0, web(**RUN), send()).write(MAX_AGE + 1, get())) == Context()


def test_any_span_of_the_trace_may_state_it() -> None:
    """A consumer of what a consumer sent is reported as well, and a runner's span is one of the trace."""
    hop = span(4, parent=2, service="mail", kind=Kind.CONSUMER)
    last = get(parent=4, service="ship")
    assert context(Log().write(0, web(**RUN), send(), hop).write(SECOND, last)) == KNOWN
    runner = span(9, runner=True, **RUN)
    assert context(Log().write(0, runner, web(), send()).write(SECOND, get())) == KNOWN


@pytest.mark.parametrize("consumed", [0, 5 * SECOND, 60 * SECOND, MAX_AGE])
def test_a_session_tells_its_consumers_of_which_test_they_are(consumed: int) -> None:
    """One trace of many tests: it is that of the sender, whose span comes at the end of the test."""
    log = Log()
    tests = [span(10 * n, runner=True, parent=99, case=f"test {n}", suite="nightly") for n in (1, 2)]
    for n in (1, 2):
        web = span(10 * n + 1, parent=10 * n, service="web")
        log.write(0, web, span(10 * n + 2, parent=10 * n + 1, service="web", kind=Kind.PRODUCER))
    gets = [get(parent=10 * n + 2, id=10 * n + 3) for n in (1, 2)]
    log.write(0, *gets) if not consumed else None
    log.write(4 * SECOND, *tests, span(99, runner=True, run="ci-7", suite="nightly"))
    log.write(consumed, *gets) if consumed else None
    log.write(10 * MAX_AGE)
    told = {each.top.span_id: each.context for each in log.closed if each.top.facts.kind is Kind.CONSUMER}
    assert [(told[one.span_id].run, told[one.span_id].case) for one in gets] == [
        ("ci-7", "test 1"),
        ("ci-7", "test 2"),
    ]


def test_where_spans_disagree_nothing_is_told() -> None:
    """A trace of two runs says nothing of the run, but of the suite; of two cases nothing of the case."""
    other = span(6, service="web", suite="nightly", run="ci-8", case="pays", environment="integration")
    assert context(Log().write(0, web(**RUN), other, send()).write(SECOND, get())) == KNOWN._replace(run="")
    case = span(6, service="web", suite="nightly", run="ci-7", case="ships", environment="integration")
    assert context(Log().write(0, web(**RUN), case, send()).write(SECOND, get())) == KNOWN._replace(case="")


def test_a_batch_belongs_to_the_run_of_what_it_links_to() -> None:
    """While those traces are remembered, and where they agree."""
    batch = get(trace=9, parent=0, links=(1, 2))
    second = web(trace=2, **RUN | {"case": "ships"})
    assert context(Log().write(0, web(**RUN), second).write(MEMORY, batch)) == KNOWN._replace(case="")
    assert context(Log().write(0, web(**RUN)).write(MEMORY, batch)) == KNOWN
    assert context(Log().write(0, web(**RUN)).write(MEMORY + 1, batch)) == Context()
    other = web(trace=2, **RUN | {"run": "ci-8"})
    assert context(Log().write(0, web(**RUN), other).write(SECOND, batch)).run == ""


def test_its_trace_comes_before_its_links() -> None:
    """A consumer may have both, as where it goes on with a receiver's trace."""
    linked = web(trace=7, **RUN | {"run": "ci-1"})
    assert context(Log().write(0, web(**RUN), send(), linked).write(SECOND, get(links=(7,)))) == KNOWN


def test_who_is_no_consumer_is_told_nothing() -> None:
    """A server without its caller belongs to nobody's test."""
    server = span(3, parent=2, service="mail", links=(1,))
    assert context(Log().write(0, web(**RUN)).write(SECOND, server)) == Context()


def test_origins_are_forgotten_in_the_end() -> None:
    """Also where spans of the trace go on to come for a while."""
    log = Log().write(0, web(**RUN)).write(GAP, span(7, **RUN))
    for at in (2 * MAX_AGE, GAP + 2 * MAX_AGE, 3 * MAX_AGE):
        log.write(at)
    assert len(log.assembler._origins) == 0


def test_senders_are_forgotten_in_the_end() -> None:
    """What the spans below a test may have sent serves consumers no longer than what its trace states."""
    log = Log().write(0, span(9, runner=True, **RUN), span(1, parent=9, service="web"), send())
    assert len(log.write(4 * MAX_AGE).write(4 * MAX_AGE + 1).assembler._senders) == 0
