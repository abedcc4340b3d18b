"""`flowdrift replay`: captured telemetry from files through the whole pipeline, without Kafka.

A file holds OTLP as JSON lines (one export request per line, as the Collector's file exporter writes), or
one binary export request; either may be gzipped. `NAME=FILE` names the environment; without a name it is
the role. Which file plays which role is what the caller says, whatever the attributes say.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress as Bar

from monitor.base.errors import ConfigurationError, UndecodableError
from monitor.drift.policy import Comparison
from monitor.drift.report import Report, build_report
from monitor.pipeline.observer import ObserverSettings
from monitor.pipeline.offline import compare
from monitor.settings import Settings, load
from monitor.wire.decode import Decoder
from monitor.wire.span import Span

COMPARISON = "replay"
_GZIP = b"\x1f\x8b"
Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""


class Capture(NamedTuple):
    """The files of one role, and the environment that they are."""

    environment: str
    files: tuple[Path, ...]


def replayed(reference: Sequence[str], candidate: Sequence[str], config: Path | None) -> Report:
    """What the command says: captures as `FILE` or `NAME=FILE`, progress on stderr if that is a terminal.

    Raises ConfigurationError for wrong settings or files.
    """
    settings = load(config, offline=True)
    console = Console(stderr=True)
    with Bar(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("")

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        return replay(capture("reference", reference), capture("candidate", candidate), settings, progress)


class _Read(NamedTuple):
    spans: list[Span]
    rejected: int


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


def replay(
    reference: Capture,
    candidate: Capture,
    settings: Settings,
    progress: Progress,
) -> Report:
    """The report on `candidate` against `reference`; records that cannot be decoded are counted in it."""
    if reference.environment == candidate.environment:
        raise ConfigurationError(f"reference and candidate are both named {reference.environment}")
    # The caller's names hold as they are: `match` would make `production` of one named `prod`.
    decoder = Decoder(settings.attribution.model_copy(update={"environments": {}}))
    before = _spans(reference, decoder, progress)
    after = _spans(candidate, decoder, progress)
    one = Comparison(name=COMPARISON, reference=reference.environment, candidate=candidate.environment)
    policy = settings.policy.model_copy(update={"comparisons": (one,)})
    observing = ObserverSettings(assembly=settings.assembly, flows=settings.flows)
    records = compare(
        before.spans, after.spans, observing, policy, lambda done, total: progress("spans", done, total)
    )
    report = build_report(records, COMPARISON)
    rejected = report.input.rejected + before.rejected + after.rejected
    return report.model_copy(update={"input": report.input.model_copy(update={"rejected": rejected})})


def _spans(side: Capture, decoder: Decoder, progress: Progress) -> _Read:
    spans: list[Span] = []
    rejected = 0
    for file in side.files:
        total = file.stat().st_size
        for payload, encoding, read in payloads(file):
            try:
                spans += decoder.decode(payload, encoding, side.environment)
            except UndecodableError:
                rejected += 1
            progress(str(file), read, total)
    return _Read(spans, rejected)


def payloads(file: Path) -> Iterator[tuple[bytes, str, int]]:
    """Payload, encoding, and how many bytes of the file were read by then."""
    with file.open("rb") as raw:
        zipped = raw.read(2) == _GZIP
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if zipped else raw
        try:
            first = stream.readline()
            if first.lstrip()[:1] == b"{":
                for line in _lines(first, stream):
                    yield line, "otlp_json", raw.tell()
            else:
                yield first + stream.read(), "otlp_proto", raw.tell()
        except (gzip.BadGzipFile, EOFError) as error:
            raise ConfigurationError(f"{file}: is no whole gzip file ({error})") from None


def _lines(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    for line in rest:
        if line.strip():
            yield line
