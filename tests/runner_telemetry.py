"""What test runners, pipelines and monitors send, written as their sources write it: OTLP requests in order.

Each function stands for one tool and names where that is seen. The system under test is always the same:
`shop` answers `POST /pay` and calls `payments`. Ids are small integers, unique within a trace.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.factories import trace_id
from tests.unit.wire.requests import Values, request, sent

REMOTE = 0x300
"""Span flags: it is known whether the parent is remote, and it is."""

Resource = Mapping[str, str]
UNSAID: Resource = MappingProxyType({})
Exports = list[bytes]
"""Requests as they reach the topic."""


def export(resource: Values, scope: str, *spans: OutgoingSpan) -> bytes:
    """One request."""
    return request(spans, resource, scope).SerializeToString()


def span(id: int, parent: int, name: str, attributes: Values | None = None, **more: Any) -> OutgoingSpan:
    """An internal span, unless `kind` says otherwise; `trace`: its trace's number."""
    more = {"kind": Kind.INTERNAL, "trace_id": trace_id(more.pop("trace", 1))} | more
    return sent(id, parent=parent, name=name, attributes=attributes, **more)


def system(
    parent: int, *, first: int, trace: int = 1, state: str = "", services: Resource = UNSAID
) -> Exports:
    """A request to `shop` whose caller is span `parent`; the ids are `first` and the two after it.

    `services`: resource attributes of both. `state`: the trace state, which SDKs hand on.
    """
    common: dict[str, Any] = {"trace": trace, "trace_state": state}
    entry: Values = {"http.request.method": "POST", "http.route": "/pay", "http.response.status_code": 200}
    call: Values = {
        "http.request.method": "POST",
        "url.template": "/charges",
        "service.peer.name": "payments",
    }
    pay = span(first, parent, "POST /pay", entry, kind=Kind.SERVER, flags=REMOTE, **common)
    charge = span(first + 1, first, "POST", call, kind=Kind.CLIENT, **common)
    served: Values = {"http.request.method": "POST", "http.route": "/charges"}
    charged = span(first + 2, first + 1, "POST /charges", served, kind=Kind.SERVER, flags=REMOTE, **common)
    return [
        export({"service.name": "payments"} | dict(services), "opentelemetry.instrumentation.asgi", charged),
        export(
            {"service.name": "shop"} | dict(services), "opentelemetry.instrumentation.fastapi", charge, pay
        ),
    ]


def client(id: int, parent: int, trace: int = 1) -> OutgoingSpan:
    """The request as the test's own HTTP client sees it."""
    attributes: Values = {"http.request.method": "POST", "http.response.status_code": 200}
    return span(id, parent, "POST", attributes, kind=Kind.CLIENT, trace=trace)


def pytest_opentelemetry(resource: Resource, cases: Sequence[str], services: Resource = UNSAID) -> Exports:
    """pytest-opentelemetry 1.1 (instrumentation.py): one trace for the session, which ends last.

    `test run` > NODEID > NODEID::setup (with fixtures), ::call, ::teardown. Every test calls the system
    once, and its fixture once before.
    """
    exports: Exports = []
    scope = "pytest-opentelemetry"
    for number, case in enumerate(cases, 1):
        base = 100 * number
        says: Values = {"pytest.nodeid": case, "pytest.span_type": "test", "code.function": "test_pay"}
        fixture: Values = {"pytest.span_type": "fixture", "pytest.fixture_scope": "function"}
        exports += system(base + 4, first=base + 10, services=services)
        exports += system(base + 6, first=base + 20, services=services)
        calls = [client(base + 4, base + 3), client(base + 6, base + 5)]
        exports.append(export(resource, "opentelemetry.instrumentation.httpx", *calls))
        spans = [
            span(base + 3, base + 2, "cart setup", fixture),
            span(base + 2, base + 1, f"{case}::setup", says),
        ]
        spans += [span(base + 5, base + 1, f"{case}::call", says)]
        spans += [span(base + 7, base + 1, f"{case}::teardown", says), span(base + 1, 1, case, says)]
        exports.append(export(resource, scope, *spans))
    exports.append(export(resource, scope, span(1, 0, "test run", {"pytest.span_type": "run"})))
    return exports


