"""Numbers as text, and what a path's detectors come to."""

import json
import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.mean import Mean
from monitor.stats.mix import MAX_CATEGORIES, Mix
from monitor.stats.packed import packed, unpacked
from monitor.stats.rate import Rate

LIMIT_BYTES = 10_000
"""For the detectors of a path with 40 rates, 3 mixes and 5 means."""


@given(st.lists(st.integers(0, 2**32 - 1), max_size=4), st.lists(st.floats(), max_size=40))
def test_numbers_come_back_exactly(counts: list[int], numbers: list[float]) -> None:
    """Every double comes back bit for bit, through JSON, in the same text."""
    text = json.loads(json.dumps(packed(counts, numbers)))
    found_counts, found = unpacked(text, len(counts))
    assert found_counts == counts
    assert array("d", found).tobytes() == array("d", numbers).tobytes()


@pytest.mark.parametrize("text", ["", "AAAA", "AAAAAAA=", "not base64!", packed([1, 2], [0.5])[:-4]])
def test_text_that_was_cut_off_is_refused(text: str) -> None:
    """What is too short, between two numbers, or no base64 is reported, not guessed at."""
    with pytest.raises(ValueError, match=r"cut off|base64|padding|data"):
        unpacked(text, 2)


def test_the_layout_is_pinned() -> None:
    """Checkpoints of one version are read by the next: little-endian counts, then doubles."""
    assert packed([1, 258], [1.0]) == "AQAAAAIBAAAAAAAAAADwPw=="


@pytest.mark.parametrize("units", range(150, 400, 10))
def test_evidence_at_its_cap_comes_back(units: int) -> None:
    """Some bettors at the cap or all of them: the evidence that is not stored is the same."""
    rate, mean = Rate(), Mean()
    for _ in range(units):
        rate.update(0.0, 0.9999, 1.0, 1.0)
        mean.update(1.0, 0.0, 0.01)
    assert Rate.unpack(rate.pack()).evidence == rate.evidence
    assert Mean.unpack(mean.pack()).evidence == mean.evidence


def test_a_path_has_ten_kilobytes_of_detectors() -> None:
    """40 rates, 3 mixes of 16 categories and 5 means after 300 units that differ, as written in JSON."""
    rng = random.Random(1)
    production = tuple([1.0 / MAX_CATEGORIES] * MAX_CATEGORIES)
    rates = [Rate() for _ in range(40)]
    mixes = [Mix(MAX_CATEGORIES) for _ in range(3)]
    means = [Mean() for _ in range(5)]
    for _ in range(300):
        for rate in rates:
            rate.update(rng.random(), 0.001, 0.3, 0.1)
        for mix in mixes:
            mix.update([rng.random() ** 4 for _ in range(MAX_CATEGORIES)], production, 0.1)
        for mean in means:
            mean.update(rng.random(), 0.1, 0.3)
    written = json.dumps(
        [each.pack() for kind in (rates, mixes, means) for each in kind], separators=(",", ":")
    )
    assert len(written.encode()) <= LIMIT_BYTES
