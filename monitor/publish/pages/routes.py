"""The routes of pages: they ask the view, and hand what it says to a template."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from monitor import __version__
from monitor.base.errors import FlowdriftError
from monitor.publish.choice import chosen
from monitor.publish.context import Context
from monitor.publish.pages import page
from monitor.publish.pages.engine import render, stylesheet
from monitor.publish.refusals import status_of

AT_ONCE = 2
"""Made in threads, of which /metrics and clients of Kafka need some, too; whoever comes later waits."""

_NAVIGATION = (
    ("/", "Overview"),
    ("/flows", "Flows"),
    ("/coverage", "Coverage"),
    ("/runs", "Runs"),
    ("/health", "Health"),
)
_Make = Callable[[page.Asked], page.Page]
_LISTED = ("page",)
_FILTERED = ("flow", "service", "dimension", "state", *_LISTED)


class _Pages:
    """Answers with pages, a few at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def answer(self, request: Request, make: _Make, *parameters: str) -> Response:
        """The page that `make` makes, beside the event loop; else one that says why there is none.

        parameters: that its address may have beside `comparison`.
        """
        frame = {"comparison": "", "comparisons": (), "here": request.url.path}
        try:
            _check(request, {*parameters, "comparison"})
            view, said = self._context.view, request.query_params
            name = chosen(view, self._context.comparisons, said.get("comparison")).name
            frame |= {"comparison": name, "comparisons": tuple(view.comparisons())}
            async with self._turns:
                context = self._context
                asked = page.Asked(
                    view.frozen(), name, dict(said), context.links.trace, context.health.waiting_for()
                )
                return HTMLResponse(await asyncio.to_thread(_made, asked, make, frame))
        except FlowdriftError as error:
            status, headers = status_of(error)
            return HTMLResponse(_render("refused", frame, error=str(error)), status, headers=dict(headers))


def pages(context: Context) -> APIRouter:
    """The routes; they answer HTML, and need no more rights than those of the API that read."""
    router = APIRouter(include_in_schema=False)
    answer = _Pages(context).answer

    @router.get("/static/flowdrift.css")
    async def style() -> Response:
        return Response(stylesheet(), media_type="text/css")

    def show(path: str, make: _Make, *parameters: str) -> None:
        async def shown(request: Request) -> Response:
            return await answer(request, make, *parameters)

        router.add_api_route(path, shown)

    def show_one(path: str, make: Callable[[page.Asked, str], page.Page]) -> None:
        async def shown(request: Request, wanted: str) -> Response:
            return await answer(request, lambda asked: make(asked, wanted))

        router.add_api_route(f"{path}/{{wanted}}", shown)

    show("/", page.overview_page)
    show("/flows", page.page_of_flows, *_FILTERED)
    show_one("/flows", page.page_of_flow)
    show("/coverage", page.page_of_coverage)
    show("/runs", page.page_of_runs, *_LISTED)
    show_one("/runs", page.page_of_run)
    show("/health", page.page_of_health)
    show("/definitions", page.definitions)
    return router


def _made(asked: page.Asked, make: _Make, frame: Mapping[str, Any]) -> str:
    made = make(asked)
    about = {"title": made.title, "json": made.json, "command": made.command}
    return _render(
        made.template, frame, sides=asked.sides, parameters=asked.parameters, **about, **made.content
    )


def _render(template: str, frame: Mapping[str, Any], **content: Any) -> str:
    return render(template, version=__version__, nav=_NAVIGATION, **frame, **content)


def _check(request: Request, known: set[str]) -> None:
    if set(request.query_params) - known:
        said = (
            f"This page does not know one of the address's parameters; it knows {', '.join(sorted(known))}."
        )
        raise page.UnknownParameterError(said, code="parameter")
