"""Which environments arrive, by the headers; and of those on no side of a comparison, what to set.

Telemetry decides how many names there are: of those that are not compared the ones named last are kept, at
most `MOST_NAMED`, each for a day.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Self

from monitor.base.units import DAY_MS
from monitor.drift.policy import Policy
from monitor.drift.records.summary import Stranger
from monitor.flows.record import Header
from monitor.wire.attribution import SYNTHETIC_SUFFIX
from monitor.wire.semconv import ENVIRONMENT
from monitor.wire.span import UNKNOWN

MOST_NAMED = 256
REMEMBERED_MS = DAY_MS
LONGEST_NAME, LONGEST_GLOB = 60, 119
_ATTRIBUTE = (
    f"{ENVIRONMENT} on their resource (OTEL_RESOURCE_ATTRIBUTES), or environments.NAME.topics, or "
    "environments.NAME.match"
)
_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9_.-]*", re.IGNORECASE)
"""What YAML takes for text without quotes."""


class Arrivals:
    """Environment -> when a header named it last, by the append time of its record, in ms."""

    __slots__ = ("named",)

    def __init__(self) -> None:
        self.named: dict[str, int] = {}

    def receive(self, header: Header, stamp: int, policy: Policy) -> list[str]:
        """Take the environments that a header names; those that are forgotten now."""
        for environment in header.low_times:
            self.named.pop(environment, None)
            self.named[environment] = stamp
        others = [environment for environment in self.named if not policy.compares(environment)]
        beyond = set(others[:-MOST_NAMED])
        gone = [each for each in others if each in beyond or self.named[each] < stamp - REMEMBERED_MS]
        for environment in gone:
            del self.named[environment]
        return gone

    def strangers(self, policy: Policy) -> dict[str, Stranger]:
        """Those that are on no side of a comparison, by name.

        Synthetic traffic in a reference is left out: it is an environment of its own on purpose.
        """
        synthetic = {f"{reference}{SYNTHETIC_SUFFIX}" for reference in policy.references}
        return {
            environment: stranger(environment, policy)
            for environment in sorted(self.named if policy.comparisons else ())
            if not policy.compares(environment) and environment not in synthetic
        }

    def pack(self) -> dict[str, int]:
        """Plain values for JSON, in the order in which they are forgotten."""
        return self.named

    @classmethod
    def unpack(cls, plain: Mapping[str, int]) -> Self:
        """The arrivals that `pack` packed."""
        arrivals = cls()
        arrivals.named = dict(plain)
        return arrivals


def stranger(environment: str, policy: Policy) -> Stranger:
    """What is said of an environment that is not compared, with a line to paste that the settings take."""
    if environment == UNKNOWN:
        return Stranger("without an environment", _ATTRIBUTE)
    return Stranger(f"of {environment}", _line(environment, policy))


def section_of(environment: str) -> tuple[str, dict[str, Any]]:
    """A name for an environment that the settings take, and what is to stand under it."""
    name = environment.replace("/", "-")[:LONGEST_NAME]
    if name == environment:
        return name, {}
    glob = re.sub(r"[*?[\]]", "?", environment[:LONGEST_GLOB])
    return name, {"match": {ENVIRONMENT: [glob + "*" * (len(environment) > LONGEST_GLOB)]}}


def _line(environment: str, policy: Policy) -> str:
    name, section = section_of(environment)
    match = f"{{match: {{{ENVIRONMENT}: [{_text(section['match'][ENVIRONMENT][0])}]}}}}" if section else "{}"
    line = f"environments: {{{_text(name)}: {match}}}"
    if policy.follows_environments:
        return line
    reference = policy.comparisons[0].reference
    sides = f"reference: {_text(reference)}, candidate: {_text(name)}"
    return f"{line} and under comparisons: - {{name: {_text(f'{reference}-{name}')}, {sides}}}"


def _text(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
