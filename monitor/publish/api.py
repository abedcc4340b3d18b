"""The HTTP API: probes, /metrics, the report, flows, runs, and saying that a run begins or has ended.

Routes only translate; what they say comes from the view of the verdicts topic. Errors are JSON objects with
one key, `detail`. The OpenAPI document stands at /api/v1/openapi.json.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, NamedTuple, Protocol

import orjson
from fastapi import APIRouter, FastAPI, HTTPException, Path, Query
from fastapi.responses import PlainTextResponse, Response
from pydantic import AfterValidator, TypeAdapter

from monitor import __version__
from monitor.base.clock import Clock
from monitor.base.errors import UnreachableError
from monitor.base.units import LogTime
from monitor.drift.policy import Comparison
from monitor.drift.records.run import RunRecord
from monitor.drift.report import Report, UnknownComparisonError
from monitor.drift.strangers import strangers
from monitor.pipeline.timeline.commands import Begin, Command, Finish
from monitor.publish.choice import SeveralError, UnknownNameError, chosen, chosen_for
from monitor.publish.exposition import CONTENT_TYPE, Exposition
from monitor.publish.gate import RunVerdict, run_verdict
from monitor.publish.guards import BodyLimit, SecurityHeaders
from monitor.publish.known_runs import KnownRuns, Stage
from monitor.publish.listing import Accepted, FlowLine, flow_lines
from monitor.publish.openapi import answered, answers_with, describe_records, many, one
from monitor.publish.view import View
from monitor.wire.names import READ_LIMIT, normalise


def _run_id(text: str) -> str:
    """The id as telemetry spells it."""
    if not (run := normalise(text)):
        raise ValueError("a run id is not empty")
    return run


RunId = Annotated[str, Path(min_length=1, max_length=READ_LIMIT), AfterValidator(_run_id)]
EnvironmentName = Annotated[str | None, Query(description="Where it runs; needed with several.")]
SuiteName = Annotated[
    str, Query(description="Its suite; by default what its spans say."), AfterValidator(normalise)
]
ComparisonName = Annotated[
    str | None,
    Query(description="Name of the comparison; by default the first that is shown, or has the run."),
]

RETRY = {"Retry-After": "5"}
"""What is not known or not reachable yet may be asked again in 5 s."""


class Health(Protocol):
    """What the probes ask."""

    def alive(self) -> bool:
        """Whether the event loop makes progress."""

    def waiting_for(self) -> Mapping[str, str]:
        """For each part of this process what it waits for; '' where it is ready."""


class Commands(Protocol):
    """Where commands are written."""

    async def append(self, command: Command) -> int:
        """Write a command and return its number. Raises UnreachableError."""


class Context(NamedTuple):
    """Everything that the routes read."""

    view: View
    comparisons: tuple[Comparison, ...]
    exposition: Exposition
    health: Health
    commands: Commands
    clock: Clock


def create_app(context: Context, *, api: bool = True) -> FastAPI:
    """The ASGI application: probes and /metrics, and with `api` what the view can answer.

    No documentation page: it would load foreign scripts.
    """
    app = FastAPI(
        title="flowdrift",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(_probes(context))
    if api:
        app.include_router(_reading(context), prefix="/api/v1")
        app.include_router(_writing(context), prefix="/api/v1")
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    describe_records(app)
    return app


def _probes(context: Context) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/livez", response_class=PlainTextResponse)
    async def livez() -> Response:
        """200 while the event loop makes progress; never depends on Kafka."""
        alive = context.health.alive()
        return PlainTextResponse("ok\n" if alive else "stuck\n", 200 if alive else 503)

    @router.get("/readyz", response_class=PlainTextResponse)
    async def readyz(verbose: str | None = None) -> Response:
        """200 when every part is assigned and restored.

        `?verbose` names each part and what it waits for, and what arrives that no comparison has.
        """
        parts = context.health.waiting_for()
        ready = not any(parts.values())
        said = "" if verbose is None else "".join(f"{line}\n" for line in _verbose(parts, context.view))
        return PlainTextResponse(f"{said}{'ok' if ready else 'not ready'}\n", 200 if ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Everything in the catalogue, in the text format of Prometheus."""
        return Response(await context.exposition.page(), media_type=CONTENT_TYPE)

    return router


def _verbose(parts: Mapping[str, str], view: View) -> Iterator[str]:
    for part, why in sorted(parts.items()):
        yield f"[{'-' if why else '+'}]{part} {why or 'ok'}"
    for hint in strangers(view):
        yield f"[!]{hint.kind} {hint.subject}: {hint.says} Set {hint.remedy}"


