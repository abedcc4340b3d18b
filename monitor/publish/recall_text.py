"""Recall as people read it: the ratio, and what production broke that no test has shown."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.base.moments import to_the_minute
from monitor.dimensions.words import counted, share
from monitor.drift.recall import BANDS, Recall, Share
from monitor.drift.records.failure import FailureKind
from monitor.publish.wrapping import wrapped

SHOWN = 20
"""Signatures that are printed; how many are not is said."""
INDENT = "  "


def recall_text(recall: Recall, width: int, *, whole: bool = False) -> Iterator[RenderableType]:
    """The ratio and each open signature, or (`whole`) every one; nothing where production never failed.

    Failed traces without any signature are counted. Lines have at most `width` columns; names that are
    longer stay whole.
    """
    if not (recall.escapes or recall.stale):
        yield from _unsigned(recall.left_out, width)
        return
    yield Group(*(Text(wrapped(line, width, rest=INDENT)) for line in _head(recall)))
    kinds = [each for each in recall.escapes if whole or each.state.is_open]
    yield from (_block(each, width) for each in kinds[:SHOWN])
    # A daemon of the release before does not say how many there are.
    more = max(recall.all_listable if whole else recall.all_open, len(kinds)) - SHOWN
    if more > 0:
        yield Text(f"... and {more:,} more: GET /api/v1/escapes has all")


def explained(kind: FailureKind, width: int) -> RenderableType:
    """One signature with all that is known of it."""
    lines = [
        f"first {to_the_minute(kind.first)}, last {to_the_minute(kind.last)}",
        *([f"versions: {', '.join(kind.versions)}"] if kind.versions else []),
        *_traces("production", kind.reference),
        *_traces("tests", kind.candidate),
    ]
    return Group(_block(kind, width), *(Text(wrapped(line, width, INDENT, INDENT)) for line in lines))


def _unsigned(traces: int, width: int) -> Iterator[RenderableType]:
    if traces:
        none = f"{counted(traces, 'failed trace')} {'has' if traces == 1 else 'have'} none"
        said = f"No failure of production has a signature yet; {none}."
        yield Text(wrapped(said, width, rest=INDENT))


def _head(recall: Recall) -> Iterable[str]:
    yield f"recall: {_share(recall, 'failure signature')}"
    if recall.client_errors.signatures:
        yield f"recall of client errors: {_share(recall.client_errors, 'signature')}"
    if recall.oldest is not None:
        yield f"{counted(recall.open, 'open escape')}, the oldest since {to_the_minute(recall.oldest)}"
    if recall.unjudged:
        yield f"{counted(recall.unjudged, 'signature')} not judged: no test could have shown it"
    for seam in recall.seams[:3]:
        traces = counted(round(seam.traces), "failed trace")
        yield f"tests never cross {seam.caller} -> {seam.callee}: {traces} of production"
    yield f"for comparison: {BANDS}"


def _share(of: Share, thing: str) -> str:
    """How many of the signatures tests have shown, with what that can be worth."""
    if of.ratio is None:
        return f"no {thing} of production to judge by"
    weighted = "" if of.weighted is None else f"; {share(of.weighted)} of the failures"
    counts = f"tests have shown {of.recalled:,} of {counted(of.signatures, thing)} of production"
    return f"{counts} ({share(of.ratio)}, between {share(of.low)} and {share(of.high)}){weighted}"


def _block(kind: FailureKind, width: int) -> RenderableType:
    head = Text(wrapped(f"{kind.state.value}  {kind.id}  {kind.flow}", width, rest=INDENT))
    head.stylize("bold red" if kind.state.is_open else "dim", 0, len(kind.state.value))
    traces = [f"{ids[0]} ({side})" for side, ids in _sides(kind) if ids]
    below = [kind.says, *([f"traces: {', '.join(traces)}"] if traces else [])]
    return Group(head, *(Text(wrapped(each, width, INDENT, INDENT)) for each in below))


def _sides(kind: FailureKind) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("reference", kind.reference), ("candidate", kind.candidate))


def _traces(where: str, ids: Iterable[str]) -> list[str]:
    known = ", ".join(ids)
    return [f"traces of {where}: {known}"] if known else []
