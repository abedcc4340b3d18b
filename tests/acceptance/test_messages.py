"""A message is a border: however and whenever it is consumed, the flows are the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.drift.report import Report
from monitor.drift.verdict import Verdict
from monitor.wire.span import Kind
from tests.acceptance.replaying import SECOND, replayed
from tests.acceptance.trees import (
    PRODUCTION_EVERY,
    Step,
    consume,
    drifts,
    findings,
    inside,
    is_quiet,
    lines,
    production,
    query,
    runs,
    send,
    server,
    trace_of,
)

TOPIC = "parcel-moved"


def moved(*consumers: Step) -> Step:
    """A scan of a parcel, with a message about it."""
    message = send("scans", TOPIC, *consumers, at=5)
    return server("scans", "POST /scans", query("scans", "INSERT", "scans"), message)


def notify(*, writes: bool = True, **more: Any) -> Step:
    """The consumer stores the notice that it sends."""
    return consume("notices", TOPIC, *([query("notices", "INSERT", "notices")] if writes else []), **more)


def at_once(number: int) -> Step:
    return moved(notify(at=50))


@pytest.mark.parametrize("seconds", [5, 25, 70, 900])
def test_a_delayed_consumer_is_the_same_flow(tmp_path: Path, seconds: int) -> None:
    """A delay queue, a backlog, a retry hours later."""
    late = production(lambda n: moved(notify(at=1000 * seconds)))
    report = replayed(tmp_path, late, runs(at_once))
    assert is_quiet(report) and report.input.late == 0
    assert {line.flow for line in report.verdicts} == {f"notices process {TOPIC}", "scans POST /scans"}


def test_a_consumer_that_never_writes_is_reported(tmp_path: Path) -> None:
    """Also where production consumes half a minute later."""
    report = replayed(
        tmp_path,
        production(lambda n: moved(notify(at=30_000))),
        runs(lambda n: moved(notify(at=50, writes=False))),
    )
    assert drifts(report, "INSERT notices")


def batched(every: int, traces: int = 300) -> Iterator[str]:
    """Production whose consumer takes so many messages at once, in a trace of its own that links to each."""
    for number in range(1, traces + 1):
        at = number * PRODUCTION_EVERY * SECOND
        yield from lines(moved(), number, at, {})
        if number % every == 0:
            links = tuple(trace_of(each) for each in range(number - every + 1, number + 1))
            yield from lines(notify(links=links), 500_000 + number, at + SECOND, {})


def linked_runs(*, writes: bool = True) -> Iterator[str]:
    """Test runs whose consumer does not know the run, but links to the traces of one case that do."""
    number = 1_000_000
    for run in range(12):
        for case in range(4):
            of = {"cicd.pipeline.run.id": f"ci-{run}", "test.case.name": f"case {case}"}
            at = (1000 + 600 * run + 5 * case) * SECOND
            links = []
            for _ in range(3):
                number += 1
                yield from lines(moved(), number, at, of)
                links.append(trace_of(number))
            consumer = notify(links=tuple(links), writes=writes)
            yield from lines(consumer, 5_000_000 + number, at + SECOND, {})


@pytest.mark.parametrize("every", [5, 100])
def test_a_batch_with_links_is_the_same_flow(tmp_path: Path, every: int) -> None:
    """Production consumes in batches, the tests one by one."""
    assert is_quiet(replayed(tmp_path, batched(every), runs(at_once)))


def test_what_a_batch_writes_and_the_tests_do_not_is_reported(tmp_path: Path) -> None:
    """A consumer of the tests that takes the message and does nothing."""
    broken = replayed(tmp_path, batched(5, 600), runs(lambda n: moved(notify(writes=False))))
    assert drifts(broken, "INSERT notices")


def test_batches_of_tests_belong_to_the_runs_of_their_messages(tmp_path: Path) -> None:
    """They are evidence of these runs though nothing but the links says so."""
    report = replayed(tmp_path, production(at_once), linked_runs())
    assert is_quiet(report) and units(report, "notices") == units(report, "scans") > 12
    assert drifts(replayed(tmp_path, production(at_once), linked_runs(writes=False)), "INSERT notices")


def test_a_consumer_belongs_to_the_run_of_its_trace(tmp_path: Path) -> None:
    """A service that was there before the run knows nothing of it."""

    unmarked = {"cicd.pipeline.run.id": "", "test.case.name": ""}
    report = replayed(tmp_path, production(at_once), runs(lambda n: moved(notify(at=50, resource=unmarked))))
    assert is_quiet(report) and units(report, "notices") == units(report, "scans") > 12


def structure(report: Report, flow: str) -> list[Verdict]:
    """What is said of the calls of flows whose names begin so."""
    return [line for line in report.verdicts if line.dimension == "structure" and line.flow.startswith(flow)]


def units(report: Report, flow: str) -> int:
    """How many evidence units of the tests the calls of a flow are judged by."""
    [line] = structure(report, flow)
    return line.candidate_n


def test_a_consumer_that_goes_on_in_its_own_service_is_one_flow(tmp_path: Path) -> None:
    """Receive, then process: it is the one that consumers are of which only that is observed."""

    def received(number: int) -> Step:
        receive = consume("notices", TOPIC, notify(at=2), at=40)
        said = {**receive.attributes, "messaging.operation.type": "receive"}
        return moved(receive._replace(name=f"receive {TOPIC}", attributes=said))

    assert is_quiet(replayed(tmp_path, production(received), runs(at_once)))


@pytest.mark.parametrize("driver", ["lone message", "client"])
def test_tests_that_send_the_message_themselves_match_the_consumer(tmp_path: Path, driver: str) -> None:
    """What the tests send is no flow of the system, as no request is that they make."""
    message = send("suite", TOPIC, notify(at=20))
    if driver == "client":
        message = message._replace(kind=Kind.CLIENT, name=f"{TOPIC} send")
    report = replayed(tmp_path, production(at_once), runs(lambda n: message))
    assert [finding[1:] for finding in findings(report)] == [("coverage", "never tested")]
    assert report.coverage.dead == () and report.coverage.flows == 0.5


def test_a_poll_is_the_caller_of_what_it_hands_on(tmp_path: Path) -> None:
    """Consumers below an internal span of their service are the flows that they are without it."""
    polled = production(lambda n: [moved(), inside("notices", "poll", notify(), notify(at=9))])
    assert is_quiet(replayed(tmp_path, polled, runs(at_once)))
