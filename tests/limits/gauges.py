"""What the kernel says of a process: memory, descriptors, threads, CPU time (proc(5))."""

import os
import re
from pathlib import Path
from typing import NamedTuple


class Gauges(NamedTuple):
    """A process at one moment. memory: MB of its own pages; those of files may be dropped by the kernel."""

    memory: float
    descriptors: int
    threads: int
    cpu_seconds: float


def gauges(pid: int) -> Gauges:
    """Read them; OSError where there is no such process."""
    folder = Path(f"/proc/{pid}")
    status = (folder / "status").read_text()
    return Gauges(
        memory=_field(status, "RssAnon") / 1024,
        descriptors=len(list((folder / "fd").iterdir())),
        threads=_field(status, "Threads"),
        cpu_seconds=cpu_seconds(pid),
    )


def cpu_seconds(pid: int) -> float:
    """What a process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _field(status: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)
    assert found is not None, f"/proc/PID/status has no {name}"
    return int(found[1])
