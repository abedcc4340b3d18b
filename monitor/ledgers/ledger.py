"""What a ledger is: one question about a whole flow or the fleet, that no path alone can answer, as data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import msgspec

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Headlines, Severity
from monitor.drift.signal import Signal
from monitor.drift.verdict import Verdict
from monitor.flows.flow import Flow, FlowId
from monitor.ledgers.fleet import Fleet


class Account(Protocol):
    """What a ledger keeps of one flow in one comparison: a pure fold of complete runs."""

    def feed(self, suite: str, run: str, *, seen: bool, at: LogTime, page: float) -> None:
        """Fold one complete run of a suite; `seen`: the flow was in it. page: evidence at which it fires."""

    def updates(self, suite: str) -> int:
        """How many updates of detectors that can page a complete run of this suite makes."""

    @property
    def absent_since(self) -> LogTime | None:
        """Log time since which no suite exercises the flow; None where one does, or none ever did."""

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


class Room:
    """How many more things of its flows a shard keeps."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Counted(NamedTuple):
    """As what a row counts: its flow, and its run. oldest: what is older (log time) is past."""

    flow: FlowId
    run: str
    oldest: LogTime = LogTime(0)


class RowAccount(Protocol):
    """What a ledger keeps of one flow in all environments: a pure fold of rows, and of complete runs."""

    def observe(self, row: Flow, counted: Counted, room: Room) -> bool:
        """Fold a row; whether there is something new to say. room: is taken, and given back."""

    def complete(self, environment: str, suite: str, run: str) -> None:
        """Fold a complete run of a suite."""

    def absorb(self, other: Self, was: FlowId, now: FlowId, room: Room) -> None:
        """Take over what another account knows of a flow that counts as `now` from now on."""

    @property
    def kept(self) -> int:
        """How much of its room it has taken."""

    def pack(self) -> Any:
        """Plain values for JSON."""

    @classmethod
    def unpack(cls, plain: Any) -> Self:
        """The account that `pack` packed."""


@dataclass(frozen=True, slots=True)
class RowLedger:
    """A ledger that folds rows of flows. begins: whether a row makes it keep an account of the flow.

    asks, remedy, blind: as of a `Dimension`.
    """

    name: str
    asks: str
    remedy: str
    severity: Severity
    alert: str
    account: type[Any]
    begins: Callable[[Flow], bool]
    blind: str
