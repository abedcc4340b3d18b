"""Names that differ only by the names of environments."""

import pytest

from monitor.drift.twins import Twins, twins
from monitor.wire.aliases import Aliases

SIDES = ("production", "nightly")


def found(live: str, tests: str) -> list[Twins]:
    return list(twins([live, "shop GET /a"], [tests, "shop GET /b"], SIDES))


@pytest.mark.parametrize(
    ("live", "tests"),
    [
        ("mail process shop-prod-bills", "mail process shop-test-bills"),
        ("mail process shop_production", "mail process shop_nightly"),
        ("mail process prod.bills", "mail process bills"),
        ("pay-live POST /pay", "pay-stage POST /pay"),
        ("mail process PROD:bills", "mail process QA:bills"),
    ],
)
def test_one_thing_under_two_names(live: str, tests: str) -> None:
    """Wherever the environment stands in a name, and the aliases that are named make one of the two."""
    [pair] = found(live, tests)
    assert (pair.reference, pair.candidate) == (live, tests)
    aliases = Aliases(pair.aliases)
    one, other = (" ".join(map(aliases.place, name.split(" "))) for name in (live, tests))
    assert one == other


@pytest.mark.parametrize(
    ("live", "tests"),
    [
        ("mail process bills", "mail process orders"),
        ("mail process shop-prod-bills", "mail process shop-test-orders"),
        ("mail process products", "mail process bills"),
        ("shop GET /prod/items", "shop GET /test/items"),
        ("mail process prod", "mail process test"),
    ],
)
def test_two_things(live: str, tests: str) -> None:
    """Words that merely begin so are no environments, and paths have no aliases."""
    assert found(live, tests) == []
