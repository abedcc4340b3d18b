"""The routes of pages: they ask the view, and hand what it says to a template."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from monitor import __version__
from monitor.base.errors import FlowdriftError
from monitor.ledgers import ASKED
from monitor.publish.choice import chosen
from monitor.publish.context import Context
from monitor.publish.pages.board import Board, board
from monitor.publish.pages.engine import render, stylesheet
from monitor.publish.pages.flow import flow_page
from monitor.publish.pages.glossary import SECTIONS
from monitor.publish.pages.overview import overview
from monitor.publish.refusals import status_of

_NAVIGATION = (("/", "Overview"), ("/definitions", "Definitions"))


class UnknownParameterError(FlowdriftError):
    """An address has a parameter that its page does not know."""


class _Page(NamedTuple):
    """What a page is made of beside its template: its title, where its JSON is, and its command."""

    template: str
    title: str
    json: str
    command: str
    content: Mapping[str, Any]


_Make = Callable[[Board], _Page]


def pages(context: Context) -> APIRouter:
    """The routes; they answer HTML, and need no more rights than those of the API that read."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/flowdrift.css")
    async def style() -> Response:
        return Response(stylesheet(), media_type="text/css")

    @router.get("/")
    async def first(request: Request) -> Response:
        return await _answer(context, request, _overview)

    @router.get("/flows/{wanted}")
    async def flow(request: Request, wanted: str) -> Response:
        return await _answer(context, request, lambda known: _flow(context, known, wanted))

    @router.get("/definitions")
    async def definitions(request: Request) -> Response:
        return await _answer(context, request, _definitions)

    return router


def _overview(known: Board) -> _Page:
    content = {"overview": overview(known)}
    address = f"/api/v1/report?comparison={known.name}"
    return _Page("overview", "Overview", address, f'curl "$FLOWDRIFT_URL{address}"', content)


def _flow(context: Context, known: Board, wanted: str) -> _Page:
    entry = known.entry(wanted)
    content = {"page": flow_page(known, entry, context.links.trace), "sides": known.record.comparison}
    address = f"/api/v1/flows/{wanted}?comparison={known.name}"
    return _Page("flow", entry.flow.flow, address, f'curl "$FLOWDRIFT_URL{address}"', content)


def _definitions(_: Board) -> _Page:
    content = {"sections": SECTIONS, "questions": ASKED}
    return _Page("definitions", "Definitions", "/api/v1/openapi.json", "flowdrift --help", content)


async def _answer(
    context: Context, request: Request, make: _Make, allowed: frozenset[str] = frozenset()
) -> Response:
    """The page that `make` makes, beside the event loop; else one that says why there is none."""
    frame = {
        "version": __version__,
        "comparison": "",
        "comparisons": (),
        "here": request.url.path,
        "nav": _NAVIGATION,
    }
    try:
        _check(request, allowed | {"comparison"})
        name = chosen(context.view, context.comparisons, request.query_params.get("comparison")).name
        frame |= {"comparison": name, "comparisons": tuple(context.view.comparisons())}
        html = await asyncio.to_thread(_made, context.view.frozen(), name, make, frame)
    except FlowdriftError as error:
        status, headers = status_of(error)
        return HTMLResponse(render("refused", **frame, error=str(error)), status, headers=dict(headers))
    return HTMLResponse(html)


def _made(view: Any, name: str, make: _Make, frame: Mapping[str, Any]) -> str:
    page = make(board(view, name))
    return render(
        page.template, **frame, **page.content, title=page.title, json=page.json, command=page.command
    )


def _check(request: Request, known: frozenset[str]) -> None:
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        said = (
            f"This page does not know one of the address's parameters; it knows {', '.join(sorted(known))}."
        )
        raise UnknownParameterError(said, code="parameter")
