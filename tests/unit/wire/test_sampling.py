"""The sampling weight that a trace state states."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.sampling import weight_of


@pytest.mark.parametrize(
    ("threshold", "probability"),
    [("c", Fraction(1, 4)), ("0", Fraction(1)), ("8", Fraction(1, 2)), ("fd70a4", Fraction(1, 100))],
)
def test_published_examples(threshold: str, probability: Fraction) -> None:
    """The thresholds of the specification give its probabilities, to the precision of their digits."""
    weight = weight_of(b"ot=th:" + threshold.encode())
    assert weight is not None
    assert abs(weight * probability / 1024 - 1) < Fraction(1, 100_000)


def test_rarest() -> None:
    """The highest threshold of 14 digits stands for 2^56 traces."""
    assert weight_of(b"ot=th:ffffffffffffff") == 1024 << 56


@pytest.mark.parametrize(
    "state",
    [b"ot=rv:abcdef;th:c", b"vendor=1,ot=th:c", b"vendor=1, ot=th:c;rv:1", b"ot=th:c,vendor=th:0"],
)
def test_among_others(state: bytes) -> None:
    """The threshold is found beside other fields and other vendors."""
    assert weight_of(state) == 4096


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"vendor=th:c",
        b"ot=rv:1",
        b"ot=th:",
        b"ot=th:xyz",
        b"ot=th:C",
        b"ot=xth:c",
        b"ot=th:123456789012345",
        b"knot=th:c",
        b"\xff=th:c",
    ],
)
def test_not_stated(state: bytes) -> None:
    """Without a valid threshold of OpenTelemetry's own, no weight is stated."""
    assert weight_of(state) is None


@given(st.integers(0, 2**56 - 1))
def test_inverse_of_probability(threshold: int) -> None:
    """The weight is 1024/p to the nearest whole number."""
    weight = weight_of(b"ot=th:%014x" % threshold)
    assert weight is not None
    assert abs(weight - Fraction(1024 * 2**56, 2**56 - threshold)) <= Fraction(1, 2)
