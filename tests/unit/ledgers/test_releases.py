"""Coverage per release: which flows came with one, and which of them tests have had."""

from monitor.base.units import HOUR_MS, LogTime
from monitor.ledgers import releases
from monitor.ledgers.releases import Birth, Change, FlowHistory, releases_of, together

OLD, NEW = "shop 1.0.0", "shop 1.1.0"
DEPLOYED = 10 * HOUR_MS
NOW = LogTime(12 * HOUR_MS)


def flow(
    name: str,
    release: str,
    at: int,
    *,
    traces: int = 100,
    tested: bool = False,
    changes: tuple[Change, ...] = (),
) -> FlowHistory:
    """A flow that production had first at a log time, with a release."""
    return FlowHistory(name, traces, traces * 1024, tested, Birth(release, LogTime(at)), changes)


def test_flows_that_came_with_a_release_are_counted_with_their_tests() -> None:
    """Three came with it, of which one has a test; what was there before is of no release."""
    known = [
        flow("GET /", OLD, 0),
        flow("POST /a", NEW, DEPLOYED, traces=50),
        flow("POST /b", NEW, DEPLOYED + 1, traces=70),
        flow("POST /c", NEW, DEPLOYED + 2, tested=True),
    ]
    [one] = releases_of(known, NOW)
    assert (one.release, one.since, one.new, one.changed, one.tested) == (NEW, DEPLOYED, 3, 0, 1)
    assert [name for name, _ in one.missing] == ["POST /b", "POST /a"]


def test_a_rare_flow_is_not_new() -> None:
    """What comes once in an hour may have been there before, although nobody saw it."""
    known = [flow("GET /", OLD, 9 * HOUR_MS), flow("GET /rare", NEW, DEPLOYED, traces=2)]
    assert releases_of(known, NOW) == ()


def test_flows_that_state_no_version_are_of_no_release() -> None:
    """A flow is new with a release only where its service says which one that is."""
    assert releases_of([flow("GET /", OLD, 0), flow("GET /new", "", DEPLOYED)], NOW) == ()


def test_a_changed_flow_needs_a_test_since_its_change() -> None:
    """A change counts with the release that it began with; tests from before it say nothing of it."""
    changed = (Change(NEW, LogTime(DEPLOYED), tested=False), Change("", LogTime(DEPLOYED), tested=False))
    again = (Change(NEW, LogTime(DEPLOYED + 5), tested=True),)
    known = [flow("GET /", OLD, 0, tested=True, changes=changed), flow("GET /b", OLD, 0, changes=again)]
    [one] = releases_of(known, NOW)
    assert (one.release, one.since, one.new, one.changed, one.tested) == (NEW, DEPLOYED, 0, 2, 1)
    assert [name for name, _ in one.missing] == ["GET /"]


def test_releases_add_up_over_partitions() -> None:
    """Parts of one release are one, whichever partition has its flows; the latest stands first."""
    later = "shop 1.2.0"
    begun = flow("GET /", OLD, 0)
    left = releases_of([begun, flow("GET /a", NEW, DEPLOYED + 7), flow("GET /c", later, DEPLOYED + 9)], NOW)
    right = releases_of([begun, flow("GET /b", NEW, DEPLOYED, tested=True)], NOW)
    both = together([*left, *right])
    assert [(each.release, each.since, each.new, each.tested) for each in both] == [
        (later, DEPLOYED + 9, 1, 0),
        (NEW, DEPLOYED, 2, 1),
    ]
    assert together([*right, *left]) == both


def test_releases_and_their_flows_are_bounded() -> None:
    """The latest releases are kept, and of each the busiest flows without a test."""
    many = [flow(f"GET /{n}", NEW, DEPLOYED, traces=100 + n) for n in range(releases.LISTED + 5)]
    more = [flow(f"GET /v{n}", f"shop 2.{n}", DEPLOYED + n) for n in range(1, releases.MOST_RELEASES + 5)]
    known = releases_of([flow("GET /", OLD, 0), *many, *more], NOW)
    assert len(known) == releases.MOST_RELEASES
    [one] = releases_of([flow("GET /", OLD, 0), *many], NOW)
    assert (one.new, len(one.missing)) == (releases.LISTED + 5, releases.LISTED)
    assert one.missing[0][0] == f"GET /{releases.LISTED + 4}"