def pytest_otel(resource: Resource, cases: Sequence[str], services: Resource = UNSAID) -> Exports:
    """pytest-otel 2.5 (__init__.py): the session's name is the scope; the session span is a SERVER."""
    exports: Exports = []
    scope = "Test Suite"
    for number, case in enumerate(cases, 1):
        base = 100 * number
        exports += system(base + 2, first=base + 10, services=services)
        exports.append(export(resource, "opentelemetry.instrumentation.httpx", client(base + 2, base + 1)))
        says: Values = {"tests.name": case, "tests.status": "passed"}
        exports.append(export(resource, scope, span(base + 1, 1, f"Running {case}", says)))
    session = span(1, 0, scope, {"tests.status": "passed"}, kind=Kind.SERVER)
    return [*exports, export(resource, scope, session)]


def playwright(
    resource: Resource, case: str, trace: int, *, dropped: bool = False, services: Resource = UNSAID
) -> Exports:
    """playwright-opentelemetry (reporter.ts, otel.ts, request-response-capture.ts): a trace per test.

    The fixture sends the requests itself; the reporter sends the test and its steps at the end of the run,
    unless its setting drops passing tests.
    """
    scope = "playwright-opentelemetry"
    exports = system(3, first=10, trace=trace, services=services)
    exports.append(
        export({"service.name": "playwright-browser"} | dict(resource), scope, client(3, 2, trace))
    )
    if dropped:
        return exports
    step: Values = {"test.step.name": "pays", "test.step.title": "pays", "test.step.category": "test.step"}
    test: Values = {
        "test.case.name": case,
        "test.case.title": case,
        "test.case.result.status": "pass",
        "playwright.test.status": "passed",
    }
    spans = [span(1, 0, "playwright.test", test, trace=trace)]
    spans.append(span(2, 1, "playwright.test.step", step, trace=trace))
    return [*exports, export({"service.name": "playwright-tests"} | dict(resource), scope, *spans)]


def vitest(resource: Resource, cases: Sequence[str], services: Resource = UNSAID) -> Exports:
    """Vitest 4 (@vitest/runner, `run.test`; vitest, traces.ts): worker > run > module > test > callback."""
    exports: Exports = []
    for number, case in enumerate(cases, 1):
        base = 100 * number
        exports += system(base + 3, first=base + 10, services=services)
        exports.append(export(resource, "@opentelemetry/instrumentation-undici", client(base + 3, base + 2)))
        says: Values = {"vitest.test.id": f"{number}_0", "vitest.test.name": case, "vitest.test.mode": "run"}
        callback = span(base + 2, base + 1, "vitest.test.runner.test.callback")
        exports.append(
            export(resource, "vitest", callback, span(base + 1, 3, "vitest.test.runner.run.test", says))
        )
    module: Values = {"code.file.path": "/shop/pay.test.ts"}
    return [
        *exports,
        export(
            resource,
            "vitest",
            span(3, 2, "vitest.test.runner.run.module", module),
            span(2, 1, "vitest.test.runner.run"),
            span(1, 0, "vitest.worker", {"vitest.worker.name": "forks"}),
        ),
    ]


def cucumber(resource: Resource, scenario: str, trace: int, services: Resource = UNSAID) -> Exports:
    """@opentelemetry/instrumentation-cucumber (instrumentation.ts): all its spans are of kind CLIENT.

    Feature and scenario > step > step definition; tags are arrays, and the text of a failed step its error.
    """
    scope = "@opentelemetry/instrumentation-cucumber"
    more: dict[str, Any] = {"kind": Kind.CLIENT, "trace": trace}
    says: Values = {"cucumber.feature.language": "en", "code.function": scenario}
    return [
        *system(4, first=10, trace=trace, services=services),
        export(resource, "@opentelemetry/instrumentation-http", client(4, 3, trace)),
        export(
            resource,
            scope,
            span(3, 2, "When(/^I pay (.*)$/)", {"cucumber.step.args[0]": "7.50"}, **more),
            span(2, 1, "I pay 7.50", {"cucumber.step.type": "Action"}, **more),
            span(1, 0, f"Feature: Paying. Scenario: {scenario}", says, **more),
        ),
    ]


