"""Routes that say of a test run that it begins or has ended: all of the HTTP API that changes anything."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from monitor.base.units import LogTime
from monitor.pipeline.timeline.commands import Begin, Finish
from monitor.publish.context import Context
from monitor.publish.known_runs import KnownRuns, Stage, known_runs
from monitor.publish.listing import Accepted
from monitor.publish.parameters import EnvironmentName, RunId, SuiteName
from monitor.publish.refusals import refuses

_TOKEN = HTTPBearer(
    auto_error=False,
    description="The token in `api.token_file`. Where none is set, requests over loopback need none, and "
    "others are refused.",
)
_Token = Annotated[HTTPAuthorizationCredentials | None, Depends(_TOKEN)]


def changing(context: Context) -> APIRouter:
    """The routes; each asks first whether the request may change anything."""

    async def permitted(request: Request, given: _Token) -> None:
        context.access.check(given.credentials if given else None, request.headers)

    refusals = refuses(401, 403, 404, 409, 413, 422, 503)
    router = APIRouter(tags=["runs"], dependencies=[Depends(permitted)], responses=refusals)

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
            raise HTTPException(404, known.says_unseen(run, _meant(context, where), called="this run"))
        # Clocks differ: what has begun must not seem to end before that.
        at = max(_now(context), known.newest(run, _meant(context, where)))
        return await _appended(context, Finish(where, run, at))

    return router


def _stage(context: Context, run: str, environment: str) -> tuple[KnownRuns, Stage]:
    known = known_runs(context.view)
    stage = known.stage(run, _meant(context, environment))
    if stage is Stage.SETTLED:
        raise HTTPException(409, "this run is settled: what comes now needs an id of its own")
    return known, stage


def _now(context: Context) -> LogTime:
    return LogTime(int(context.clock.now() * 1000))


async def _appended(context: Context, command: Begin | Finish) -> Accepted:
    number = await context.commands.append(command)
    return Accepted(run=command.run, environment=command.environment, at_ms=command.at, number=number)


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
    for each in candidates:
        if each.casefold() == name.casefold():
            return each
    raise HTTPException(422, f"no comparison has this candidate; known: {', '.join(candidates)}")


def _meant(context: Context, environment: str) -> list[str]:
    """The candidate environments that `environment` means: all of them where it is ''."""
    candidates = {comparison.candidate for comparison in context.comparisons}
    return [environment] if environment else sorted(candidates)
