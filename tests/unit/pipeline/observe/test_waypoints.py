"""Where a restart begins to read again."""

from monitor.pipeline.observe.waypoints import STEP_MS, Waypoint, Waypoints


def test_the_waypoint_lies_far_enough_before_the_record_at_the_low_offset() -> None:
    """The last one whose age is as much below that of the last waypoint at or before the low offset."""
    points = Waypoints(Waypoint(0), reread_ms=30_000)
    for number in range(1, 20):
        points.add(Waypoint(10 * number, (number,), 10_000 * number))
    assert points.before(5) == Waypoint(0)
    assert points.before(49) == Waypoint(10, (1,), 10_000)
    assert points.before(50) == Waypoint(20, (2,), 20_000)
    assert points.before(1_000) == Waypoint(160, (16,), 160_000)


def test_one_is_due_after_five_seconds_of_age() -> None:
    """So there are few of them."""
    points = Waypoints(Waypoint(0, age=100), reread_ms=30_000)
    assert points.is_due(100)
    points.add(Waypoint(7, (1,), 100))
    assert not points.is_due(99 + STEP_MS)
    assert points.is_due(100 + STEP_MS)