def k6(trace: int, services: Resource = UNSAID) -> Exports:
    """http-instrumentation-tempo of k6: a `traceparent` whose span nobody sends."""
    return system(9, first=10, trace=trace, services=services)


def jenkins(services: Resource = UNSAID) -> Exports:
    """The OpenTelemetry plug-in of Jenkins (MonitoringRunListener, ExtendedJenkinsAttributes).

    `BUILD JOB` (SERVER) > phases > stages > steps, which hand on a TRACEPARENT.
    """
    resource: Values = {"service.name": "jenkins", "service.namespace": "jenkins"}
    build: Values = {
        "ci.pipeline.id": "shop/main",
        "ci.pipeline.name": "shop",
        "ci.pipeline.run.number": 41,
        "ci.pipeline.run.result": "SUCCESS",
    }
    step: Values = {"jenkins.pipeline.step.type": "sh", "jenkins.pipeline.step.name": "Shell Script"}
    spans = [span(4, 3, "smoke tests", step), span(3, 2, "Stage: test"), span(2, 1, "Phase: Run")]
    spans.append(span(1, 0, "BUILD shop", build, kind=Kind.SERVER))
    return [*system(4, first=10, services=services), export(resource, "io.jenkins.opentelemetry", *spans)]


def github(services: Resource = UNSAID) -> Exports:
    """githubreceiver of the Collector (trace_event_handling.go, model.go): facts stand on the resources.

    Workflow run (SERVER) > job > step. The job's and its steps' spans come when the job is over, the run's
    when the run is; no scope has a name, and neither run nor job has attributes of its own.
    """
    run: Values = {
        "service.name": "shop-repository",
        "cicd.pipeline.name": "CI",
        "cicd.pipeline.run.id": 77,
        "cicd.pipeline.run.status": "success",
    }
    job: Values = {
        "service.name": "shop-repository",
        "cicd.pipeline.name": "smoke",
        "cicd.pipeline.task.run.id": 9,
        "cicd.pipeline.run.task.status": "success",
    }
    step: Values = {"cicd.pipeline.task.name": "Run smoke tests", "cicd.pipeline.run.task.status": "success"}
    return [
        *system(4, first=10, services=services),
        export(
            job,
            "",
            span(2, 1, "smoke"),
            span(3, 2, "queue-smoke"),
            span(4, 2, "Run smoke tests", step),
        ),
        export(run, "", span(1, 0, "CI", kind=Kind.SERVER)),
    ]


def gitlab(services: Resource = UNSAID) -> Exports:
    """gitlabreceiver of the Collector (traces_event_handling.go, model.go): pipeline > stage > job.

    All are of kind SERVER and come in one request when the pipeline is over; stages have no attributes.
    """
    resource: Values = {
        "service.name": "group/shop",
        "cicd.pipeline.name": "nightly",
        "cicd.pipeline.result": "success",
        "cicd.pipeline.run.id": 77,
    }
    pipeline: Values = {"gitlab.pipeline.source": "schedule"}
    job: Values = {"cicd.pipeline.task.name": "smoke", "cicd.pipeline.task.run.result": "success"}
    spans = [span(1, 0, "nightly", pipeline, kind=Kind.SERVER), span(2, 1, "test", kind=Kind.SERVER)]
    spans.append(span(3, 2, "smoke", job, kind=Kind.SERVER))
    return [*system(3, first=10, services=services), export(resource, "", *spans)]


def checkly(trace: int, *, exported: bool = True, services: Resource = UNSAID) -> Exports:
    """Checkly (documentation, 'How it works'): it marks the trace state; a span may stand for the check."""
    check: Values = {"checkly.check.id": "438481ea", "checkly.check.name": "pay", "checkly.check.type": "api"}
    own = [export({"service.name": "checkly"}, "checkly", span(9, 0, "pay", check, trace=trace))]
    return [
        *system(9, first=10, trace=trace, state="checkly=true", services=services),
        *(own if exported else []),
    ]
