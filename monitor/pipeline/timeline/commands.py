"""Commands: whatever changes verdict state, besides flows, enters through the flows topic as one of these.

A command is numbered by its offset on the commands topic and appended in that order to every partition of
the flows topic; a partition keeps the largest number applied and drops the rest. Layout (JSON)::

    {"number": 7, "kind": "settings", "policy": {...}}
    {"number": 13, "kind": "begin", "environment": "test", "run": "ci-1", "suite": "ci", "at": ms}
    {"number": 8, "kind": "finish", "environment": "integration", "run": "ci-1", "at": ms}
    {"number": 9, "kind": "complete", "environment": "test", "run": "ci-1", "suite": "ci", "at": ms}
    {"number": 10, "kind": "threshold", "day": 20000, "page": 1e6, "warn": 1e3}
    {"number": 12, "kind": "loss", "environment": "test", "rates": {"cart": 0.05}}
    {
        "number": 11,
        "kind": "lost",
        "environment": "test",
        "run": "ci-2",
        "suite": "ci",
        "at": ms,
        "flows": 3,
        "before": 10,
    }

Two kinds speak of the flows topic itself (`log_notes`), and are not appended to it::

    {"kind": "skip", "partition": 3, "offset": 712}
    {"kind": "renewed", "partition": 3, "base": 712}
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.policy import Policy, policy_in
from monitor.pipeline.timeline.log_notes import Renewed, Skip
from monitor.stats.detector import MAX_EVIDENCE
from monitor.wire.names import normalise


class Settings(NamedTuple):
    """The policy that holds from here on."""

    policy: Policy

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return "settings"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "settings", "policy": self.policy.model_dump()}


class Begin(NamedTuple):
    """A run is announced at `at`, maybe before its first span; its suite, '' for what its spans say.

    `environment` '' means wherever the run is seen.
    """

    environment: str
    run: str
    suite: str
    at: LogTime

    @property
    def key(self) -> RunKey:
        """The run of which it speaks."""
        return RunKey(self.environment, self.run)

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return f"begin/{self.environment}/{self.run}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "begin", **self._asdict()}


class Finish(NamedTuple):
    """A run is over; `environment` '' means wherever the run was seen. `at`: when its finish was said."""

    environment: str
    run: str
    at: LogTime

    @property
    def key(self) -> RunKey:
        """The run of which it speaks."""
        return RunKey(self.environment, self.run)

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return f"finish/{self.environment}/{self.run}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "finish", **self._asdict()}


class Complete(NamedTuple):
    """A settled run exercised enough of its suite to count as a run of it; `at`: when the run began."""

    environment: str
    run: str
    suite: str
    at: LogTime

    @property
    def key(self) -> RunKey:
        """The run of which it speaks."""
        return RunKey(self.environment, self.run)

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return f"complete/{self.environment}/{self.run}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "complete", **self._asdict()}


class Lost(NamedTuple):
    """A run broke off: it ended at `at` with `flows` flows, its suite's last complete run had `before`."""

    environment: str
    run: str
    suite: str
    at: LogTime
    flows: int
    before: int

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return f"lost/{self.environment}/{self.run}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "lost", **self._asdict()}


class Threshold(NamedTuple):
    """The thresholds of a day of log time (0: 1970-01-01), made from the budget and the updates before it."""

    day: int
    page: float
    warn: float

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return "threshold"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "threshold", **self._asdict()}

    def lowers(self, other: "Threshold") -> bool:
        """Whether it is older than `other`, or lower within the same day: then it does not count."""
        return (self.day, self.page) < (other.day, other.page)


class SpanLoss(NamedTuple):
    """Of an environment, which share of the spans of which services is lost on the way, at most."""

    environment: str
    rates: Mapping[str, float]

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return f"loss/{self.environment}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "loss", "environment": self.environment, "rates": dict(self.rates)}


Command = Settings | Begin | Finish | Complete | Threshold | Lost | SpanLoss | Skip | Renewed


def numbered(plain: Mapping[str, Any]) -> tuple[int, Command]:
    """A command as it stands in the flows topic, with its number; raises what `command_of` raises."""
    if not isinstance(plain, Mapping):
        raise UndecodableError("a command is not an object", code="command")
    return _integer(plain, "number"), command_of(plain)


def command_of(plain: Mapping[str, Any]) -> Command:
    """The command in its plain form; fields that this release does not know are ignored.

    Raises:
        NewerFormatError: it is of a kind that this release does not know yet.
        UndecodableError: it is no command.
    """
    try:
        kind = plain["kind"]
        if kind in KINDS:
            return _READERS[kind](plain)
    except (KeyError, TypeError, ValidationError) as error:
        raise UndecodableError(f"a command lacks a part: {type(error).__name__}", code="command") from None
    if not isinstance(kind, str):
        raise UndecodableError("a command's kind is no text", code="command")
    raise NewerFormatError(f"command kind '{kind}'", ", ".join(KINDS))


def _lost(plain: Mapping[str, Any]) -> Lost:
    counts = (_integer(plain, "flows"), _integer(plain, "before"))
    return Lost(_text(plain, "environment"), _run(plain), _text(plain, "suite"), _time(plain), *counts)


def _run(plain: Mapping[str, Any]) -> str:
    """The id of a run as telemetry spells it, whoever wrote the command."""
    return normalise(_text(plain, "run"))


def _text(plain: Mapping[str, Any], part: str) -> str:
    text = plain[part]
    if not isinstance(text, str):
        raise UndecodableError(f"'{part}' of a command is no text", code="command")
    return text


def _time(plain: Mapping[str, Any]) -> LogTime:
    return LogTime(_integer(plain, "at"))


def _positive(plain: Mapping[str, Any], part: str) -> float:
    number = plain.get(part)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= MAX_EVIDENCE:
        raise UndecodableError(f"'{part}' of a command is no evidence", code="command")
    return float(number)


def _shares(plain: Mapping[str, Any], part: str) -> dict[str, float]:
    shares = plain[part]
    if not isinstance(shares, Mapping):
        raise UndecodableError(f"'{part}' of a command is no object", code="command")
    if not all(type(share) in (int, float) and 0 <= share <= 1 for share in shares.values()):
        raise UndecodableError(f"'{part}' of a command holds what is no share", code="command")
    return dict(shares)


def _integer(plain: Mapping[str, Any], part: str) -> int:
    number = plain.get(part)
    if type(number) is not int or not 0 <= number < 1 << 53:
        raise UndecodableError(f"'{part}' of a command is no count", code="command")
    return number


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Command]] = {
    "begin": lambda p: Begin(_text(p, "environment"), _run(p), _text(p, "suite"), _time(p)),
    "complete": lambda p: Complete(_text(p, "environment"), _run(p), _text(p, "suite"), _time(p)),
    "finish": lambda p: Finish(_text(p, "environment"), _run(p), _time(p)),
    "loss": lambda p: SpanLoss(_text(p, "environment"), _shares(p, "rates")),
    "lost": _lost,
    "settings": lambda p: Settings(policy_in(p["policy"])),
    "renewed": lambda p: Renewed(_integer(p, "partition"), _integer(p, "base")),
    "skip": lambda p: Skip(_integer(p, "partition"), _integer(p, "offset")),
    "threshold": lambda p: Threshold(_integer(p, "day"), _positive(p, "page"), _positive(p, "warn")),
}
KINDS = tuple(_READERS)
