"""One life of a daemon: a real process that runs `flowdrift run`, until it is killed.

It is forked from a server that has imported everything, so that a life begins within a tenth of a second.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from monitor.demo.process import _die_with_parent
from monitor.kafka.auditor.role import AuditorRole
from monitor.service.process import run_process
from monitor.service.roles import ALL_ROLES
from tests.chaos.controls import CONTROLS
from tests.chaos.points import Strike

CHECKPOINT_SECONDS = 2.0
"""Rather than a minute, so that kills fall between the checkpoints of one life, too."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__])


def live(
    config: Path, settings: Mapping[str, str], log: Path, strike: Strike | None, control: str | None
) -> None:
    """Run the daemon in this process; `settings` are added to those of the file."""
    _die_with_parent()
    written = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(written, 1)
    os.dup2(written, 2)
    for name in [name for name in os.environ if name.startswith("FLOWDRIFT_")]:
        del os.environ[name]
    os.environ.update({f"FLOWDRIFT_{name}": value for name, value in settings.items()})
    AuditorRole.__init__.__kwdefaults__["checkpoint_every"] = CHECKPOINT_SECONDS  # type: ignore[index]
    if control:
        CONTROLS[control]()
    if strike:
        strike.arm()
    sys.exit(run_process(config, ALL_ROLES))


class Life:
    """A process from its start to its end. log: what it writes."""

    def __init__(
        self,
        config: Path,
        log: Path,
        member: str,
        strike: Strike | None = None,
        control: str | None = None,
        **settings: str,
    ) -> None:
        self.log = log
        named = {"KAFKA__GROUP_INSTANCE_ID": member} if member else {}
        listening = {"API__PORT": "0", "PROBES__PORT": "0"}
        arguments = (config, {**listening, **named, **settings}, log, strike, control)
        self._process = _forks.Process(target=live, args=arguments, daemon=True)
        self._process.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs, negative for the signal that ended it."""
        return self._process.exitcode

    @property
    def is_frozen(self) -> bool:
        """Whether it is stopped by a signal."""
        try:
            state = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state == "T"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens where it has ended."""
        if self.exit_code is None and self._process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)
