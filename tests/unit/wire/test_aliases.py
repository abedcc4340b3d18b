"""Aliases of services: what a name becomes, whatever the order in which they stand."""

from itertools import permutations

import pytest

from monitor.wire.aliases import Aliases

GLOBS = {"*-next": "*", "*-staging": "*", "eu-*": "*"}


@pytest.mark.parametrize("order", [*permutations(GLOBS)])
def test_globs_shorten_a_name_in_any_order(order: tuple[str, ...]) -> None:
    """An environment may stand before the end of another name, or at both ends."""
    aliases = Aliases({glob: GLOBS[glob] for glob in order})
    assert aliases.whole("shop-next-staging") == "shop"
    assert aliases.whole("eu-shop-staging") == "shop"
    assert aliases.whole("shop") == ""


def test_each_alias_is_used_once() -> None:
    """Two that swap names do not go round in circles, and a name without a star is the last word."""
    swapped = Aliases({"a-*": "b-*", "b-*": "a-*"})
    assert swapped.whole("a-x") == "a-x"
    assert Aliases({"*-old": "*-older", "shop-older": "shop"}).whole("shop-old") == "shop-older"
