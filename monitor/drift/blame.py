"""Who is to blame for what is slow: services ranked by their roles (statistics 9).

A service works by itself, is called by others, and calls others. How far each of these is off is the mean
over its subjects: its operations; each of its callers; each service that it calls, and all calls together
that no other service answers. So a slow call counts in full for a service that all of its callers wait for,
and for a seventh of a caller that calls seven.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from monitor.dimensions.words import counted
from monitor.drift.signal import Slow


class Role(Enum):
    """What a service does in a flow."""

    WORKS = "works"
    CALLED = "called"
    CALLS = "calls"


class Blame(NamedTuple):
    """How much of what is slow is a service's own, 0..1, and why; '' where nothing of it is."""

    score: float
    says: str


_Subjects = dict[str, float]
"""How far each subject of a role is off; by the service at the other end, '' for the service itself."""


def blamed(slow: Iterable[Slow]) -> Mapping[str, Blame]:
    """Every service that is timed; slow: of all flows."""
    roles: dict[str, dict[Role, _Subjects]] = {}
    for (service, role, subject), off in _off(slow).items():
        roles.setdefault(service, {}).setdefault(role, {})[subject] = off
    return {service: Blame(_score(known), _says(service, known)) for service, known in roles.items()}


def _off(slow: Iterable[Slow]) -> dict[tuple[str, Role, str], float]:
    """How far each subject is off: the mean over its things, weighted by their units."""
    sums: dict[tuple[str, Role, str], tuple[float, int]] = {}
    for each in slow:
        for subject in _subjects(each):
            off, units = sums.get(subject, (0.0, 0))
            sums[subject] = off + each.off, units + each.units
    return {subject: off / units for subject, (off, units) in sums.items() if units}


def _subjects(each: Slow) -> Iterator[tuple[str, Role, str]]:
    if each.asks is None:
        yield each.service, Role.WORKS, ""
    else:
        yield each.service, Role.CALLS, each.asks
        if each.asks:
            yield each.asks, Role.CALLED, each.service


def _score(roles: Mapping[Role, _Subjects]) -> float:
    return sum(sum(subjects.values()) / len(subjects) for subjects in roles.values()) / len(roles)


def _says(service: str, roles: Mapping[Role, _Subjects]) -> str:
    """Which of its roles are off; where its own work is not, that it is not."""
    works, called, calls = (roles.get(role, {}) for role in (Role.WORKS, Role.CALLED, Role.CALLS))
    found = []
    if off := sum(map(bool, called.values())):
        callers = f"{off} of {counted(len(called), 'caller')}"
        found.append(f"Calls to {service} do not take as long as in production for {callers}.")
    if any(works.values()):
        found.append("Its own work does not take as long as in production.")
    if names := [callee or "what sends no spans" for callee, each in sorted(calls.items()) if each]:
        found.append(f"Its calls to {', '.join(names)} do not take as long as in production.")
    if found and works and not any(works.values()):
        found.append("Its own work does.")
    return " ".join(found)
