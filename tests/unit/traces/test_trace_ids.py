"""Traces are joined by the right-most 64 bits of their ids, and shown by the whole."""

from itertools import permutations

import pytest

from monitor.wire.span import Span, trace_key
from tests.factories import span
from tests.unit.traces.log import GAP, SECOND, Log

WIDE = bytes.fromhex("5af7183fb1d4cf5f6b221d5bc9e6496c")
NARROW = bytes(8) + WIDE[8:]
EMPTY_END = WIDE[:8] + bytes(8)

ROOT = span(1)._replace(trace_id=WIDE)
CALL = span(2, parent=1)._replace(trace_id=WIDE)
OLD = span(3, parent=2, service="old")._replace(trace_id=NARROW)


@pytest.mark.parametrize("order", list(permutations((ROOT, CALL, OLD))))
def test_a_service_that_hands_on_64_bits_stays_in_the_trace(order: tuple[Span, ...]) -> None:
    """One group in whatever order, one trace, shown by its whole id; nothing of it stays."""
    log = Log()
    for second, each in enumerate(order):
        log.write(second * SECOND, each)
    (fragment,) = log.write(GAP + 2 * SECOND).closed
    assert len(fragment.spans) == 3 and fragment.trace_id == WIDE
    assert log.assembler.tally.traces == 1 and not log.assembler._traces.by_id


def test_a_copy_under_the_other_width_is_a_copy() -> None:
    """Also once its group is closed; and a child of that is late."""
    log = Log().write(0, ROOT, CALL).write(GAP, CALL._replace(trace_id=NARROW)).write(GAP, OLD)
    assert (log.assembler.tally.duplicates, log.assembler.tally.late) == (1, 1)


def test_an_id_that_ends_in_zeros_is_compared_whole() -> None:
    """Else all such traces would be one."""
    assert trace_key(WIDE) == trace_key(NARROW) == WIDE[8:]
    assert trace_key(EMPTY_END) == EMPTY_END
    other = EMPTY_END[:7] + b"x" + bytes(8)
    log = Log().write(0, span(1)._replace(trace_id=EMPTY_END), span(2, parent=1)._replace(trace_id=other))
    assert log.write(1000 * SECOND).groups == [[1], [2]]


def test_other_ids_are_other_traces() -> None:
    """Equal left halves join nothing."""
    other = WIDE[:8] + b"another!"
    log = Log().write(0, ROOT, CALL._replace(trace_id=other)).write(1000 * SECOND)
    assert log.groups == [[1], [2]]


def test_runners_are_found_by_either_width() -> None:
    """What a runner says reaches the groups below it."""
    runner = span(1, runner=True, run="ci-7")._replace(trace_id=WIDE)
    (fragment,) = Log().write(0, runner, CALL._replace(trace_id=NARROW)).write(GAP).closed
    assert fragment.context.run == "ci-7" and fragment.trace_id == NARROW
