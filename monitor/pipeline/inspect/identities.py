"""What spans say of environment, run and case, as they say it, beside what it means here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from monitor.base.run import RunKey
from monitor.pipeline.inspect.inspected import RunSeen, ValuesSeen
from monitor.wire.attribution import Attribution, AttributionSettings, Identity
from monitor.wire.free_text import without_tokens
from monitor.wire.span import Facts

NAMED = 20
"""At most this many values of an attribute are named."""
RUNS = 5
"""At most this many runs of an environment are named, the last ones."""


class Witness(Attribution):
    """An attribution that remembers which attributes decided.

    environments: name -> attribute -> raw values, without ids and secrets. runs_by, cases_by: the attribute
    that carried a run's id, or a case.
    """

    def __init__(self, settings: AttributionSettings) -> None:
        super().__init__(settings)
        self.environments: dict[str, dict[str, dict[str, None]]] = {}
        self.runs_by: dict[str, str] = {}
        self.cases_by: dict[str, str] = {}

    def identify(
        self,
        stated: str | None,
        resource: Mapping[str, str],
        attributes: Mapping[str, str],
        scope: str,
        name: str,
    ) -> Identity:
        """As `Attribution` does."""
        identity = super().identify(stated, resource, attributes, scope, name)
        known = {**resource, **attributes}
        attribute, raw = self.deciding(stated, known, identity.runner)
        if attribute:
            self.environments.setdefault(identity.environment, {}).setdefault(attribute, {})[
                without_tokens(raw)
            ] = None
        if identity.run:
            self.runs_by[identity.run] = next(each for each in self.runs if each in known)
        if identity.case:
            self.cases_by[identity.case] = next((each for each in self.cases if each in known), "span name")
        return identity

    def values(self) -> Iterator[ValuesSeen]:
        """Environment by environment, attribute by attribute."""
        for environment, attributes in sorted(self.environments.items()):
            for attribute, raw in sorted(attributes.items()):
                yield ValuesSeen(
                    environment=environment, attribute=attribute, values=tuple(sorted(raw)[:NAMED])
                )


@dataclass(slots=True)
class _Seen:
    first: int
    last: int
    spans: int = 0
    cases: dict[str, None] = field(default_factory=dict)


class RunsSeen:
    """The test runs of a sample, by the timestamps of the records (ms) in which they are."""

    def __init__(self) -> None:
        self._runs: dict[RunKey, _Seen] = {}

    def take(self, facts: Facts, timestamp: int) -> None:
        """Take a span."""
        if facts.run:
            key = RunKey(facts.environment, facts.run)
            seen = self._runs.setdefault(key, _Seen(timestamp, timestamp))
            seen.first, seen.last = min(seen.first, timestamp), max(seen.last, timestamp)
            seen.spans += 1
            if facts.case:
                seen.cases[facts.case] = None

    def lasts(self, witness: Witness) -> Iterator[RunSeen]:
        """The last runs of each environment, the last one first."""
        counts: dict[str, int] = {}
        for run, seen in sorted(self._runs.items(), key=lambda item: (-item[1].last, item[0])):
            counts[run.environment] = counts.get(run.environment, 0) + 1
            if counts[run.environment] <= RUNS:
                case = min(seen.cases, default="")
                yield RunSeen(
                    environment=run.environment,
                    run=run.run,
                    attribute=witness.runs_by[run.run],
                    spans=seen.spans,
                    cases=len(seen.cases),
                    case=case,
                    case_attribute=witness.cases_by.get(case, ""),
                    first=seen.first,
                    last=seen.last,
                )