def _reading(context: Context) -> APIRouter:
    router = APIRouter(tags=["verdicts"])

    @router.get("/report", response_class=Response, responses=answers_with(one(Report)))
    async def report(comparison: ComparisonName = None) -> Response:
        """The report of one comparison: the shape that `flowdrift replay -o json` prints."""
        return await _made(_report, context, comparison)

    @router.get("/flows", response_model=list[FlowLine])
    async def flows(comparison: ComparisonName = None) -> Response:
        """Every flow of one comparison with its state per dimension."""
        return await _made(_flows, context, comparison)

    @router.get("/runs", response_class=Response, responses=answers_with(many(RunRecord)))
    async def runs() -> Response:
        """Every run that is settled, of all environments."""
        return answered(context.view.every(RunRecord))

    @router.get("/runs/{run:path}/verdict", response_class=Response, responses=answers_with(one(RunVerdict)))
    async def verdict(run: RunId, comparison: ComparisonName = None) -> Response:
        """The verdict on one run: pass, drift, insufficient; until it is settled unseen, then open."""
        known = _known(context, comparison, run)
        _known_runs(context)
        return answered(run_verdict(context.view, run, known))

    return router


def _writing(context: Context) -> APIRouter:
    router = APIRouter(tags=["runs"])

    @router.post("/runs/{run:path}/begin", status_code=202)
    async def begin(run: RunId, environment: EnvironmentName = None, suite: SuiteName = "") -> Accepted:
        """Announce a test run. 409: a run of this id is settled. 422: no such environment is compared."""
        where = _candidate(context, environment, run)
        if not where:
            known = ", ".join(_meant(context, ""))
            raise HTTPException(422, f"say in which environment it runs; compared are: {known}")
        _stage(context, run, where)
        return await _appended(context, Begin(where, run, suite, _now(context)))

    @router.post("/runs/{run:path}/finish", status_code=202)
    async def finish(run: RunId, environment: EnvironmentName = None) -> Accepted:
        """Say that a test run ends now. 404: nobody announced it, and no span of it has arrived."""
        where = _candidate(context, environment, run)
        known, stage = _stage(context, run, where)
        if stage is Stage.UNSEEN:
            raise HTTPException(404, known.says_unseen(run, _meant(context, where)))
        # Clocks differ: what has begun must not seem to end before that.
        at = max(_now(context), known.newest(run, _meant(context, where)))
        return await _appended(context, Finish(where, run, at))

    return router


def _stage(context: Context, run: str, environment: str) -> tuple[KnownRuns, Stage]:
    known = _known_runs(context)
    stage = known.stage(run, _meant(context, environment))
    if stage is Stage.SETTLED:
        raise HTTPException(409, f"run {run} is settled: what comes now needs an id of its own")
    return known, stage


def _known_runs(context: Context) -> KnownRuns:
    known = KnownRuns(context.view)
    if not known.reported:
        raise HTTPException(
            503, "no auditor has reported yet: it is starting, or Kafka is away", headers=RETRY
        )
    return known


def _now(context: Context) -> LogTime:
    return LogTime(int(context.clock.now() * 1000))


async def _appended(context: Context, command: Begin | Finish) -> Accepted:
    try:
        number = await context.commands.append(command)
    except UnreachableError as error:
        raise HTTPException(503, str(error), headers=RETRY) from error
    return Accepted(run=command.run, environment=command.environment, at_ms=command.at, number=number)


async def _made(make: Callable[[View, str], bytes], context: Context, comparison: str | None) -> Response:
    """JSON made beside the event loop: thousands of flows take longer than others may wait."""
    name = _known(context, comparison).name
    try:
        body = await asyncio.to_thread(make, context.view.frozen(), name)
    except UnknownComparisonError as error:
        raise HTTPException(503, str(error), headers=RETRY) from error
    return Response(body, media_type="application/json")


def _report(view: View, comparison: str) -> bytes:
    return orjson.dumps(view.report(comparison).plain())


def _flows(view: View, comparison: str) -> bytes:
    return TypeAdapter(list[FlowLine]).dump_json(flow_lines(view, comparison))


def _known(context: Context, name: str | None, run: str | None = None) -> Comparison:
    """The comparison of that name, or that is meant; 404 where there is none, 400 where there are several."""
    try:
        if run is None:
            return chosen(context.view, context.comparisons, name)
        return chosen_for(context.view, context.comparisons, name, run)
    except UnknownNameError as error:
        raise HTTPException(404, str(error)) from error
    except SeveralError as error:
        raise HTTPException(400, str(error)) from error


def _candidate(context: Context, name: str | None, run: str) -> str:
    """The candidate environment of that name; for None the only one that is likely, else ''.

    Likely are those that have the run, else those that were seen, else all.
    """
    candidates = _meant(context, "")
    if name is None:
        shown = context.view.comparisons()
        seen = sorted({each.candidate for each in context.comparisons if each.name in shown})
        there = KnownRuns(context.view).environments(run)
        likely = [each for each in candidates if each in there] or seen or candidates
        return likely[0] if len(likely) == 1 else ""
    if name not in candidates:
        raise HTTPException(422, f"no comparison has this candidate; known: {', '.join(candidates)}")
    return name


def _meant(context: Context, environment: str) -> list[str]:
    """The candidate environments that `environment` means: all of them where it is ''."""
    candidates = {comparison.candidate for comparison in context.comparisons}
    return [environment] if environment else sorted(candidates)
