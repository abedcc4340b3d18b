"""The pages of test runs: what each proved, and what it did not."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.answer import Answer
from monitor.drift.records.run import RunRecord
from monitor.publish.choice import UnknownNameError
from monitor.publish.known_runs import KnownRuns
from monitor.publish.pages.board import Board
from monitor.publish.pages.names import run_id
from monitor.publish.view import View


class RunLine(NamedTuple):
    """A run: its id, suite, and when its last span began; answer: None until it is settled and compared."""

    run: str
    suite: str
    last: LogTime
    flows: int
    answer: Answer | None
    lost: bool = False

    @property
    def state(self) -> str:
        """pass, drift or insufficient; open until it is settled."""
        return self.answer.state if self.answer else "open"


def runs_of(board: Board) -> list[RunLine]:
    """The runs of the candidate environment, the latest first."""
    candidate = board.record.comparison.candidate
    settled = [record for record in board.view.every(RunRecord) if record.environment == candidate]
    lines = [_settled(record, board.name) for record in settled]
    lines += _open(candidate, {record.key for record in settled}, board.view)
    return sorted(lines, key=lambda line: (-line.last, line.run))


def run_of(board: Board, wanted: str) -> RunLine:
    """The run of this id; UnknownNameError."""
    for line in runs_of(board):
        if run_id(line.run) == wanted:
            return line
    raise UnknownNameError("no run of this comparison has this id: it may be forgotten by now", code="run")


def _settled(record: RunRecord, comparison: str) -> RunLine:
    answer = record.verdicts.get(comparison)
    return RunLine(record.run, record.suite, record.last, record.flows, answer, record.lost)


def _open(candidate: str, settled: set[RunKey], view: View) -> Iterator[RunLine]:
    for key, last in KnownRuns(view).last.items():
        if key.environment == candidate and key not in settled:
            yield RunLine(key.run, "", last, 0, None)
