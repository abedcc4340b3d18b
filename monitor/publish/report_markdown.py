"""The report as a comment on a pull request: one line that says what it is, ten findings, the rest collapsed.

Names stand in code spans: there GitHub and GitLab neither format them nor notify whom they seem to mention.
"""

import re
from collections.abc import Iterator
from itertools import chain

from monitor.base.moments import rfc3339
from monitor.dimensions.words import counted
from monitor.dimensions.words import share as percent
from monitor.drift.report import Audit, Report
from monitor.drift.verdict import Verdict
from monitor.publish.findings import Findings, findings, path, too_small

MOST_SHOWN = 10
"""Findings that are shown."""
MOST_OTHERS = 50
"""Lines of one kind in the collapsed part: a comment has at most 65,536 characters."""
_QUOTED = re.compile(r"'([^']+)'")
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~]")
_NOBODY = "@\u200b"
"""An '@' that mentions nobody: what follows it does not touch it."""


def report_markdown(report: Report) -> str:
    """The report in Markdown (CommonMark, with HTML's `details`), which ends with a line feed."""
    found = findings(report)
    bullets = list(_findings(report, found))
    untried = [f"- {_code(path(line))}: {_text(line.reason)}" for line in found.untried]
    rest = [
        *_bullets("Other findings", bullets[MOST_SHOWN:]),
        *_bullets("Not tried by any test", untried),
        *_bullets(
            "Seams that tests do not cross", [f"- {_code(n)}: {_text(s)}" for n, s in found.seams.items()]
        ),
        *_undecided(found),
        *_numbers(report),
    ]
    parts = [f"**flowdrift:** {_headline(report, found)}", "\n".join(bullets[:MOST_SHOWN]), _collapsed(rest)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _headline(report: Report, found: Findings) -> str:
    names = report.comparison
    about = f"{_code(names.candidate)} against {_code(names.reference)}"
    if small := too_small(report):
        return f"{about}: {_text(small)}"
    counts = (
        (len(found.drifts), "drift", "drifts"),
        (len(found.suspects), "suspect", "suspects"),
        (len(found.untested), "flow without a test", "flows without a test"),
        (len(found.dead), "flow that only tests have", "flows that only tests have"),
    )
    seen = [f"{number:,} {one if number == 1 else many}" for number, one, many in counts if number]
    undecided = sum(map(len, found.undecided))
    parts = [*(seen or ["no difference found"]), *([f"{undecided:,} undecided"] if undecided else [])]
    return f"{about}: {', '.join(parts)}."


def _findings(report: Report, found: Findings) -> Iterator[str]:
    """One bullet per finding, the worst first."""
    if report.lost:
        reasons = _text(" ".join(report.lost.reasons))
        yield f"- **test telemetry is lost** since {rfc3339(report.lost.since)}: {reasons}"
    yield from (_bullet(report, line) for line in found.drifts)
    for flow, part in found.untested.items():
        yield f"- **flow without a test** {_code(flow)}: share of traffic: {part}"
    yield from (_bullet(report, line) for line in found.suspects)
    for flow, last_seen in found.dead.items():
        yield f"- **flow that only tests have** {_code(flow)}: last in the reference: {last_seen}"
    yield from (f"- **release** {_text(each)}" for each in found.releases)


def _bullet(report: Report, line: Verdict) -> str:
    says = f"- **{line.state.value}** ({line.dimension}) {_code(path(line))}: {_text(line.reason)}"
    names = {"reference": report.comparison.reference, "candidate": report.comparison.candidate}
    traces = [f"{_code(ids[0])} ({_text(names[side])})" for side, ids in line.examples.sides() if ids]
    return f"{says} Traces: {', '.join(traces)}." if traces else says


def _undecided(found: Findings) -> Iterator[str]:
    return _bullets("Undecided", [_group(lines) for lines in found.undecided])


def _group(lines: list[Verdict]) -> str:
    others = f" and {counted(len(lines) - 1, 'other')}" if len(lines) > 1 else ""
    return f"- {_code(path(lines[0]))} ({lines[0].dimension}){others}: {_text(lines[0].reason)}"


def _numbers(report: Report) -> Iterator[str]:
    seen, coverage = report.input, report.coverage
    read = ", ".join(counted(getattr(seen, f"{each}s"), each) for each in ("span", "trace", "flow"))
    traffic = "unknown" if coverage.traffic is None else percent(coverage.traffic)
    units = counted(report.comparison.units, "evidence unit")
    lines = [
        f"- {read}; {seen.incomplete:,} incomplete, {counted(seen.rejected, 'record')} rejected",
        f"- coverage by traffic: {traffic}{_text(coverage.aside)}; {units}",
        *_audit(report.audit),
        *(f"- hint: {_text(hint.says)} Set {_code(hint.remedy)}" for hint in report.hints),
        *(f"- not judged: {_text(each.says)} What to do: {_text(each.remedy)}." for each in report.dropped),
    ]
    return _bullets("Numbers and hints", lines)


def _audit(audit: Audit) -> Iterator[str]:
    if audit.completeness is not None:
        calls = counted(audit.calls, "call")
        yield f"- audit: {percent(audit.completeness)} of {calls} of test runs recorded"


def _bullets(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        hidden = len(lines) - MOST_OTHERS
        more = [f"- ... and {hidden:,} more: `-o json` has all"] if hidden > 0 else []
        yield "\n".join(chain((f"**{title}**", ""), lines[:MOST_OTHERS], more))


def _collapsed(parts: list[str]) -> str:
    body = "\n\n".join(parts)
    return f"<details><summary>everything else</summary>\n\n{body}\n\n</details>"


def _code(name: str) -> str:
    """A name as a code span, whatever it holds."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", name)), default=0))
    pad = " " if name.startswith("`") or name.endswith("`") else ""
    return f"{fence}{pad}{name}{pad}{fence}"


def _text(sentence: str) -> str:
    """A sentence whose quoted names are code spans, and in which nothing else formats or mentions."""
    parts = _QUOTED.split(sentence)
    return "".join(_code(part) if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text).replace("@", _NOBODY)
