"""What is known of one flow in one comparison: detectors, accounts of ledgers, episodes.

Everything that belongs to a dimension or ledger is kept under its name, and what a release does not know it
keeps as it is: another release may.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions import SPLITS
from monitor.dimensions.dimension import Cases
from monitor.drift.detectors.since import Since
from monitor.drift.detectors.split import SplitDetector
from monitor.drift.judge import About, Episode, judge
from monitor.drift.path_detectors import PathDetectors, Reference
from monitor.drift.records.alert import Alert
from monitor.drift.signal import Signal, Slow
from monitor.drift.verdict import State, Verdict, score
from monitor.fingerprints.shares import Shares
from monitor.fingerprints.units import Batch, OpenUnits, Origin, Values, in_turn
from monitor.flows.flow import Outcome
from monitor.ledgers import ACCOUNTS, QUESTIONS
from monitor.ledgers.ledger import Account
from monitor.pipeline.timeline.commands import Complete


class ComparisonState:
    """Tests against production for one flow.

    paths: detectors by outcome. splits: by dimension. accounts: by ledger. episodes: by dimension or ledger.
    ran: in how many runs and test cases each path was, by outcome; and ('') the flow. score: drift score,
    0..1. unknown: packed state of dimensions and ledgers that this release does not have.
    """

    __slots__ = ("accounts", "episodes", "paths", "ran", "score", "splits", "unknown")

    def __init__(self) -> None:
        self.paths: dict[Outcome, PathDetectors] = {}
        self.splits: dict[str, SplitDetector] = {}
        self.accounts: dict[str, Account] = {}
        self.episodes: dict[str, Episode] = {}
        self.ran: dict[str, Since] = {}
        self.score = 0.0
        self.unknown: dict[str, dict[str, Any]] = {"splits": {}, "accounts": {}}

    @property
    def units(self) -> int:
        """Evidence units so far."""
        return sum(path.units for path in self.paths.values())

    @property
    def updates(self) -> int:
        """Updates of the detectors of paths that can page."""
        return sum(path.updates for path in self.paths.values())

    def path(self, outcome: Outcome) -> PathDetectors:
        """The detectors of a path, new ones if need be."""
        return self.paths.setdefault(outcome, PathDetectors())

    def count(self, units: OpenUnits, batch: Batch, began: LogTime) -> None:
        """Count the test cases of a batch that closes; parts of one run are one run."""
        origin = Origin(batch.run, 0 if batch.run else batch.bucket)
        for outcome, cases in units.cases().items():
            ran = self.ran.setdefault(outcome, Since())
            if ran.onset is None:
                ran.restart(began, origin)
            ran.count(origin, cases, cases)

    def cases(self, outcome: str) -> Cases:
        """The test cases of a path, or ('') of the flow."""
        return self.ran.get(outcome, Since()).shown_in(found=False)

    def feed_splits(
        self,
        units: Mapping[str, Sequence[Values]],
        references: Mapping[str, Shares],
        batch: Batch,
        began: LogTime,
        page: float,
    ) -> None:
        """Feed the units of a batch to every split; both by the name of the dimension."""
        for split in SPLITS:
            detector = self.splits.setdefault(split.name, SplitDetector(split))
            for together, origin, at in in_turn(units[split.name], batch, began):
                shares = [unit.shares for unit in together]
                detector.feed(shares, references[split.name], origin, at, page)

    def complete(self, command: Complete, page: float, *, seen: bool) -> None:
        """Fold a complete run of a suite; `seen`: this flow was in it."""
        for name, empty in ACCOUNTS.items():
            account = self.accounts.setdefault(name, empty())
            account.feed(command.suite, command.run, seen=seen, at=command.at, page=page)

    @property
    def absent_since(self) -> LogTime | None:
        """Log time since which no suite exercises the flow; None where one does, or none ever did."""
        absent = (account.absent_since for account in self.accounts.values())
        return max((since for since in absent if since is not None), default=None)

    def exercised(self, suite: str) -> bool:
        """Whether the last complete runs of a suite exercised this flow."""
        return any(account.exercised(suite) for account in self.accounts.values())

    def signals(
        self,
        reference_of: Callable[[Outcome], Reference],
        shares_of: Callable[[str], Shares],
        warn: float,
    ) -> Iterator[Signal]:
        """What every dimension and ledger says of the flow, as things stand."""
        for outcome, path in self.paths.items():
            yield from path.signals(outcome, reference_of(outcome), warn)
        for name, split in self.splits.items():
            yield from split.signals(shares_of(name), warn)
        for account in self.accounts.values():
            yield from account.signals(warn)

    def slow(self, warn: float) -> Iterator[Slow]:
        """Whose times are off, once per service and the one that it asks; `warn`: evidence to be reached."""
        sums: dict[tuple[str, str | None], tuple[int, float]] = {}
        for each in (each for path in self.paths.values() for each in path.slow(warn)):
            units, off = sums.get((each.service, each.asks), (0, 0.0))
            sums[each.service, each.asks] = units + each.units, off + each.off
        return (Slow(*of, units, round(off, 3)) for of, (units, off) in sums.items())

    def judge(
        self, comparison: str, flow: str, questions: Iterable[str], lines: list[Verdict], now: LogTime
    ) -> list[Alert]:
        """Fold what is said of the flow into the episodes of these questions; the events that this makes."""
        self.score = score(lines)
        alerts: list[Alert] = []
        for name in questions:
            about_it = [line for line in lines if line.dimension == name]
            before = self.episodes.get(name, Episode())
            about = About(comparison, flow, name)
            self.episodes[name], events = judge(about, QUESTIONS[name], about_it, before, now)
            alerts += events
        return alerts

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        splits = {name: each.pack() for name, each in self.splits.items()}
        accounts = {name: each.pack() for name, each in self.accounts.items()}
        return {
            "paths": {outcome.value: each.pack() for outcome, each in self.paths.items()},
            "splits": {**self.unknown["splits"], **splits},
            "accounts": {**self.unknown["accounts"], **accounts},
            "episodes": {name: list(episode) for name, episode in self.episodes.items()},
            "ran": {outcome: each.pack_since() for outcome, each in self.ran.items()},
            "score": self.score,
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The state that `pack` packed; what it did not have begins anew."""
        state = cls()
        state.paths = {Outcome(o): PathDetectors.unpack(each) for o, each in plain["paths"].items()}
        splits, accounts = dict(plain["splits"]), dict(plain["accounts"])
        for split in SPLITS:
            if split.name in splits:
                state.splits[split.name] = SplitDetector.unpack(split, splits.pop(split.name))
        for name, kept in ACCOUNTS.items():
            if name in accounts:
                state.accounts[name] = kept.unpack(accounts.pop(name))
        state.unknown = {"splits": splits, "accounts": accounts}
        state.episodes = {
            name: Episode(State(current), ordinal, since)
            for name, (current, ordinal, since) in plain["episodes"].items()
        }
        for outcome, ran in plain.get("ran", {}).items():
            state.ran[outcome] = Since()
            state.ran[outcome].unpack_since(ran)
        state.score = plain["score"]
        return state
