"""/livez, /readyz and /metrics."""

from collections.abc import Iterator, Mapping

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from monitor.drift.clocks import clocks
from monitor.drift.strangers import strangers
from monitor.publish.context import Context
from monitor.publish.exposition import CONTENT_TYPE
from monitor.publish.view import View


def probes(context: Context) -> APIRouter:
    """The routes; they answer text."""
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
    for hint in (*strangers(view), *clocks(view)):
        yield f"[!]{hint.kind} {hint.subject}: {hint.says} Set {hint.remedy}"
