"""Each page as its template, what goes into that, where its JSON is, and the command that says the same."""

import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

from monitor.base.errors import FlowdriftError
from monitor.drift.clocks import clocks
from monitor.drift.dropped import dropped
from monitor.drift.records.comparison import Sides
from monitor.drift.strangers import strangers
from monitor.drift.verdict import State
from monitor.ledgers import ASKED
from monitor.publish.pages.board import Board, board
from monitor.publish.pages.coverage import coverage_page
from monitor.publish.pages.flow import flow_page
from monitor.publish.pages.glossary import SECTIONS
from monitor.publish.pages.listing import PAGE, Wanted, listing
from monitor.publish.pages.names import in_comparison, verdict_of
from monitor.publish.pages.overview import overview
from monitor.publish.pages.run import run_of, runs_of
from monitor.publish.view import View


class UnknownParameterError(FlowdriftError):
    """An address says something that its page does not know."""


class Page(NamedTuple):
    """A page without what all have."""

    template: str
    title: str
    json: str
    command: str
    content: Mapping[str, Any]


class Asked(NamedTuple):
    """What a page is made of: a view that stands still, the comparison's name, and what the address says.

    viewers: by environment, where a trace is looked at. parts: of this process, and what each waits for.
    """

    view: View
    name: str
    parameters: Mapping[str, str]
    viewers: Mapping[str, str]
    parts: Mapping[str, str]

    @property
    def board(self) -> Board:
        """The comparison; raises as `known_comparison`."""
        return board(self.view, self.name)

    @property
    def sides(self) -> Sides:
        """What is compared, for headings; without names while nothing is known."""
        record = self.view.comparisons().get(self.name)
        return record.comparison if record else Sides()

    def address(self, path: str) -> str:
        """A path with the comparison that is asked for."""
        return in_comparison(path, self.name)

    @property
    def number(self) -> int:
        """Which page of a list; UnknownParameterError."""
        said = self.parameters.get("page", "1")
        if not said.isascii() or not said.isdecimal() or len(said) > 7 or not 1 <= int(said) <= 10**6:
            raise UnknownParameterError("page must be a number from 1 on.", code="parameter")
        return int(said)


def overview_page(asked: Asked) -> Page:
    """`/`."""
    content = {"overview": overview(asked.board)}
    return _page("overview", "Overview", asked.address("/api/v1/report"), content)


def page_of_flow(asked: Asked, wanted: str) -> Page:
    """`/flows/ID`."""
    entry = asked.board.entry(wanted)
    content = {"page": flow_page(asked.board, entry, asked.viewers)}
    return _page("flow", entry.flow.flow, asked.address(f"/api/v1/flows/{wanted}"), content)


def page_of_flows(asked: Asked) -> Page:
    """`/flows`."""
    texts = {name: asked.parameters.get(name, "") for name in ("flow", "service", "dimension", "state")}
    wanted = Wanted(**texts, page=asked.number)
    page = listing(asked.board, wanted)
    _check("state", wanted.state, list(State))
    _check("dimension", wanted.dimension, page.dimensions)
    content = {"page": page, "wanted": wanted, "states": list(State)}
    return _page("flows", "Flows", asked.address("/api/v1/flows"), content)


def page_of_coverage(asked: Asked) -> Page:
    """`/coverage`."""
    content = {"page": coverage_page(asked.board)}
    return _page("traffic", "Coverage", asked.address("/api/v1/report"), content)


def page_of_runs(asked: Asked) -> Page:
    """`/runs`."""
    lines, number = runs_of(asked.board), asked.number
    shown = lines[(number - 1) * PAGE : number * PAGE]
    content = {"lines": shown, "number": number, "pages": max(1, -(-len(lines) // PAGE))}
    return _page("runs", "Runs", "/api/v1/runs", content)


def page_of_run(asked: Asked, wanted: str) -> Page:
    """`/runs/ID`; of a run that goes on the command only reads, as `flowdrift verdict` would end it."""
    line = run_of(asked.board, wanted)
    page = _page("run", f"Run {line.run}", verdict_of(line.run, asked.name), {"line": line})
    command = shlex.join(["flowdrift", "verdict", "--run", line.run, "--comparison", asked.name])
    return page._replace(command=command) if line.answer else page


def page_of_health(asked: Asked) -> Page:
    """`/health`, which is there before anything is known of the comparison."""
    view, record = asked.view, asked.view.comparisons().get(asked.name)
    content = {
        "parts": sorted(asked.parts.items()),
        "ready": not any(asked.parts.values()),
        "input": record.input if record else None,
        "dropped": list(dropped(view, asked.name)) if record else [],
        "hints": [*strangers(view), *clocks(view)],
    }
    return _page("health", "Health", "/readyz?verbose", content)


def definitions(_: Asked) -> Page:
    """`/definitions`."""
    return _page(
        "definitions", "Definitions", "/api/v1/openapi.json", {"sections": SECTIONS, "questions": ASKED}
    )


def _page(template: str, title: str, address: str, content: Mapping[str, Any]) -> Page:
    return Page(template, title, address, f'curl "$FLOWDRIFT_URL{address}"', content)


def _check(parameter: str, value: str, known: list[Any]) -> None:
    if value and value not in known:
        said = f"{parameter} must be one of {', '.join(map(str, known))}."
        raise UnknownParameterError(said, code="parameter")
