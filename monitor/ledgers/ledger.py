"""What a ledger is: one question about a whole flow or the fleet, that no path alone can answer, as data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import msgspec

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Headlines, Severity
from monitor.drift.signal import Signal
from monitor.drift.verdict import Verdict
from monitor.flows.flow import Flow
from monitor.ledgers.fleet import Fleet


class Account(Protocol):
    """What a ledger keeps of one flow in one comparison: a pure fold of complete runs."""

    def feed(self, suite: str, run: str, *, seen: bool, at: LogTime, page: float) -> None:
        """Fold one complete run of a suite; `seen`: the flow was in it. page: evidence at which it fires."""

    def updates(self, suite: str) -> int:
        """How many updates of detectors that can page a complete run of this suite makes."""

    def exercised(self, suite: str) -> bool:
        """Whether the last complete runs of a suite exercised this flow."""

    def signals(self, warn: float) -> Iterable[Signal]:
        """What it says of the flow; `warn`: evidence to be reached."""

    def pack(self) -> Any:
        """Plain values for JSON."""

    @classmethod
    def unpack(cls, plain: Any) -> Self:
        """The account that `pack` packed."""


class Book(Protocol):
    """What a ledger keeps of the flows of a shard: a pure fold, in any order, whose results add up."""

    def observe(self, flow: Flow, period: LogTime, case: str) -> None:
        """Count a flow of a compared environment.

        period: when the run or the hours began that it is of. case: of a candidate's, '' of others.
        """

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""

    @classmethod
    def unpack(cls, plain: Any) -> Self:
        """The book that `pack` packed."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger.

    account: makes an empty one, None where it keeps nothing of single flows; book: likewise, of a shard.
    asks, remedy, headlines, blind: as of a `Dimension`.
    section: its part of the report, under its name. lines: its verdicts on the comparison as a whole. listed:
    by list of flows in its section, the subject of its lines that say the same of each flow.
    """

    name: str
    asks: str
    remedy: str
    severity: Severity
    alert: str
    headlines: Headlines
    account: type[Account] | None
    section: Callable[[Fleet], msgspec.Struct]
    lines: Callable[[Fleet], Iterable[Verdict]]
    listed: Mapping[str, str]
    blind: str
    book: type[Book] | None = None
