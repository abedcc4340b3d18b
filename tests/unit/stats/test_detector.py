"""What all detectors share: when evidence grows, and how often it passes a threshold by chance."""

import random

import pytest

from monitor.stats.detector import MAX_EVIDENCE, Detector
from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.rate import Rate


def settled(*units: list[float]) -> Detector:
    detector = Detector(2)
    for bets in units:
        detector._settle(bets)
    return detector


def test_every_bettor_has_its_own_evidence() -> None:
    """M is S (M + 1) for each bettor, and the evidence their mean."""
    assert settled([2.0, 0.5], [3.0, 0.5]).evidence == (9.0 + 0.75) / 2


def test_a_bettor_that_does_not_bet_gains_nothing() -> None:
    """With S = 1 evidence stays as it is, however many units go by."""
    assert settled([2.0, 0.5], *[[1.0, 1.0]] * 5000).evidence == settled([2.0, 0.5]).evidence


def test_the_last_bet_can_be_read() -> None:
    """The mean S of the last unit is there for e-values of one run, and 1 before the first."""
    assert Detector(2).bet == 1.0
    assert settled([9.0, 9.0], [2.0, 0.5]).bet == 1.25


def test_evidence_is_capped_for_each_bettor() -> None:
    """No sequence of bets makes the evidence infinite."""
    detector = settled(*[[1e200, 1.0]] * 4)
    assert detector.evidence <= MAX_EVIDENCE
    assert max(detector._wealth) == MAX_EVIDENCE


@pytest.mark.parametrize("k", [0, 500, 980, 1000])
def test_clean_streams_do_not_become_suspect_by_waiting(k: int) -> None:
    """In twelve streams of 3,000 units at production's own rate, at most one passes 1e3."""
    low, high = widened(*clopper_pearson(k, 1000), 3.0)
    rng, passed = random.Random(k), 0
    for _ in range(12):
        rate = Rate()
        passed += any(
            rate.update(float(rng.random() < k / 1000), low, high, k / 1000) >= 1e3 for _ in range(3000)
        )
    assert passed <= 1
