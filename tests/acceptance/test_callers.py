"""What is above a request, and what never ends: pages, jobs, scripts, streams, and spans that get lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from monitor.wire.span import Kind
from tests.acceptance.replaying import SECOND, replayed
from tests.acceptance.trees import (
    Step,
    call,
    changed,
    drifts,
    findings,
    inside,
    is_quiet,
    joined,
    lines,
    production,
    query,
    runs,
    send,
    server,
    untested,
)

REQUESTS = (
    server("api", "GET /profile", query("api", "SELECT", "users")),
    server("api", "GET /basket", query("api", "SELECT", "baskets")),
    server("search", "GET /suggestions", query("search", "SELECT", "terms")),
)


def each(number: int) -> Step:
    """One request after the other, each in a trace of its own."""
    return REQUESTS[number % 3]


def calls(service: str) -> tuple[Step, ...]:
    """The three requests, each below a call."""
    below = (request._replace(at=1) for request in REQUESTS)
    return tuple(call(service, "GET", request, at=10 + 30 * n, ms=25) for n, request in enumerate(below))


CALLERS: dict[str, Step] = {
    "page": inside("web", "documentLoad", *calls("web"), inside("web", "resourceFetch")),
    "script": Step("smoke", Kind.CLIENT, "smoke test", {}, calls("smoke"), ms=200),
    "job": inside("cron", "nightly", *calls("cron")),
    "no kind": Step("legacy", Kind.UNSPECIFIED, "main", {}, calls("legacy"), ms=200),
}


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
def test_every_request_below_a_caller_is_a_flow(tmp_path: Path, caller: Step) -> None:
    """Tests that make the requests one by one cover all of it; one of three leaves two untested."""
    report = replayed(tmp_path, production(lambda n: caller), runs(each))
    assert is_quiet(report) and report.input.flows > 3 * 300
    one = replayed(tmp_path, production(lambda n: caller), runs(lambda n: REQUESTS[0]))
    assert untested(one) == {"api GET /basket": 0.33, "search GET /suggestions": 0.33}


def test_what_a_job_does_itself_is_its_flow(tmp_path: Path) -> None:
    """Its statement and its message are a flow of their own, which tests must make as well."""
    own = (query("cron", "DELETE", "sessions"), send("cron", "swept"))
    job = inside("cron", "nightly", *calls("cron"), *own)
    assert untested(replayed(tmp_path, production(lambda n: job), runs(each))) == {"cron nightly": 0.25}
    assert is_quiet(replayed(tmp_path, production(lambda n: job), runs(lambda n: job)))
    without = job._replace(below=tuple(step for step in job.below if "DELETE" not in step.name))
    assert drifts(replayed(tmp_path, production(lambda n: job), runs(lambda n: without)), "DELETE sessions")


def tick(**more: float) -> Step:
    """What each message of a socket does."""
    return query("ticker", "SELECT", "prices", **more)


def unary(number: int, *, reads: bool = True) -> Step:
    return server("ticker", "GET /price/{symbol}", *([tick()] if reads else []))


def socket(seconds: int, every: float) -> Step:
    """A socket that is open for so long, and reads every so many seconds."""
    ticks = [tick(at=1000 * every * n) for n in range(round(seconds / every))]
    return server("ticker", "GET /socket", *ticks, ms=1000 * seconds)


def sockets(make: Callable[[int], Step], seconds: int, every: float, count: int) -> Iterator[str]:
    """Requests as `make` has them, and sockets beside them."""
    return joined(
        production(make),
        (
            line
            for number in range(count)
            for line in lines(socket(seconds, every), 700_000 + number, number * 60 * SECOND, {})
        ),
    )


@pytest.mark.parametrize("every", [5, 54, 300])
def test_what_a_stream_does_is_neither_lost_nor_a_flow(tmp_path: Path, every: float) -> None:
    """Its span ends hours after those of what it does: they are counted as unfinished."""
    report = replayed(
        tmp_path, sockets(unary, 3600, every, 8), runs(lambda n: unary(n) if n % 3 else socket(2, 0.5))
    )
    assert not [finding for finding in findings(report) if finding[0] == "drift"]
    assert untested(report) == {} and report.coverage.dead == ()
    assert report.input.unfinished >= 8 * 3600 / every * 0.9
    assert (report.comparison.span_loss.reference or 0.0) < 0.02


def test_a_stream_in_the_tests_hides_no_call_that_is_mocked_away(tmp_path: Path) -> None:
    """Unfinished spans of a four-minute stream are no loss, which would excuse what is missing."""
    mocked = runs(lambda n: unary(n, reads=False))
    streams = (
        line
        for run in range(12)
        for line in lines(
            socket(240, 3), 800_000 + run, (1000 + 600 * run) * SECOND, {"cicd.pipeline.run.id": f"ci-{run}"}
        )
    )
    report = replayed(tmp_path, production(unary), joined(mocked, streams))
    assert drifts(report, "SELECT prices")


def orders(number: int) -> Step:
    """Three services one below the other."""
    stock = server("stock", "PUT /stock/{id}", query("stock", "UPDATE", "stock"), ms=5)
    reserve = call("picking", "PUT /stock/{id}", stock)
    pick = server("picking", "POST /picks", reserve, query("picking", "INSERT", "picks"))
    ask = call("orders", "POST /picks", pick)
    return server("orders", "POST /orders", ask, query("orders", "INSERT", "orders"), ms=40)


@pytest.mark.parametrize("service", ["orders", "picking", "stock"])
@pytest.mark.parametrize("side", ["production", "tests"])
def test_what_hangs_below_a_lost_server_is_no_flow(tmp_path: Path, service: str, side: str) -> None:
    """One in twenty of a service's server spans gets lost: no dead flow, no untested one, no drift."""
    dice = Random(7)

    def lossy(number: int) -> Step:
        def change(step: Step) -> Step:
            lost = step.service == service and step.kind is Kind.SERVER and dice.random() < 0.05
            return step._replace(dropped=True) if lost else step

        return changed(orders(number), change)

    reference, candidate = (lossy, orders) if side == "production" else (orders, lossy)
    report = replayed(tmp_path, production(reference), runs(candidate))
    assert findings(report) == [] and untested(report) == {} and report.coverage.dead == ()


def test_ids_of_64_bits_are_the_end_of_those_of_128(tmp_path: Path) -> None:
    """A service with an old tracer is a part of the flow."""

    def old(number: int) -> Step:
        return changed(orders(number), lambda step: step._replace(narrow=step.service == "picking"))

    assert is_quiet(replayed(tmp_path, production(old), runs(orders)))


def test_spans_that_two_exporters_send_count_once(tmp_path: Path) -> None:
    """A second pipeline adds attributes of its own, and sends some spans a third time."""
    plain = list(production(orders))
    copies = list(production(orders, of={"k8s.pod.name": "orders-7f"}))[::-1]
    report = replayed(tmp_path, [*plain, *copies, *copies[:100]], runs(orders))
    assert is_quiet(report)
    assert report.input.duplicates >= len(plain) and report.input.traces == 300 + 48
