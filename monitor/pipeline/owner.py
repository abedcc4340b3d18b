"""The owner of partition 0: what belongs to no single flow (delivery, 'What belongs to no single flow').

It folds the latest summary of every partition into `comparison/NAME` and `run/ENVIRONMENT/RUN` records, and
decides commands. Everything it says is made from final lines and sums only, so two owners say the same.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from monitor.base.units import LogTime
from monitor.drift.policy import Policy
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.pipeline.commands import Complete, Settings, command_of
from monitor.pipeline.fleet import comparison_record
from monitor.pipeline.runs import RunKey

COMPLETE = 0.8
"""A run counts as one of its suite with this share of the flows of the suite's previous complete run."""


class Decisions(NamedTuple):
    """What to publish on the verdicts topic, and which commands to append (subject, value)."""

    records: dict[str, bytes]
    commands: list[tuple[str, bytes]]


class Owner:
    """Hears the verdicts topic and the commands topic; decides from what stands there."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.summaries: dict[int, Mapping[str, Any]] = {}
        self.runs: dict[RunKey, Mapping[str, Any]] = {}
        self.commands: dict[int, dict[str, Any]] = {}
        self.subjects: dict[str, int] = {}
        self.policy = Policy()

    def hear(self, key: str, value: bytes | None) -> None:
        """Take one record of the verdicts topic; None takes the key back."""
        kind, _, name = key.partition("/")
        if kind == "summary" and value is not None:
            self._summary(int(name), orjson.loads(value))
        elif kind == "run":
            environment, _, run = name.partition("/")
            if value is None:
                self.runs.pop(RunKey(environment, run), None)
            else:
                self.runs[RunKey(environment, run)] = orjson.loads(value)

    def _summary(self, partition: int, summary: Mapping[str, Any]) -> None:
        known = self.summaries.get(partition)
        if known is None or summary["offset"] >= known["offset"]:
            self.summaries[partition] = summary

    def hear_command(self, number: int, value: bytes) -> None:
        """Take one record of the commands topic; `number` is its offset there."""
        plain = orjson.loads(value)
        command = command_of(plain)
        self.subjects[command.subject] = number
        self.commands[number] = plain
        if isinstance(command, Settings):
            self.policy = command.policy

    def to_forward(self, partition: int) -> list[bytes]:
        """Commands, in order, that this partition of the flows topic has not applied yet."""
        summary = self.summaries.get(partition)
        applied = summary["command"] if summary else -1
        return [
            encode(FlowRecord(None, command={**self.commands[number], "number": number}))
            for number in sorted(self.commands)
            if number > applied
        ]

    def decide(self) -> Decisions:
        """Comparison and run records from the latest summaries; nothing until all partitions have spoken."""
        if len(self.summaries) < self.partitions:
            return Decisions({}, [])
        summaries = [self.summaries[partition] for partition in range(self.partitions)]
        place = {"partition": 0, "offset": summaries[0]["offset"]}
        records = {
            f"comparison/{c.name}": orjson.dumps({**place, **comparison_record(c, summaries)})
            for c in self.policy.comparisons
        }
        for key, line in self._settled(summaries):
            self.runs[key] = {**place, **line}
            records[f"run/{key.environment}/{key.run}"] = orjson.dumps(self.runs[key])
        return Decisions(records, self._complete())

    def _complete(self) -> list[tuple[str, bytes]]:
        """Commands that tell of complete runs, unless they were written before."""
        complete = (
            Complete(key.environment, key.run, line["suite"], LogTime(line["first"]))
            for key, line in self.runs.items()
            if line["complete"]
        )
        return [(c.subject, orjson.dumps(c.plain())) for c in complete if c.subject not in self.subjects]

    def _settled(self, summaries: list[Mapping[str, Any]]) -> list[tuple[RunKey, dict[str, Any]]]:
        """Runs that every partition says are settled and that were not decided before, by their end."""
        lines: dict[RunKey, list[Mapping[str, Any]]] = {}
        for summary in summaries:
            for line in summary["runs"]:
                lines.setdefault(RunKey(line["environment"], line["run"]), []).append(line)
        new = [
            (key, parts)
            for key, parts in lines.items()
            if key not in self.runs
            and len(parts) == self.partitions
            and all(part["end"] is not None for part in parts)
        ]
        new.sort(key=lambda item: (max(part["end"] for part in item[1]), item[0]))
        return self._decided(new)

    def _decided(
        self, new: list[tuple[RunKey, list[Mapping[str, Any]]]]
    ) -> list[tuple[RunKey, dict[str, Any]]]:
        previous = self._previous()
        decided = []
        for key, parts in new:
            line = _run_line(key, parts)
            suite = (key.environment, line["suite"])
            line["complete"] = line["flows"] > 0 and line["flows"] >= COMPLETE * previous.get(suite, 0)
            if line["complete"]:
                previous[suite] = line["flows"]
            decided.append((key, line))
        return decided

    def _previous(self) -> dict[tuple[str, str], int]:
        """Flows of the last complete run per (environment, suite)."""
        complete = [(line["end"], key, line) for key, line in self.runs.items() if line["complete"]]
        return {
            (key.environment, line["suite"]): line["flows"]
            for _, key, line in sorted(complete, key=lambda entry: entry[:2])
        }


def _run_line(key: RunKey, parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "environment": key.environment,
        "run": key.run,
        "suite": min((part["suite"] for part in parts if part["suite"]), default=key.environment),
        "first": min(part["first"] for part in parts),
        "last": max(part["last"] for part in parts),
        "end": max(part["end"] for part in parts),
        "flows": sum(part["flows"] for part in parts),
        "settled": True,
    }
