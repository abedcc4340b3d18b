"""The HTTP API: probes, /metrics, the report, flows, runs, and saying that a run begins or has ended.

Routes only translate; what they say comes from the view of the verdicts topic. The OpenAPI document stands at
/api/v1/openapi.json.
"""

import asyncio
from collections.abc import Callable

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from monitor import __version__
from monitor.base.run import RunKey
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.run import RunRecord
from monitor.drift.report import Report
from monitor.publish.choice import chosen, chosen_for
from monitor.publish.context import Context
from monitor.publish.gate import RunVerdict, run_verdict
from monitor.publish.guards import BodyLimit, SecurityHeaders
from monitor.publish.known_runs import known_runs
from monitor.publish.listing import FlowLine, flow_lines
from monitor.publish.openapi import answered, answers_with, describe_records, many, one
from monitor.publish.pages.board import board
from monitor.publish.pages.routes import pages
from monitor.publish.parameters import After, ComparisonName, FlowKey, PageSize, RunId
from monitor.publish.probes import probes
from monitor.publish.recall_routes import recalling
from monitor.publish.refusals import refuse, refuses
from monitor.publish.run_audit import AuditedCalls, audited_calls
from monitor.publish.runs import changing
from monitor.publish.view import View

REPORTS_AT_ONCE = 2
"""Made in threads, of which /metrics and clients of Kafka need some, too; whoever comes later waits."""


def create_app(context: Context, *, api: bool = True) -> ASGIApp:
    """The ASGI application: probes and /metrics, and with `api` what the view can answer.

    No documentation page: it would load foreign scripts. No redirects: they would repeat the Host header.
    """
    app = FastAPI(
        title="flowdrift",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(probes(context))
    if api:
        app.include_router(_reading(context), prefix="/api/v1")
        app.include_router(changing(context), prefix="/api/v1")
        app.include_router(pages(context))
    refuse(app)
    describe_records(app)
    return SecurityHeaders(BodyLimit(app))


def _reading(context: Context) -> APIRouter:
    turns = asyncio.Semaphore(REPORTS_AT_ONCE)
    router = APIRouter(tags=["verdicts"], responses=refuses(400, 404, 413, 422, 503))

    @router.get("/report", response_class=Response, responses=answers_with(one(Report)))
    async def report(comparison: ComparisonName = None) -> Response:
        """The report of one comparison: the shape that `flowdrift replay -o json` prints."""
        return await _made(_report, context, comparison, turns)

    @router.get("/flows", response_model=list[FlowLine])
    async def flows(comparison: ComparisonName = None) -> Response:
        """Every flow of one comparison with its state per dimension."""
        return await _made(_flows, context, comparison, turns)

    @router.get("/flows/{flow_id}", response_class=Response, responses=answers_with(one(FlowVerdicts)))
    async def flow(flow_id: FlowKey, comparison: ComparisonName = None) -> Response:
        """One flow, by the id in the address of its page: its verdicts and the calls of both sides."""
        name = chosen(context.view, context.comparisons, comparison).name
        return answered(board(context.view, name).entry(flow_id).flow)

    @router.get("/runs", response_class=Response, responses=answers_with(many(RunRecord)))
    async def runs() -> Response:
        """Every run that is settled, of all environments."""
        return answered(context.view.every(RunRecord))

    @router.get("/runs/{run:path}/audit", response_class=Response, responses=answers_with(one(AuditedCalls)))
    async def audit(
        run: RunId, comparison: ComparisonName = None, after: After = None, limit: PageSize = 1000
    ) -> Response:
        """The calls of one run in pages, and what of them is not recorded."""
        meant = chosen_for(context.view, context.comparisons, comparison, run)
        return answered(await audited_calls(context, RunKey(meant.candidate, run), after, limit))

    @router.get("/runs/{run:path}/verdict", response_class=Response, responses=answers_with(one(RunVerdict)))
    async def verdict(run: RunId, comparison: ComparisonName = None) -> Response:
        """The verdict on one run: pass, drift, insufficient; until it is settled unseen, then open."""
        meant = chosen_for(context.view, context.comparisons, comparison, run)
        known_runs(context.view)
        return answered(run_verdict(context.view, run, meant))

    async def made(make: Callable[[View, str], bytes], comparison: str | None) -> Response:
        return await _made(make, context, comparison, turns)

    router.include_router(recalling(made))
    return router


async def _made(
    make: Callable[[View, str], bytes], context: Context, comparison: str | None, turns: asyncio.Semaphore
) -> Response:
    """JSON made beside the event loop: thousands of flows take longer than others may wait."""
    name = chosen(context.view, context.comparisons, comparison).name
    async with turns:
        body = await asyncio.to_thread(make, context.view.frozen(), name)
    return Response(body, media_type="application/json")


def _report(view: View, comparison: str) -> bytes:
    return orjson.dumps(view.report(comparison).plain())


def _flows(view: View, comparison: str) -> bytes:
    return TypeAdapter(list[FlowLine]).dump_json(flow_lines(view, comparison))
