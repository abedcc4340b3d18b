"""What can happen to the telemetry of a suite, while the suite does what it did."""

from dataclasses import replace
from random import Random

from tests.metamorphic.telemetry.capture import TESTS, Capture
from tests.metamorphic.telemetry.spans import Span, rewritten
from tests.metamorphic.transformations import TRANSFORMATIONS
from tests.shop.injections import call_dropped
from tests.shop.model import Shop
from tests.shop.places import busiest, is_request, to
from tests.shop.scenario import Beginning, Injected
from tests.shop.traffic import Traffic, production, run_id

LATE, LOST = 0.10, 0.05
LATE_MS = 30_000
INSTRUMENTED = (
    "old http",
    "old rpc",
    "old database",
    "old messaging",
    "controllers",
    "repositories",
    "servers twice",
    "clients twice",
    "queries twice",
    "templates stated",
    "scattered",
    "two exporters",
    "narrow ids",
    "clocks apart",
)
"""Transformations of any system that change no shares and need no setting."""


def late_and_lost(_: Shop, __: Random) -> Injected:
    """Of the spans of the tests some are late, and some are lost."""

    def rewrite(capture: Capture, rng: Random) -> Capture:
        def change(span: Span) -> Span:
            roll = rng.random()
            if roll < LOST:
                return span._replace(exported=False)
            return span._replace(held_ms=LATE_MS) if roll < LOST + LATE else span

        traces = (trace._replace(root=rewritten(trace.root, change)) for trace in capture.traces)
        return capture._replace(traces=tuple(traces))

    return Injected(says="10 % late, 5 % lost", rewrite=rewrite)


def unaudited(shop: Shop, _: Random) -> Injected:
    """Of one call of the tests nobody sends the other side, and the caller does not say how it ended."""
    place = busiest(shop, is_request)
    name, service = to(place).word, to(place).service

    def change(span: Span) -> Span:
        if name not in f"{span.name} {span.attributes.get('url.full', '')}":
            return span
        if span.service == service:
            return span._replace(exported=False)
        silent = {key: value for key, value in span.attributes.items() if "status_code" not in key}
        return span._replace(attributes=silent)

    def rewrite(capture: Capture, _: Random) -> Capture:
        traces = (trace._replace(root=rewritten(trace.root, change)) for trace in capture.traces)
        return capture._replace(traces=tuple(traces))

    return Injected(
        says=f"nothing is known of {name}", flows=(place.flow.named_by.word,), words=(name,), rewrite=rewrite
    )


def broken_off(_: Shop, __: Random) -> Injected:
    """The environment of the tests stops to send in the middle of the second run."""
    broken = Beginning().runs + 1

    def rewrite(capture: Capture, _: Random) -> Capture:
        last = capture.traces[0].stated("cicd.pipeline.run.id") == run_id(broken)
        return capture._replace(traces=capture.traces[: len(capture.traces) // 3]) if last else capture

    return Injected(says="a run breaks off", rewrite=rewrite)


def re_instrumented(_: Shop, rng: Random) -> Injected:
    """The tests are observed by another agent, convention or exporter."""
    names = rng.sample(INSTRUMENTED, 2)

    def rewrite(capture: Capture, rng: Random) -> Capture:
        for name in names:
            capture = TRANSFORMATIONS[name].rewrite(capture, rng)
        return capture

    return Injected(says=" and ".join(names), rewrite=rewrite)


def production_itself(shop: Shop, rng: Random) -> Injected:
    """What is compared with production is production."""
    seed = str(rng.random())

    def rewrite(capture: Capture, _: Random) -> Capture:
        begin = capture.traces[0].root.start
        made = production(shop, Traffic(begin, 7200, 1000), seed)
        resource = {"deployment.environment.name": TESTS}
        return Capture(TESTS, tuple(trace._replace(resource=resource) for trace in made.traces))

    return Injected(says="production itself", rewrite=rewrite)


def on_a_branch(shop: Shop, rng: Random) -> Injected:
    """A pull request mocks a call away."""
    return replace(call_dropped(shop, rng), how={"branch": "feature"})


def mended(shop: Shop, rng: Random) -> Injected:
    """After many runs that mock a call away one is faithful."""
    return replace(call_dropped(shop, rng), faithful=1)
