"""What a scenario is: what is injected into a shop, and what must be reported of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from tests.metamorphic.telemetry.capture import Capture
from tests.shop.model import Shop

Rewrite = Callable[[Capture, Random], Capture]


class Deployed(NamedTuple):
    """Production from now on: so many traces in so many seconds, so many of them at once."""

    shop: Shop
    traces: int = 600
    seconds: int = 2400
    beside: int = 8


@dataclass(frozen=True, kw_only=True)
class Injected:
    """One difference, made in a shop.

    flows: words, one of which is in the name of each flow that may be reported. words: one of them is in the
    subject or the reason. tests: the shop as the suite meets it. production: what was deployed before the
    suite runs. how: of `Runs`. rewrite: of the telemetry of the suite, run by run. faithful: runs of the
    unchanged suite that follow. of: the flow whose cases are its evidence.
    """

    says: str
    flows: tuple[str, ...] = ()
    words: tuple[str, ...] = ("",)
    tests: Shop | None = None
    production: Deployed | None = None
    how: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Rewrite | None = None
    faithful: int = 0
    of: str = ""


class Beginning(NamedTuple):
    """What comes before a scenario, which others share: production for four hours, and quiet runs.

    state: the trace state of production. sampling: what the settings say of it. runs: quiet ones.
    """

    traces: int = 3_000
    state: str = ""
    sampling: str = "none"
    runs: int = 6


USUAL = Beginning()


class Expected(NamedTuple):
    """A finding that must be reported, or may be.

    by: a dimension or ledger by its name; `missing`, `dead`, `release` or `failures` (of coverage); `lost`
    or `loss` (of telemetry); `hint KIND`; `gate` (of the last run). state: at least this bad, of a gate
    this one, or `not` this one. moved: who.
    """

    by: str
    state: str = ""
    moved: str = ""


Inject = Callable[[Shop, Random], Injected]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A row of the table.

    must: findings, each of which is reported. may: what follows from the same difference, and may be
    reported beside it; everything else is wrong. runs: how often the suite is run. promised: units until it
    is found, by the traces of production that are known; None: nothing is promised in units. pages: an alert
    must be sent. seeds: on how many of them CI plays it. twin: the scenario that differs only by the
    injected change, and says nothing. awaits: the dimension or ledger that does not exist yet. wrong: what
    the product does otherwise today.
    """

    name: str
    inject: Inject
    must: tuple[Expected, ...] = ()
    may: tuple[str, ...] = ()
    runs: int = 4
    promised: Callable[[int], int] | None = None
    pages: bool = False
    beginning: Beginning = USUAL
    twin: str = "quiet"
    seeds: int = 5
    awaits: str = ""
    wrong: str = ""
