"""The command line's client and the HTTP API, over a socket: each understands what the other says."""

from collections.abc import Iterator
from socket import create_server
from threading import Thread

import pytest
import uvicorn

from monitor.base.clock import ManualClock
from monitor.base.errors import FlowdriftError, UnreachableError
from monitor.pipeline.timeline.commands import Begin, Finish
from monitor.publish.client import SETTLED, UNSEEN, Daemon, Patience, await_verdict, begin_run, finish_run
from tests.unit.publish.bench import Bench, seen
from tests.unit.publish.records import tell

Served = tuple[Bench, str]


@pytest.fixture
def served() -> Iterator[Served]:
    """An application at an address of its own."""
    bench = Bench()
    with create_server(("127.0.0.1", 0)) as socket:
        server = uvicorn.Server(uvicorn.Config(bench.app, log_level="critical"))
        thread = Thread(target=server.run, args=([socket],), daemon=True)
        thread.start()
        yield bench, f"http://127.0.0.1:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def patience(seconds: float = 3) -> Patience:
    clock = ManualClock()
    return Patience(seconds, clock, clock.advance, lambda _: None)


def test_a_run_that_nobody_has_seen_is_an_error(served: Served) -> None:
    """For `finish` and `verdict` alike, with what was seen; nothing is written."""
    bench, url = served
    seen(bench, "ci-1")
    says = "no span of run x has arrived; 1 run seen, the last is ci-1"
    for ask in (finish_run, await_verdict):
        with pytest.raises(FlowdriftError, match=f"^{says}$") as raised:
            ask(Daemon(url), "x", None, patience())
        assert raised.value.code == UNSEEN
    assert bench.commands.written == []


def test_a_run_begins_and_ends(served: Served) -> None:
    """An id is spelled as telemetry's are, and what has slashes is one id."""
    bench, url = served
    seen(bench, announced=[["integration", "org/repo 7"]])
    begin_run(Daemon(url), " org/repo 7", None, "smoke")
    finish_run(Daemon(url), "org/repo 7 ", "integration", patience())
    begin, finish = bench.commands.written
    assert isinstance(begin, Begin)
    assert isinstance(finish, Finish)
    assert (begin.run, begin.suite, finish.run) == ("org/repo 7", "smoke", "org/repo 7")


def test_a_verdict_ends_the_run_and_waits(served: Served) -> None:
    """It is finished once; not settled in time it is open, settled it is what was decided."""
    bench, url = served
    seen(bench, "ci-1")
    assert await_verdict(Daemon(url), "ci-1", None, patience())["state"] == "open"
    assert len(bench.commands.written) == 1
    place = {"partition": 0, "offset": 1, "environment": "integration", "run": "ci-1", "settled": True}
    decided = {"state": "pass", "reason": "So it is."}
    tell(bench.view, "run/integration/ci-1", {**place, "verdicts": {"prod-int": decided}})
    assert await_verdict(Daemon(url), "ci-1", None, patience())["settled"]
    with pytest.raises(FlowdriftError) as raised:
        finish_run(Daemon(url), "ci-1", None, patience())
    assert raised.value.code == SETTLED


def test_a_daemon_without_an_auditor_is_waited_for(served: Served) -> None:
    """It answers that it knows nothing yet: that may change, so it is asked until the time is over."""
    _, url = served
    for ask in (finish_run, await_verdict):
        with pytest.raises(UnreachableError, match="no auditor has reported yet"):
            ask(Daemon(url), "x", None, patience())
