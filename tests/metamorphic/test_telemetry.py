"""The telemetry of the generator: what is exported is what the monitor decodes, however it is transformed."""

from collections import Counter
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.span import Span as Decoded
from tests.metamorphic.systems import draw
from tests.metamorphic.systems.model import System
from tests.metamorphic.systems.suite import suite
from tests.metamorphic.telemetry import capture
from tests.metamorphic.telemetry.capture import Capture, Export
from tests.metamorphic.telemetry.export import records
from tests.metamorphic.telemetry.spans import walk
from tests.metamorphic.transformations import TRANSFORMATIONS
from tests.metamorphic.transformations.transformation import Side, Transformation

SEEDS = range(12)
EXPORTS = (
    Export(),
    Export(flush_ms=5_000, most=7, order="shuffled"),
    Export(most=1, order="children first"),
    Export(order="parents first", copies=2),
    Export(narrow=frozenset({"*"})),
)


def side_of(seed: int, side: Side = Side.TESTS) -> Capture:
    """A small capture of the system of this seed."""
    system = draw.system(seed)
    if side is Side.TESTS:
        return capture.tests(system, replace(suite(seed, system), runs=2, cases=2), seed)
    few = System(tuple(replace(entry, traces=8) for entry in system.entries))
    return capture.production(few, seed)


def decoded(side: Capture) -> list[Decoded]:
    """Every span of every record; none may be unusable."""
    decoder = Decoder(AttributionSettings())
    spans = [span for each in records(side, Random(1)) for span in decoder.decode(each.value, "otlp_json")]
    assert decoder.tally.invalid_ids == decoder.tally.undecodable == 0
    return spans


def exported(side: Capture) -> Counter[str]:
    """Ids of the spans that leave their processes, so many times each."""
    spans = [span for trace in side.traces for span, _ in walk(trace.root) if span.arrives]
    return Counter(f"{span.id:016x}" for span in spans for _ in range(side.export.copies))


@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_what_is_exported_is_decoded(export: Export) -> None:
    """Every span arrives as often as it is sent, whatever the batches, their order and the width of ids."""
    side = side_of(3)._replace(export=export)
    assert Counter(span.span_id.hex() for span in decoded(side)) == exported(side)


def test_records_are_in_the_order_of_the_log() -> None:
    """Records come by the time at which they are appended, after the spans in them have ended."""
    side = side_of(4)._replace(export=Export(flush_ms=5_000, most=7, order="shuffled"))
    log = records(side, Random(1))
    assert [each.timestamp for each in log] == sorted(each.timestamp for each in log)
    decoder = Decoder(AttributionSettings())
    for each in log:
        ends = [span.start + span.duration for span in decoder.decode(each.value, "otlp_json")]
        assert max(ends) <= each.timestamp * 1_000_000


def test_tests_state_their_run_and_case() -> None:
    """Every span of the tests says which case of which run it belongs to, and none of production does."""
    assert all(span.facts.run and span.facts.case for span in decoded(side_of(5)))
    assert not any(span.facts.run or span.facts.case for span in decoded(side_of(5, Side.PRODUCTION)))


@pytest.mark.parametrize("each", TRANSFORMATIONS.values(), ids=lambda each: each.name)
def test_a_transformation_rewrites_telemetry_and_loses_none(each: Transformation) -> None:
    """Each one changes something on every side where it may be applied, and all it exports can be decoded."""
    for side in _sides(each):
        if side is Side.BOTH:
            continue
        able = (seed for seed in range(100) if each.needs(draw.system(seed)))
        changed = [seed for seed, _ in zip(able, range(4), strict=False) if _rewrites(each, seed, side)]
        assert changed, (each.name, side)


def _rewrites(each: Transformation, seed: int, side: Side) -> bool:
    before = side_of(seed, side)
    after = each.rewrite(before, Random(seed))
    assert after == each.rewrite(before, Random(seed)), "equal generators must give equal telemetry"
    assert Counter(span.span_id.hex() for span in decoded(after)) == exported(after)
    return after != before


def test_any_two_transformations_go_together() -> None:
    """One after the other, in either order, they lose no span and need nothing that the other took away."""
    able = [each for each in TRANSFORMATIONS.values() if Side.TESTS in _sides(each)]
    pairs = Random(1).sample(list(permutations(able, 2)), 150)
    for number, (first, second) in enumerate(pairs):
        side = second.rewrite(first.rewrite(side_of(number % 7), Random(1)), Random(2))
        sent = sum(each.value.count(b'"spanId":') for each in records(side, Random(3)))
        links = sum(len(span.links) for trace in side.traces for span, _ in walk(trace.root) if span.arrives)
        assert sent == exported(side).total() + links * side.export.copies, (first.name, second.name)


def _sides(each: Transformation) -> tuple[Side, ...]:
    return (Side.PRODUCTION, Side.TESTS) if Side.BOTH in each.sides else each.sides


@pytest.mark.parametrize("seed", SEEDS)
def test_a_trace_is_a_tree_in_time(seed: int) -> None:
    """Ids are unique, children begin within their parents, and only what is not waited for ends later."""
    for trace in side_of(seed).traces:
        spans = list(walk(trace.root))
        assert len({span.id for span, _ in spans}) == len(spans)
        assert all(parent.start <= span.start for span, parent in spans if parent)
