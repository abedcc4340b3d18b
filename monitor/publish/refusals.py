"""How the HTTP API says no: a status, and JSON with one key, `detail`, which repeats nothing of the request.

Whatever a request says is foreign text, and an answer that repeats it may be taken for ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.drift.report import UnknownComparisonError
from monitor.publish.access import ForbiddenError, NoTokenError
from monitor.publish.choice import SeveralError, UnknownNameError

RETRY = {"Retry-After": "5"}
"""What is not known or not reachable yet may be asked again in 5 s."""

_STATUSES: Mapping[type[Exception], tuple[int, Mapping[str, str]]] = {
    SeveralError: (400, {}),
    NoTokenError: (401, {"WWW-Authenticate": "Bearer"}),
    ForbiddenError: (403, {}),
    UnknownNameError: (404, {}),
    UnknownComparisonError: (503, RETRY),
    UnreachableError: (503, RETRY),
    ConfigurationError: (503, RETRY),
}


class Refusal(BaseModel):
    """Why a request is refused, and what to do."""

    detail: str


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of its refusals."""
    return {status: {"model": Refusal} for status in statuses}


def refuse(app: FastAPI) -> None:
    """Answer errors of this application as the table says, and all others without a word of the request."""
    for kind in _STATUSES:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)


def status_of(error: Exception) -> tuple[int, Mapping[str, str]]:
    """The status and the headers of the answer to an error; 400 for one that the table does not name."""
    return next((found for kind, found in _STATUSES.items() if isinstance(error, kind)), (400, {}))


async def _known(_: Request, error: Exception) -> JSONResponse:
    status, headers = status_of(error)
    return _refused(status, str(error), headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Each parameter by its own name, with what it must be; pydantic's list would repeat what was sent."""
    problems: Iterable[Mapping[str, Any]] = getattr(error, "errors", list)()
    said = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems)
    return _refused(422, "; ".join(said), {})


async def _failed(_: Request, __: Exception) -> JSONResponse:
    return _refused(500, "this request failed inside the daemon; its log says why", {})


def _refused(status: int, detail: str, headers: Mapping[str, str]) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, headers=dict(headers))
