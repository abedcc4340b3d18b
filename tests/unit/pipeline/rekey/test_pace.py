"""Which sources must wait for others."""

from monitor.pipeline.rekey.pace import AHEAD_MS, PATIENCE, Pace, SourceProgress

T = 1_700_000_000_000


def test_a_source_far_ahead_of_the_slowest_waits() -> None:
    """The slowest that has something left to read sets the pace; a minute ahead of it is allowed."""
    pace = Pace()
    pace.look({"slow": SourceProgress(5, T, 9), "fast": SourceProgress(50, T + 500_000, 90)})
    assert pace.is_ahead(T + AHEAD_MS + 1)
    assert not pace.is_ahead(T + AHEAD_MS)
    assert not pace.is_ahead(None)


def test_a_source_at_its_end_holds_nobody() -> None:
    """What is old and read to its end is not slow; nor is one of which nothing is known."""
    pace = Pace()
    pace.look(
        {
            "idle": SourceProgress(9, T, 9),
            "unknown": SourceProgress(0, 0, 9),
            "fast": SourceProgress(5, T + 900_000, 9),
        }
    )
    assert not pace.is_ahead(T + 900_000)
    pace.look({})
    assert not pace.is_ahead(T + 900_000)


def test_a_source_that_stands_still_is_left_out() -> None:
    """After so many looks without a move nobody waits for it any more, until it moves again."""
    pace = Pace()
    for _ in range(PATIENCE):
        pace.look({"stuck": SourceProgress(5, T, 9)})
        assert pace.is_ahead(T + 900_000)
    pace.look({"stuck": SourceProgress(5, T, 9)})
    assert not pace.is_ahead(T + 900_000)
    pace.look({"stuck": SourceProgress(6, T + 1, 9)})
    assert pace.is_ahead(T + 900_000)


def test_a_source_that_keeps_up_with_a_wrong_clock_holds_nobody() -> None:
    """It has read what there was a look ago, though more has come since: it is its clock that is behind."""
    pace = Pace()
    for look in range(1, 5):
        pace.look(
            {
                "behind": SourceProgress(10 * look, T, 10 * look + 5),
                "fast": SourceProgress(50, T + 900_000, 90),
            }
        )
        assert pace.is_ahead(T + 900_000) is (look == 1)
        pace.look({"behind": SourceProgress(10 * look + 5, T, 10 * look + 10)})
        assert not pace.is_ahead(T + 900_000)
