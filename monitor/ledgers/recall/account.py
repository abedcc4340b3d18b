"""Every kind of failure of one flow, in every environment that is compared: a pure fold of its rows.

Rows cost it nothing until the flow fails. Kinds are bounded: where one operation fails with more than
MOST_ERRORS types of errors, all of them are one kind, of which no test is credited with anything; failures
for which there is no room are counted as left out, once kinds that nobody has seen for too long have made
some. Only where it is full does it depend on the order of the rows which kinds there are.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.flows.flow import Flow, FlowId, Outcome, operation_of
from monitor.ledgers.ledger import Counted, Room
from monitor.ledgers.recall.case import Case
from monitor.ledgers.recall.sighting import MOST_CASES, Sighting
from monitor.ledgers.recall.signature import Signature, signature_of
from monitor.traces.fragment import FAILED, PASSED

MOST_ERRORS = 16
"""Types of errors at one place that are kinds of their own."""
MOST_KINDS = 64
"""Kinds of one flow."""
ANY = "{any}"
"""Stands for the types of errors where there are too many: they seem to be made for each request."""

_NEVER = LogTime(0)
Kinds = dict[Signature, dict[str, Sighting]]
Followed = tuple[str, str, str]
"""Environment, suite and name of a test case: suites may have cases of the same name."""


class Account:
    """The failures of one flow. kinds: by signature and environment. left_out: failures of no kind."""

    __slots__ = ("_followed", "kinds", "left_out")

    def __init__(self) -> None:
        self.kinds: Kinds = {}
        self.left_out = 0
        self._followed: dict[Followed, dict[Signature, Case]] = {}

    def observe(self, row: Flow, counted: Counted, room: Room) -> bool:
        """Fold a row; whether there is something new to say: what a case did, or at each doubling."""
        signature = signature_of(row, counted.flow)
        if signature is None:
            return self._follow(row, counted.run, None)
        signature = self._admitted(signature, room, counted.oldest)
        if signature not in self.kinds:
            self.left_out += 1
            return self.left_out & (self.left_out - 1) == 0
        sighting = self.kinds[signature].setdefault(row.environment, Sighting())
        sighting.observe(row, signature.operation.service)
        acted = self._follow(row, counted.run, signature)
        met = self._meet(row, counted.run, signature, sighting)
        return acted or met or sighting.traces & (sighting.traces - 1) == 0

    def _admitted(self, signature: Signature, room: Room, oldest: LogTime = _NEVER) -> Signature:
        """The kind as which a failure counts; one that is none of `kinds` where there is no room."""
        if signature in self.kinds:
            return signature
        place = signature._replace(error=ANY)
        if place in self.kinds:
            return place
        if len(self.kinds) >= MOST_KINDS or room.left <= 0:
            self._forget(oldest, room)
        if len(self.kinds) >= MOST_KINDS:
            return signature
        errors = [known for known in self.kinds if known._replace(error=ANY) == place]
        if len(errors) >= MOST_ERRORS:
            room.left += len(errors) - 1
            self._join(place, errors)
            return place
        if room.left > 0:
            room.left -= 1
            self.kinds[signature] = {}
        return signature

    def _forget(self, oldest: LogTime, room: Room) -> None:
        """Give up the kinds that no environment has shown since `oldest`."""
        kinds = self.kinds.items()
        lasting = {
            known: seen for known, seen in kinds if any((s.last or 0) >= oldest for s in seen.values())
        }
        if len(lasting) < len(self.kinds):
            room.left += len(self.kinds) - len(lasting)
            self.kinds = lasting
            self._refollow()

    def _join(self, place: Signature, errors: Iterable[Signature]) -> None:
        """Count some kinds as one, of which no case is followed."""
        joined = self.kinds[place] = {}
        for signature in errors:
            _add(joined, self.kinds.pop(signature))
            for cases in self._followed.values():
                cases.pop(signature, None)
        for sighting in joined.values():
            sighting.cases.clear()

    def _meet(self, row: Flow, run: str, signature: Signature, sighting: Sighting) -> bool:
        """Follow a case that shows a failure for the first time; whether it does."""
        full = len(sighting.cases) >= MOST_CASES or signature.error == ANY
        if not row.case or row.case in sighting.cases or full:
            return False
        at, key = row.began, _case_of(row)
        case = Case(suite=key[1], first=at, first_run=run, last=at, last_run=run)
        case.run(run)
        sighting.cases[row.case] = case
        self._followed.setdefault(key, {})[signature] = case
        return True

    def _follow(self, row: Flow, run: str, shown: Signature | None) -> bool:
        """What a row says of the case that it is from; whether one has begun or ceased to guard."""
        cases = self._followed.get(_case_of(row))
        if not cases:
            return False
        before = [case.guards for case in cases.values()]
        for signature, case in cases.items():
            if signature == shown and row.result != PASSED:
                case.show(run, row.began)
            elif row.result != FAILED and (signature == shown or row.outcome is Outcome.OK):
                case.passes_in(run, row.began, shows=signature == shown)
            elif row.result == FAILED or (row.outcome is Outcome.FAILED and row.result != PASSED):
                case.fails_in(run)
            else:
                case.run(run)
        return before != [case.guards for case in cases.values()]

    def complete(self, environment: str, suite: str, run: str) -> None:
        """A run of a suite is complete: cases that were not in it may be gone."""
        for (of, _, _), cases in self._followed.items():
            if of == environment:
                for case in cases.values():
                    case.complete(suite, run)

    def absorb(self, other: Self, was: FlowId, now: FlowId, room: Room) -> None:
        """Count the failures of a flow as those of the group in which it counts from now on."""
        self.left_out += other.left_out
        for signature, environments in other.kinds.items():
            operation = signature.operation
            if (operation.service, operation.name) == was:
                operation = operation_of(now.service, operation.kind, now.operation)
            admitted = self._admitted(signature._replace(operation=operation), room)
            if admitted in self.kinds:
                _add(self.kinds[admitted], environments)
            else:
                self.left_out += sum(sighting.traces for sighting in environments.values())
        self._refollow()

    @property
    def kept(self) -> int:
        """How many kinds it has."""
        return len(self.kinds)

    def _refollow(self) -> None:
        self._followed = {}
        for signature, environment, sighting in self._sightings():
            for name, case in sighting.cases.items():
                self._followed.setdefault((environment, case.suite, name), {})[signature] = case

    def _sightings(self) -> Iterator[tuple[Signature, str, Sighting]]:
        for signature, environments in self.kinds.items():
            for environment, sighting in environments.items():
                yield signature, environment, sighting

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        kinds = [
            [signature.pack(), {name: sighting.pack() for name, sighting in environments.items()}]
            for signature, environments in self.kinds.items()
        ]
        return {"kinds": kinds, "left_out": self.left_out}

    @classmethod
    def unpack(cls, plain: dict[str, Any]) -> Self:
        """The account that `pack` packed."""
        account = cls()
        account.left_out = plain["left_out"]
        for signature, environments in plain["kinds"]:
            unpacked = {name: Sighting.unpack(each) for name, each in environments.items()}
            account.kinds[Signature.unpack(signature)] = unpacked
        account._refollow()
        return account


def _case_of(row: Flow) -> Followed:
    return row.environment, row.suite or row.environment, row.case


def _add(to: dict[str, Sighting], more: dict[str, Sighting]) -> None:
    for environment, sighting in more.items():
        to[environment] = to.get(environment, Sighting()).merge(sighting)
