"""`flowdrift replay`: captured telemetry from files through the whole pipeline, without Kafka.

A file holds records of any encoding, told by their bytes (`wire.recognise`): JSON lines (OTLP as the
Collector's file exporter writes it, or records as a topic holds them), one JSON document over many lines (as
Jaeger's page exports it), or one binary record; any may be gzipped. `NAME=FILE` names the environment;
without a name it is the role. Which file plays which role is what the caller says, whatever the attributes
say.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from monitor.base.errors import ConfigurationError, UndecodableError
from monitor.drift.policy import Comparison
from monitor.drift.report import HintLine, Report, build_report
from monitor.pipeline import offline
from monitor.pipeline.observe.observer import ObserverSettings
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from monitor.wire.recognise import encoding_of, is_json
from monitor.wire.span import Span

COMPARISON = "replay"
TOLD = 10
"""So many records that cannot be decoded are named; all are counted."""
_GZIP = b"\x1f\x8b"
_OPENINGS = (b"{", b"[", b"[{")
"""First lines of a JSON document that goes on over many lines."""
Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""


class Capture(NamedTuple):
    """The files of one role, and the environment that they are."""

    environment: str
    files: tuple[Path, ...]


class _Read(NamedTuple):
    spans: list[Span]
    rejected: list[str]


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
    tell: Callable[[str], None],
) -> Report:
    """The report on `candidate` against `reference`.

    Records that cannot be decoded are counted in it, and the first ones told to `tell`. Raises
    ConfigurationError where a side has nothing that can be decoded: silence would look like missing tests.
    """
    if reference.environment == candidate.environment:
        raise ConfigurationError(f"reference and candidate are both named {reference.environment}")
    # The caller's names hold as they are: `match` would make `production` of one named `prod`, and synthetic
    # traffic an environment of its own.
    decoder = Decoder(settings.attribution.model_copy(update={"environments": {}, "references": ()}))
    before = _spans(reference, decoder, progress)
    after = _spans(candidate, decoder, progress)
    one = Comparison(name=COMPARISON, reference=reference.environment, candidate=candidate.environment)
    policy = settings.policy.model_copy(update={"comparisons": (one,)})
    observing = ObserverSettings(assembly=settings.assembly, flows=settings.flows)
    records = offline.compare(
        before.spans, after.spans, observing, policy, lambda done, total: progress("spans", done, total)
    )
    report = build_report(records, COMPARISON)
    for line in (before.rejected + after.rejected)[:TOLD]:
        tell(line)
    rejected = report.input.rejected + len(before.rejected) + len(after.rejected)
    hints = tuple(_remedied(hint, settings) for hint in report.hints)
    counts = report.input.model_copy(update={"rejected": rejected})
    return report.model_copy(update={"input": counts, "hints": hints})


def _remedied(hint: HintLine, settings: Settings) -> HintLine:
    """A role without a name has no settings: its files are to be named after an environment that has."""
    if hint.kind != "sampling" or hint.subject in settings.environments:
        return hint
    name = settings.comparisons[0].reference
    remedy = (
        f"environments.{name}.sampling: none, head or tail (whichever it is), and --reference {name}=FILE"
    )
    return hint.model_copy(update={"remedy": remedy})


def _spans(side: Capture, decoder: Decoder, progress: Progress) -> _Read:
    spans: list[Span] = []
    rejected: list[str] = []
    for file in side.files:
        total = file.stat().st_size
        for number, (payload, encoding, read) in enumerate(payloads(file), 1):
            try:
                spans += decoder.decode(payload, encoding, side.environment)
            except UndecodableError as error:
                rejected.append(f"{file}: record {number} is left out: {error}")
            progress(str(file), read, total)
    if not spans:
        why = rejected[0] if rejected else f"{', '.join(map(str, side.files))}: no record"
        raise ConfigurationError(f"{side.environment}: no span could be read ({why})")
    return _Read(spans, rejected)


def payloads(file: Path) -> Iterator[tuple[bytes, str, int]]:
    """Payload, encoding, and how many bytes of the file were read by then."""
    with file.open("rb") as raw:
        zipped = raw.read(2) == _GZIP
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if zipped else raw
        try:
            for record in _records(stream):
                yield record, encoding_of(record), raw.tell()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ConfigurationError(f"{file}: is no whole gzip file ({error})") from None


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The records of a file: its lines, or all of it where it is binary or one JSON document."""
    rest = iter(lines)
    first = next(rest, b"")
    if not is_json(first) or first.strip() in _OPENINGS:
        yield first + b"".join(rest)
        return
    yield first
    yield from (line for line in rest if line.strip())
