"""Merging is a law: found by discovery, tried on every class that has `merge`.

Workers count apart and their counts are merged in any order and grouping; the result must be what one
worker would have counted.
"""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.laws.mergeables import RECIPES, Mergeable, mergeables

MERGEABLES = list(mergeables())
every_mergeable = pytest.mark.parametrize("kind", MERGEABLES, ids=lambda kind: kind.__name__)


def made_of(kind: type[Mergeable], observations: list[Any]) -> Mergeable:
    made = kind()
    for observation in observations:
        RECIPES[kind].observe(made, observation)
    return made


def observed(data: st.DataObject, kind: type[Mergeable]) -> list[Any]:
    if kind not in RECIPES:
        pytest.fail(f"{kind.__qualname__} has `merge` and no recipe in tests/laws/mergeables.py: add one")
    return data.draw(st.lists(RECIPES[kind].observations, max_size=5))


def image(mergeable: Mergeable) -> str:
    """A copy that no later change can reach."""
    return json.dumps(mergeable.pack())


def test_discovery_finds_the_mergeables() -> None:
    """Discovery finds every class that has a recipe: an empty list of laws cannot pass for a kept one."""
    assert set(MERGEABLES) == set(RECIPES)


@every_mergeable
@given(data=st.data())
def test_an_empty_one_changes_nothing(kind: type[Mergeable], data: st.DataObject) -> None:
    """Merging with an empty one, from either side, changes nothing."""
    one = made_of(kind, observed(data, kind))
    assert one.merge(kind()) == one
    assert kind().merge(one) == one


@every_mergeable
@given(data=st.data())
def test_grouping_does_not_matter(kind: type[Mergeable], data: st.DataObject) -> None:
    """Merging is associative: (a + b) + c is a + (b + c)."""
    a, b, c = (made_of(kind, observed(data, kind)) for _ in range(3))
    assert a.merge(b).merge(c) == a.merge(b.merge(c))


@every_mergeable
@given(data=st.data())
def test_order_does_not_matter(kind: type[Mergeable], data: st.DataObject) -> None:
    """Merging is commutative: a + b is b + a."""
    a, b = (made_of(kind, observed(data, kind)) for _ in range(2))
    assert a.merge(b) == b.merge(a)


@every_mergeable
@given(data=st.data())
def test_one_worker_counts_what_two_count(kind: type[Mergeable], data: st.DataObject) -> None:
    """However observations are dealt to two workers, their merged counts are those of one worker."""
    observations = observed(data, kind)
    to_first = data.draw(st.lists(st.booleans(), min_size=len(observations), max_size=len(observations)))
    dealt = list(zip(observations, to_first, strict=True))
    first = made_of(kind, [observation for observation, first in dealt if first])
    second = made_of(kind, [observation for observation, first in dealt if not first])
    assert first.merge(second) == made_of(kind, observations)


@every_mergeable
@given(data=st.data())
def test_merging_leaves_both_as_they_were(kind: type[Mergeable], data: st.DataObject) -> None:
    """Neither operand of a merge changes, nor when the result is counted on."""
    a, b, more = observed(data, kind), observed(data, kind), observed(data, kind)
    one, other = made_of(kind, a), made_of(kind, b)
    before = image(one), image(other)
    merged = one.merge(other)
    for observation in more:
        RECIPES[kind].observe(merged, observation)
    assert (image(one), image(other)) == before


@every_mergeable
@given(data=st.data())
def test_a_stored_one_comes_back_whole(kind: type[Mergeable], data: st.DataObject) -> None:
    """A mergeable packed to JSON and back is equal, and merges to an equal result."""
    one, other = made_of(kind, observed(data, kind)), made_of(kind, observed(data, kind))
    loaded = kind.unpack(json.loads(image(one)))
    assert loaded == one
    assert loaded.merge(other) == one.merge(other)


@every_mergeable
@given(data=st.data())
def test_different_counts_are_not_equal(kind: type[Mergeable], data: st.DataObject) -> None:
    """One observation more makes a mergeable unequal: an equality that always holds would keep every law."""
    observations = observed(data, kind)
    more = data.draw(RECIPES[kind].observations)
    assume(RECIPES[kind].shows(observations, more))
    assert made_of(kind, observations) != made_of(kind, [*observations, more])
