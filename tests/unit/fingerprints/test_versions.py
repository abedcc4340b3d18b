"""Versions of services: first sights, and which one something began with."""

import pytest

from monitor.base.units import HOUR_MS, MINUTE_MS, LogTime
from monitor.fingerprints import versions as versions_module
from monitor.fingerprints.versions import Versions
from tests.rows import row


def seen(*sights: tuple[int, str], service: str = "shop") -> Versions:
    versions = Versions()
    for at, version in sights:
        versions.observe(row(0, began=at)._replace(versions=((service, version),)))
    return versions


@pytest.mark.parametrize(
    ("onset", "version"),
    [
        (10 * HOUR_MS - MINUTE_MS - 1, ""),
        (10 * HOUR_MS - MINUTE_MS, "2"),
        (10 * HOUR_MS, "2"),
        (11 * HOUR_MS, "2"),
        (11 * HOUR_MS + 1, ""),
        (HOUR_MS, ""),
    ],
)
def test_what_came_in_the_hour_before_is_what_it_began_with(onset: int, version: str) -> None:
    """A change began with the version first seen a minute to an hour before it."""
    versions = seen((HOUR_MS, "1"), (2 * HOUR_MS, "1"), (10 * HOUR_MS, "2"), (10 * HOUR_MS + 5, "1"))
    assert versions.at("shop", LogTime(onset)) == version
    assert versions.at("other", LogTime(onset)) == ""


def test_of_several_the_last_one_counts() -> None:
    """Of two versions within an hour the later one counts, at one time the larger name."""
    versions = seen((0, "1"), (MINUTE_MS, "2"), (2 * MINUTE_MS, "3"), (2 * MINUTE_MS, "2b"))
    assert versions.at("shop", LogTime(3 * MINUTE_MS)) == "3"


def test_the_first_sight_counts() -> None:
    """A version that comes and goes is as old as its first sight."""
    versions = seen((0, "1"), (1, "2"), (2, "1"), (5 * HOUR_MS, "2"))
    assert versions.at("shop", LogTime(5 * HOUR_MS)) == ""


def test_services_and_versions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first services, and of each the last versions, are remembered; what is stored comes back."""
    monkeypatch.setattr(versions_module, "MOST_SERVICES", 2)
    monkeypatch.setattr(versions_module, "MOST_VERSIONS", 3)
    versions = Versions()
    for n in range(9):
        names = tuple((service, f"{n}") for service in ("a", "b", "c"))
        versions.observe(row(0, began=n)._replace(versions=names))
    assert {service: list(known) for service, known in versions.first.items()} == {
        "a": ["6", "7", "8"],
        "b": ["6", "7", "8"],
    }
    assert Versions.unpack(versions.pack()).pack() == versions.pack()


def test_flows_that_state_no_version_change_nothing() -> None:
    """Flows without a version between others are no deployment."""
    versions = seen((0, "1"))
    versions.observe(row(0, began=5))
    versions.observe(row(0, began=6)._replace(versions=(("shop", "1"),)))
    assert versions.first == {"shop": {"1": 0}}
