"""Idle time: only answered and empty fetches let it pass."""

from monitor.kafka.observer.idle import CAP_MS, IdleTime


def test_the_first_empty_answer_only_begins_it() -> None:
    """One answer has no answer before it to measure from."""
    assert IdleTime().answered(1_000, empty=True) == 0


def test_consecutive_empty_answers_add_up() -> None:
    """Each empty answer adds the time since the one before it."""
    idle = IdleTime()
    assert [idle.answered(stamp, empty=True) for stamp in (1_000, 1_500, 2_100)] == [0, 500, 600]


def test_an_unchanged_stamp_adds_nothing() -> None:
    """Looking twice at one answer counts it once."""
    idle = IdleTime()
    assert [idle.answered(stamp, empty=True) for stamp in (1_000, 1_000, 1_400)] == [0, 0, 400]


def test_a_long_wait_counts_one_second() -> None:
    """An outage or a stopped process closes nothing: no single wait counts for more than the cap."""
    idle = IdleTime()
    idle.answered(1_000, empty=True)
    assert idle.answered(900_000, empty=True) == CAP_MS


def test_records_and_unknown_answers_begin_anew() -> None:
    """After records, or after an assignment without an answer yet, the next answer measures nothing."""
    idle = IdleTime()
    idle.answered(1_000, empty=True)
    assert idle.answered(1_200, empty=False) == 0
    assert idle.answered(1_300, empty=True) == 0
    assert idle.answered(None, empty=True) == 0
    assert idle.answered(1_900, empty=True) == 0


def test_a_clock_set_back_adds_nothing() -> None:
    """Answers are stamped by the wall clock, which may step back."""
    idle = IdleTime()
    idle.answered(5_000, empty=True)
    assert idle.answered(4_000, empty=True) == 0
    assert idle.answered(4_300, empty=True) == 300


def test_the_log_was_surely_empty_at_the_answer_before_the_last() -> None:
    """What was asked for after an answer was not there then; the last answer itself may be an old one."""
    idle = IdleTime()
    seen = []
    for stamp, empty in ((1_000, True), (1_500, True), (1_500, True), (900_000, True), (900_500, False)):
        idle.answered(stamp, empty=empty)
        seen.append(idle.empty_at)
    assert seen == [0, 1_000, 1_000, 1_500, 0]
