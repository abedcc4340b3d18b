"""The composition root: one process with its parts, and the order in which they start and end."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from socket import socket

from monitor import __version__
from monitor.base.clock import Clock
from monitor.base.errors import ConfigurationError
from monitor.publish.access import Access
from monitor.publish.api import create_app
from monitor.publish.context import Context
from monitor.publish.exposition import Exposition
from monitor.publish.server import bind, serve
from monitor.service.roles import ALL_ROLES, Role, Roles
from monitor.service.supervisor import GaveUpError, Supervisor
from monitor.settings import Settings
from monitor.telemetry.events import DRAINING, MISCONFIGURED, READY, STARTED, STOPPED, Reporter
from monitor.telemetry.heartbeat import Heartbeat
from monitor.telemetry.logs import logger

EXIT_CLEAN, EXIT_INTERNAL, EXIT_CONFIGURATION = 0, 70, 78
"""Exit codes: after a drain; when a part fails again and again; for wrong settings (sysexits.h)."""

READY_LOOK_SECONDS = 0.2


class _Health:
    """Answers the probes: the process lives while its event loop runs, and is ready when every part is."""

    def __init__(self, heart: Heartbeat, supervisors: list[Supervisor], stop: asyncio.Event) -> None:
        self._heart, self._supervisors, self._stop = heart, supervisors, stop

    def alive(self) -> bool:
        """Whether the event loop runs."""
        return self._heart.alive()

    def waiting_for(self) -> Mapping[str, str]:
        """What each part waits for; '' where it is ready."""
        draining = {"process": "draining"} if self._stop.is_set() else {}
        return {one.name: one.waiting_for for one in self._supervisors} | draining


async def run(
    settings: Settings, clock: Clock, stop: asyncio.Event, *, roles: frozenset[Role] = ALL_ROLES
) -> int:
    """Run until `stop` is set, then drain, and return the exit code. Handles no signals."""
    reporter = Reporter(logger())
    with _explained(reporter) as outcome:
        await _process(settings, roles, clock, stop, reporter)
    reporter.report(STOPPED, exit_code=outcome.code)
    return outcome.code


class _Outcome:
    code = EXIT_CLEAN


@contextlib.contextmanager
def _explained(reporter: Reporter) -> Iterator[_Outcome]:
    """Turn the error that ends the process into its exit code, and log the reason."""
    outcome = _Outcome()
    try:
        yield outcome
    except* ConfigurationError as wrong:
        for error in _leaves(wrong):
            reporter.report(MISCONFIGURED, error=str(error))
        outcome.code = EXIT_CONFIGURATION
    except* GaveUpError:
        outcome.code = outcome.code or EXIT_INTERNAL


def _leaves(group: BaseExceptionGroup[ConfigurationError]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _process(
    settings: Settings, roles: frozenset[Role], clock: Clock, stop: asyncio.Event, reporter: Reporter
) -> None:
    """Answer probes from start to end; the parts run in between."""
    heart, parts = Heartbeat(clock), Roles(settings, clock, reporter)
    supervisors = parts.supervisors(roles)
    exposition = Exposition([*parts.readings(roles), heart.readings], clock)
    health = _Health(heart, supervisors, stop)
    api, probes = _listeners(settings)
    access = Access(api.getsockname()[0], settings.api.token_file)
    access.require_token()
    reads = (parts.view, settings.comparisons, exposition, health, parts.commands, parts.calls, clock)
    context = Context(*reads, access, settings.links)
    silent = asyncio.Event()
    reporter.report(
        STARTED, version=__version__, roles=sorted(roles), listening=_address(api), probes=_address(probes)
    )
    async with asyncio.TaskGroup() as outside:
        app = create_app(context, api=Role.API in roles)
        outside.create_task(serve(app, api, silent), name="http")
        outside.create_task(serve(create_app(context, api=False), probes, silent), name="http-probes")
        beating = outside.create_task(heart.run(), name="heartbeat")
        try:
            await _work(supervisors, stop, reporter)
        finally:
            silent.set()
            beating.cancel()


def _listeners(settings: Settings) -> tuple[socket, socket]:
    """The listeners of the API and of the probes; ConfigurationError where one cannot be had."""
    api, probes = settings.api, settings.probes
    return bind("api", api.host, api.port), bind("probes", probes.host, probes.port_beside(api))


def _address(listener: socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{host}:{port}"


async def _work(supervisors: list[Supervisor], stop: asyncio.Event, reporter: Reporter) -> None:
    """Run every part until `stop`; a part that cannot go on ends the others after their drain."""
    async with asyncio.TaskGroup() as inside:
        for supervisor in supervisors:
            inside.create_task(supervisor.run(stop), name=supervisor.name)
        announcing = inside.create_task(_announce(supervisors, reporter))
        await stop.wait()
        announcing.cancel()
        reporter.report(DRAINING)


async def _announce(supervisors: list[Supervisor], reporter: Reporter) -> None:
    """Log once that all parts are ready."""
    while any(supervisor.waiting_for for supervisor in supervisors):  # noqa: ASYNC110 - roles have no event
        await asyncio.sleep(READY_LOOK_SECONDS)
    reporter.report(READY)
