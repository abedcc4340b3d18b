"""How rekeyed records are sent: in batches that a log takes whole."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.kafka.rekey.partition import PORTION_BYTES, in_portions

SIZES = st.lists(st.sampled_from([1, 1_000, 300_000, 899_000, 2_000_000]), max_size=20)


@given(SIZES)
def test_portions_are_all_values_in_their_order(sizes: list[int]) -> None:
    """Nothing is left out or turned round, and only a single value is larger than a portion may be."""
    values = [number.to_bytes(1, "big") * size for number, size in enumerate(sizes)]
    portions = list(in_portions(values))
    assert [value for portion in portions for value in portion] == values
    assert all(portions)
    assert all(len(portion) == 1 or sum(map(len, portion)) <= PORTION_BYTES for portion in portions)
