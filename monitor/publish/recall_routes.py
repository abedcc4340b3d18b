"""The routes of the HTTP API about recall: the ratio, every failure signature, one of them."""

from collections.abc import Awaitable, Callable
from functools import partial

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from monitor.drift.recall import Recall, kinds_of, plain_kind, plain_recall, recall_of
from monitor.drift.records.failure import FailureKind
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.report import known_comparison
from monitor.publish.choice import UnknownNameError
from monitor.publish.openapi import answers_with, many, one
from monitor.publish.parameters import ComparisonName, EscapeId
from monitor.publish.view import View

Made = Callable[[Callable[[View, str], bytes], str | None], Awaitable[Response]]
"""Answers with what is made of the view for a comparison."""


def recalling(made: Made) -> APIRouter:
    """The routes; what each of them answers is made beside the event loop."""
    router = APIRouter()

    @router.get("/recall", response_class=Response, responses=answers_with(one(Recall)))
    async def recall(comparison: ComparisonName = None) -> Response:
        """Which share of the failures of production tests have shown, and what escaped them."""
        return await made(_recall, comparison)

    @router.get("/escapes", response_class=Response, responses=answers_with(many(FailureKind)))
    async def escapes(comparison: ComparisonName = None) -> Response:
        """Every failure signature of production, with what became of it: open ones first."""
        return await made(_escapes, comparison)

    @router.get("/escapes/{signature}", response_class=Response, responses=answers_with(one(FailureKind)))
    async def escape(signature: EscapeId, comparison: ComparisonName = None) -> Response:
        """One failure signature: where it stands and why, with traces of production and of the tests."""
        return await made(partial(_escape, signature), comparison)

    return router


def _flows(view: View, comparison: str) -> list[FlowVerdicts]:
    """The flows of a comparison; UnknownComparisonError: no flow yet does not mean no failure."""
    known_comparison(view, comparison)
    return view.flows(comparison)


def _recall(view: View, comparison: str) -> bytes:
    return orjson.dumps(plain_recall(recall_of(_flows(view, comparison))))


def _escapes(view: View, comparison: str) -> bytes:
    return orjson.dumps([plain_kind(kind) for kind in kinds_of(_flows(view, comparison))])


def _escape(signature: str, view: View, comparison: str) -> bytes:
    for kind in kinds_of(_flows(view, comparison)):
        if kind.id == signature:
            return orjson.dumps(plain_kind(kind))
    raise UnknownNameError("no failure of production has this id; /api/v1/escapes lists all", code="escape")
