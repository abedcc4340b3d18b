"""A memory limit for one child, as a container has it: by a cgroup where this machine allows one."""

from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.limits.gauges import gauges


class _Files(NamedTuple):
    """Where the kernel takes and says what (cgroups(7)); the names of version 2, then those of version 1."""

    root: Path
    limit: str
    peak: str


_VERSIONS = (
    _Files(Path("/sys/fs/cgroup"), "memory.max", "memory.peak"),
    _Files(Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
)


class MemoryLimit:
    """At most `size` bytes for a process; beyond it the kernel ends it. `kind` says what enforces that.

    Where no cgroup can be made nothing does, and `peak` is the largest resident set that was looked at.
    """

    def __init__(self, size: int, name: str) -> None:
        self.size, self.kind, self.peak = size, "no limit: its resident set is looked at", 0
        self._pid, self._name, self._group, self._files = 0, name, Path(), _VERSIONS[0]

    def hold(self, pid: int) -> None:
        """Limit this process from now on."""
        self._pid = pid
        for files in _VERSIONS:
            group = files.root / self._name
            try:
                group.mkdir()
                (group / files.limit).write_text(str(self.size))
                (group / "cgroup.procs").write_text(str(pid))
            except OSError:
                if group.exists():
                    group.rmdir()
            else:
                self._group, self._files, self.kind = group, files, f"a cgroup ({files.limit})"
                return

    def look(self) -> float:
        """Take note of the peak; the share of the limit that it is."""
        if self._group.name:
            self.peak = int((self._group / self._files.peak).read_text())
        else:
            self.peak = max(self.peak, int(gauges(self._pid).memory * 1024 * 1024))
        return self.peak / self.size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._group.name:
            self._group.rmdir()
