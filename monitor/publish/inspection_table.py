"""What `flowdrift inspect` prints for people: what was seen, what to do, the configuration to paste.

It fits 80 columns. The configuration is the only part with a meaning for programs: YAML, after a line that
says so.
"""

from collections.abc import Iterator, Mapping

import yaml
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.base.moments import rfc3339
from monitor.dimensions.words import counted
from monitor.pipeline.inspect.inspected import EnvironmentSeen, Inspected, Inspection, RunSeen
from monitor.publish.wrapping import wrapped
from monitor.wire.semconv import ENVIRONMENT

WIDTH = 80
LONGEST_NAME = 60
"""A run's id or a case's name is cut here; `-o json` has all of it."""


def print_inspection(inspection: Inspection) -> None:
    """Print to stdout, in 80 columns, without colour off a terminal and with NO_COLOR."""
    console = Console(width=WIDTH, highlight=False)
    for part in _parts(inspection):
        console.print(part)
    console.print(Text("configuration to paste (YAML):\n", style="bold"))
    console.print(Text(as_yaml(inspection.configuration).rstrip()), soft_wrap=True)


def _parts(inspection: Inspection) -> Iterator[RenderableType]:
    yield Text("\n".join(_facts(inspection.seen)) + "\n")
    if inspection.seen.environments:
        yield _environments(inspection.seen)
        yield ""
    for finding in inspection.findings:
        yield Text(f"{_wrapped('! ', finding.says)}\n{_wrapped('  -> ', finding.remedy)}\n")


def as_yaml(configuration: Mapping[str, object]) -> str:
    """The configuration as a person would write it: sections in blocks, values in lines."""
    return yaml.safe_dump(dict(configuration), sort_keys=False, default_flow_style=None, width=WIDTH)


def _facts(seen: Inspected) -> Iterator[str]:
    return (_wrapped(f"{name:<11}", says) for name, says in _lines(seen))


def _wrapped(head: str, text: str) -> str:
    """`text` after `head`, in lines that fit; names longer than a line stay whole."""
    return wrapped(text, WIDTH, head, " " * len(head))


def _lines(seen: Inspected) -> Iterator[tuple[str, str]]:
    for topic in seen.topics:
        partitions = counted(topic.partitions, "partition")
        held = f"{partitions}, {topic.held:,} records, {topic.sampled:,} sampled"
        yield "topic", f"{topic.name}: {held}{f', {topic.timestamp_type}' if topic.timestamp_type else ''}"
    if not seen.records:
        return
    sizes, split = seen.sizes, seen.split
    yield "records", f"{seen.spans:,} spans; {sizes.median:,} bytes in the median, {sizes.largest:,} at most"
    counts = {"encodings": seen.encodings, "not read": seen.rejected, "keys": seen.keys}
    yield from ((name, _counts(each)) for name, each in counts.items() if each)
    yield "traces", f"{split.traces:,}, {split.split:,} of them on several partitions"
    for entry in seen.entries:
        how = "passed through" if entry.passed else "looks like a gateway"
        yield "entry", f"{entry.entry}: {entry.share:.0%} of {entry.environment}, {how}"
    for each in seen.values:
        yield "value", f"{each.environment}: {each.attribute} = {', '.join(each.values)}"
    yield from (("run", _run(run)) for run in seen.runs)


def _run(run: RunSeen) -> str:
    such = f", such as {_cut(run.case)} ({run.case_attribute})" if run.case else ""
    when = f"{_moment(run.first)} to {_moment(run.last)}"
    counts = f"{counted(run.spans, 'span')}, {counted(run.cases, 'case')}"
    return f"{run.environment} {_cut(run.run)} ({run.attribute}), {when}, {counts}{such}"


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."


def _moment(milliseconds: int) -> str:
    return (rfc3339(milliseconds) or "").partition(".")[0] + "Z"


def _environments(seen: Inspected) -> RenderableType:
    columns = ("environment", "by", "spans", "traces", "run id", "case", "sampling")
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[2:6]:
        column.justify = "right"
    for each in seen.environments:
        counts = (f"{each.spans:,}", f"{each.traces:,}", _percent(each.runs), _percent(each.cases))
        rule = "attribute" if each.rule == ENVIRONMENT else each.rule
        table.add_row(Text(each.name, overflow="fold"), Text(rule), *counts, Text(_sampling(each)))
    return table


def _sampling(seen: EnvironmentSeen) -> str:
    """Stated probabilities, the most frequent first."""
    if not seen.sampled:
        return "not stated"
    probabilities = ", ".join(list(seen.probabilities)[:3])
    return probabilities if seen.sampled == 1 else f"{probabilities} on {_percent(seen.sampled)}"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
