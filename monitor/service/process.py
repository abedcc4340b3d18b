"""The daemon as a process: settings, logs, signals, exit code."""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import NoReturn

from monitor.base.clock import SystemClock
from monitor.base.errors import ConfigurationError
from monitor.service.daemon import EXIT_CONFIGURATION, run
from monitor.service.garbage import collect_seldom
from monitor.service.roles import Role
from monitor.settings import Settings, load
from monitor.telemetry.events import MISCONFIGURED, Reporter
from monitor.telemetry.logs import configure, logger

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_process(config: Path | None, roles: frozenset[Role]) -> int:
    """Run the daemon until SIGTERM or SIGINT, and end the process with its exit code.

    Returns only where it does not start: EXIT_CONFIGURATION for wrong settings.
    """
    configure()
    try:
        settings = load(config)
    except ConfigurationError as error:
        Reporter(logger()).report(MISCONFIGURED, error=str(error))
        return EXIT_CONFIGURATION
    collect_seldom()
    return asyncio.run(_until_signalled(settings, roles))


async def _until_signalled(settings: Settings, roles: frozenset[Role]) -> NoReturn:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, _stop, stop, number)
    code = await run(settings, SystemClock(), stop, roles=roles)
    # Everything has drained, but not everything has ended: while no broker answers, tasks of aiokafka swallow
    # their cancellation and Faust's thread goes on. The interpreter would wait for both.
    logging.shutdown()
    os._exit(code)


def _stop(stop: asyncio.Event, number: signal.Signals) -> None:
    """Begin the drain at the first signal; end at the second, with the exit code that shells expect."""
    if stop.is_set():
        os._exit(128 + number)
    stop.set()
