"""Requests that are no use of the system: probes, scrapes, crawlers. They are counted, listed, and no flows.

| kind | requests |
| --- | --- |
| health | `/healthz`, `/livez`, `/readyz`, `/health-check` and the like anywhere; gRPC's health service |
| | HEAD of `/`; `/_health` and the like at the root |
| | `/health`, `/ping`, `/up` and the like at the root or below `/actuator`, `/api/v1`, `/-` and the like |
| metrics | `/metrics`, `/actuator/prometheus`, `/stats/prometheus`, `/debug/pprof` and the like |
| favicon | icons that browsers ask for by themselves |
| robots | `/robots.txt`, `/ads.txt`, `/.well-known/security.txt` and the like |
| preflight | OPTIONS: what browsers ask before a request to another origin |
| unmatched | what the server has no route for and answered 404 |
| probe, scanner, bot | user agents of these classes: `wire.user_agent`, user_agent.synthetic.type |
| probe | gRPC's reflection, too: tools ask what a server can do |

Each kind can be switched off, and names can be exempt. Nothing here decides on anything but servers' entries,
but for the globs that a person writes.
"""

import re
from collections import Counter
from collections.abc import Callable
from fnmatch import translate
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from monitor.flows.flow import Operation
from monitor.flows.operation import UNMATCHED
from monitor.wire.semconv import SYNTHETIC
from monitor.wire.span import Facts, Kind

IgnoredKind = Literal[
    "health", "metrics", "favicon", "robots", "preflight", "unmatched", "probe", "scanner", "bot"
]

NAMED = "named"
"""The kind of what a person's globs take."""

IGNORED_OF = "ignored of "
"""Begins the name of a tally of ignored entries: then environment, kind and operation, with tabs between."""

_TECHNICAL = r"(?:/(?:actuator|management|manage|internal|monitoring|probes?|system|q|-|_))*"
_API = rf"(?:/api)?(?:/v\d+)?{_TECHNICAL}"
_HEALTH = "|".join(
    (
        r"(?:/[^{}/ ]+)*/(?:health[-_]?(?:z|check)|livez|readyz|startupz|liveness|readiness)",
        r"/__?(?:health|status|ping|ready|lbheartbeat|heartbeat)(?:__)?",
        rf"{_API}/(?:health|alive|ready|ping|up|hc|heartbeat|selfcheck|server-status|nginx_status)",
        rf"{_API}/(?:health|hc)/(?:live|ready|alive|ping|check|status|startup|started|liveness|readiness)",
        r"(?:/[^{}/ ]+)*/actuator/health(?:/[\w/*-]+)?|/-/healthy",
    )
)
_SCRAPES = "metrics|prometheus|stats/prometheus|federate|debug/vars|debug/pprof(?:/[a-z]+)?"
_BY_REQUEST: dict[IgnoredKind, str] = {
    "health": rf"(?:GET|HEAD) (?:{_HEALTH})/?|HEAD /|(?:\w+ |POST /)?grpc\.health\.v1\.Health/\w+",
    "metrics": rf"(?:GET|HEAD) {_TECHNICAL}/(?:{_SCRAPES})/?",
    "favicon": r"(?:GET|HEAD) /(?:[\w/-]+/)?(?:favicon|apple-touch-icon)[\w-]*(?:\.\w+)?",
    "robots": r"(?:GET|HEAD) /(?:robots|ads|app-ads|humans|(?:\.well-known/)?security)\.txt",
    "preflight": r"OPTIONS(?: .*)?",
    "probe": r"(?:\w+ |POST /)?grpc\.reflection\.v1(?:alpha)?\.ServerReflection/\w+",
    "unmatched": rf"(?:[A-Z_]+ )?{re.escape(UNMATCHED)}",
}
"""Kind -> what the name of an operation looks like."""

Ignore = Callable[[Facts, Operation], str]
"""The facts of an entry and its operation -> the kind by which it is ignored, '' for a flow."""


class IgnoreSettings(BaseModel):
    """What is no flow.

    kinds: of the table above, those that are on. keep: globs on `SERVICE OPERATION` that stay flows whatever
    their kind. operations: globs on further ones to ignore. user_agents: globs on further probes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[IgnoredKind, ...] = get_args(IgnoredKind)
    keep: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    user_agents: tuple[str, ...] = ()


class Ignored:
    """What was ignored: how often, and which operations; of these the first `MOST_NAMED` are named."""

    MOST_NAMED = 1_000
    LISTED = 20

    def __init__(self) -> None:
        self.total = 0
        self._by_name: Counter[tuple[str, str, str]] = Counter()

    def note(self, environment: str, kind: str, operation: Operation) -> None:
        """Count an ignored entry."""
        self.total += 1
        name = (environment, kind, str(operation))
        if name in self._by_name or len(self._by_name) < self.MOST_NAMED:
            self._by_name[name] += 1

    def tallies(self) -> dict[str, int]:
        """The `LISTED` most frequent by the names that `IGNORED_OF` begins, the most frequent first."""
        most = sorted(self._by_name.items(), key=lambda item: (-item[1], item[0]))[: self.LISTED]
        return {IGNORED_OF + "\t".join(name): count for name, count in most}


def ignoring(settings: IgnoreSettings) -> Ignore:
    """What ignores by these settings."""
    rules = [(kind, re.compile(rule)) for kind, rule in _BY_REQUEST.items() if kind in settings.kinds]
    keep, named = _globs(settings.keep), _globs(settings.operations)

    def ignore(facts: Facts, operation: Operation) -> str:
        text = str(operation)
        if keep.fullmatch(text):
            return ""
        if named.fullmatch(text):
            return NAMED
        if facts.kind not in (Kind.SERVER, Kind.UNSPECIFIED):
            return ""
        agent = facts.attributes.get(SYNTHETIC, "")
        if agent in settings.kinds:
            return agent
        return next((kind for kind, rule in rules if rule.fullmatch(operation.name)), "")

    return ignore


def _globs(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)) or r"(?!)")
