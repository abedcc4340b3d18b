"""`flowdrift replay`: captured telemetry from files through the whole pipeline, without Kafka.

A file holds records of any encoding and layout (`captured`). `NAME=FILE` names the environment; without a
name it is the role. Which file plays which role is what the caller says, whatever the attributes say.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from monitor.base.errors import ConfigurationError
from monitor.captured import MOST_SPANS, Progress, Reading, read
from monitor.drift.hints import Hint
from monitor.drift.policy import Comparison
from monitor.drift.report import Report, build_report
from monitor.pipeline import offline
from monitor.pipeline.observe.observer import ObserverSettings
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from monitor.wire.span import Span

COMPARISON = "replay"


class Capture(NamedTuple):
    """The files of one role, and the environment that they are."""

    environment: str
    files: tuple[Path, ...]


def capture(role: str, arguments: Sequence[str]) -> Capture:
    """What `--reference` or `--candidate` named: each `FILE` or `NAME=FILE`, with one name at most.

    Raises ConfigurationError for a file that is not there, and for two names.
    """
    split = [argument.rpartition("=") for argument in arguments]
    names = sorted({name for name, _, _ in split if name})
    if len(names) > 1:
        raise ConfigurationError(f"--{role}: files of one role have one environment, not {', '.join(names)}")
    files = tuple(Path(file) for _, _, file in split)
    for file in files:
        if not file.is_file():
            raise ConfigurationError(f"--{role}: there is no file {file}")
    return Capture(names[0] if names else role, files)


def compare(
    reference: Capture,
    candidate: Capture,
    settings: Settings,
    progress: Progress,
    say: Callable[[str], None],
) -> Report:
    """The report on `candidate` against `reference`.

    `say` receives the account of each file, line by line. Raises ConfigurationError where a side has nothing
    that can be decoded: silence would look like missing tests.
    """
    if reference.environment == candidate.environment:
        raise ConfigurationError(f"reference and candidate are both named {reference.environment}")
    # The caller's names hold as they are: `match` would make `production` of one named `prod`, and synthetic
    # traffic an environment of its own.
    attribution = settings.attribution.model_copy(update={"environments": {}, "references": ()})
    decoder = Decoder(attribution, MOST_SPANS)
    before, after = (_read(side, decoder, progress, say) for side in (reference, candidate))
    one = Comparison(name=COMPARISON, reference=reference.environment, candidate=candidate.environment)
    policy = settings.policy.model_copy(update={"comparisons": (one,)})
    observing = ObserverSettings(assembly=settings.assembly, flows=settings.flows)
    records = offline.compare(
        _spans(before), _spans(after), observing, policy, lambda done, total: progress("spans", done, total)
    )
    report = build_report(records, COMPARISON)
    rejected = sum(each.number_rejected for each in (*before, *after))
    hints = tuple(_remedied(hint, settings) for hint in report.hints)
    counts = replace(report.input, rejected=report.input.rejected + rejected)
    return replace(report, input=counts, hints=hints)


def _read(side: Capture, decoder: Decoder, progress: Progress, say: Callable[[str], None]) -> list[Reading]:
    readings = [read(file, decoder, side.environment, progress) for file in side.files]
    for line in chain.from_iterable(reading.account() for reading in readings):
        say(line)
    if not any(reading.spans for reading in readings):
        why = next(chain.from_iterable(reading.rejected for reading in readings), "there is no record in it")
        files = ", ".join(str(file) for file in side.files)
        raise ConfigurationError(f"{side.environment}: no span could be read from {files}: {why}")
    return readings


def _spans(readings: Sequence[Reading]) -> list[Span]:
    return [span for reading in readings for span in reading.spans]


def _remedied(hint: Hint, settings: Settings) -> Hint:
    """A role without a name has no settings: its files are to be named after an environment that has."""
    if hint.kind != "sampling" or hint.subject in settings.environments:
        return hint
    name = settings.comparisons[0].reference
    remedy = (
        f"environments.{name}.sampling: none, head or tail (whichever it is), and --reference {name}=FILE"
    )
    return replace(hint, remedy=remedy)
