"""State of dimensions and ledgers of another release: kept by name, whoever loads and saves it between."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson

from monitor.base.units import LogTime
from monitor.dimensions import PLACES
from monitor.ledgers import QUESTIONS
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.timeline.commands import Complete
from tests.rows import MINUTE
from tests.unit.pipeline.auditing import Log

LATER = "of a later release"
KEPT = QUESTIONS.keys() | {place.kept_as for place in PLACES}
"""Names under which state is kept."""


def packed() -> Any:
    """The packed state of a flow, as JSON gives it back: a call is missing, a suite complete, a run open."""
    log = Log()
    log.production(2_000)
    for number in range(4):
        log.run(number, calls=("POST /charge",) if number < 2 else ())
        log.command(Complete("integration", f"ci-{number}", "nightly", LogTime((80 + 10 * number) * MINUTE)))
    [state] = log.fold(until=len(log.entries) - 1).states()
    return orjson.loads(orjson.dumps(state.pack()))


def by_name(plain: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in packed state that is kept by the name of a dimension or ledger, with its place."""
    if isinstance(plain, dict):
        if plain.keys() & KEPT:
            yield path, plain
        for key, value in plain.items():
            yield from by_name(value, f"{path}/{key}")
    elif isinstance(plain, list):
        for each in plain:
            yield from by_name(each, path)


def with_a_later_one(plain: Any) -> Any:
    """The same state as a release with one dimension and one ledger more had saved it."""
    for _, kept in by_name(plain):
        kept[LATER] = deepcopy(kept[next(name for name in kept if name in KEPT)])
    return plain


def test_state_of_a_later_release_is_kept() -> None:
    """A roll-back and the next upgrade lose nothing, wherever something is kept by name."""
    plain = with_a_later_one(packed())
    assert orjson.loads(orjson.dumps(FlowState.unpack(plain).pack())) == plain


def test_the_state_has_every_place() -> None:
    """Detectors, both pasts, times, shares, accounts and episodes are among what is kept by name."""
    places = {path for path, _ in by_name(packed())}
    assert places >= {
        "/comparisons/prod-test/accounts",
        "/comparisons/prod-test/episodes",
        "/comparisons/prod-test/paths/ok/dimensions",
        "/comparisons/prod-test/splits",
        "/shares/production",
        "/sides/past/dimensions",
        "/sides/times",
    }
