"""The page of coverage: production's traffic as area, what tests make of it as colour, and as a table."""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.base.durations import about
from monitor.base.units import LogTime
from monitor.drift.inside import known_inside
from monitor.drift.records.coverage import Covered, ReleaseCovered
from monitor.publish.pages.board import Board
from monitor.publish.pages.states import Standing, standing
from monitor.publish.pages.treemap import Tile, squarified

MOST_TILES = 60
"""Flows with a tile and a row of their own, the busiest; all others of one kind are one."""
WHOLE = Tile(0, 0, 1000, 420)
_LABELLED = (70, 22)
"""Width and height from which a tile has room for its name."""


class Part(NamedTuple):
    """A flow, or all other flows of its kind (flow ''): what it is, and its share (0..1) of all traffic."""

    flow: str
    flows: int
    standing: Standing
    share: float


class Area(NamedTuple):
    """A part with its place in the picture; labelled: its name has room there."""

    part: Part
    tile: Tile
    labelled: bool


class CoveragePage(NamedTuple):
    """Everything that the page says; kinds: the share of the traffic and the number of flows of each kind.

    dead: flows that only tests have, with when the reference had them last. watched: for how long that has
    been looked at, '' where it is not known.
    """

    covered: Covered
    areas: list[Area]
    kinds: list[Part]
    excused: int
    dead: list[tuple[str, LogTime | None]]
    watched: str


def coverage_page(board: Board) -> CoveragePage:
    """The page of a comparison."""
    covered, inside = board.record.coverage, known_inside(board.flows)
    parts = _parts(board)
    shown = _shown(parts)
    tiles = squarified([part.share for part in shown], WHOLE)
    return CoveragePage(
        covered=covered,
        areas=[Area(part, tile, _has_room(tile)) for part, tile in zip(shown, tiles, strict=True)],
        kinds=[_together(kind, [each for each in parts if each.standing is kind]) for kind in Standing],
        excused=board.record.sums.out_of_scope_flows,
        dead=[(flow, last) for flow, last in covered.dead if flow not in inside],
        watched=about(covered.watched_ms) if covered.watched_ms else "",
    )


def _parts(board: Board) -> list[Part]:
    """Every flow of the reference, the busiest first."""
    entries = [entry for entry in board.entries() if entry.flow.reference_weight]
    total = sum(flow.reference_weight for flow, _ in entries)
    parts = [
        Part(flow.flow, 1, standing(flow, lines, board.excused), flow.reference_weight / total)
        for flow, lines in entries
    ]
    return sorted(parts, key=lambda part: (-part.share, part.flow))


def _shown(parts: list[Part]) -> list[Part]:
    """The busiest, and what is left of each kind as one, the largest first."""
    rest = parts[MOST_TILES:]
    groups = (_together(kind, [each for each in rest if each.standing is kind]) for kind in Standing)
    shown = [*parts[:MOST_TILES], *(group for group in groups if group.flows)]
    return sorted(shown, key=lambda part: -part.share)


def _together(kind: Standing, parts: Iterable[Part]) -> Part:
    parts = list(parts)
    return Part("", len(parts), kind, sum(part.share for part in parts))


def _has_room(tile: Tile) -> bool:
    return tile.width >= _LABELLED[0] and tile.height >= _LABELLED[1]


def tested_share(release: ReleaseCovered) -> float:
    """The share (0..1) of what a release brought that tests have had since."""
    return release.tested / max(1, release.new + release.changed)
