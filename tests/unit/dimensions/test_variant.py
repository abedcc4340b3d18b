"""Variants: what a trace did, whatever the order, and however often within a doubling."""

import json

from hypothesis import given
from hypothesis import strategies as st

from monitor.dimensions import traits_of, variant
from monitor.dimensions.variant import LEVELS, Variant, variant_of
from monitor.fingerprints.packing import Operations
from monitor.flows.flow import Node, Shape
from tests.laws.mergeables import shapes
from tests.rows import row


def reordered(shape: Shape, ranks: list[int]) -> Shape:
    """The same tree in preorder, the siblings by the ranks of their places."""
    children: dict[int, list[int]] = {}
    for place, node in enumerate(shape):
        children.setdefault(node.parent, []).append(place)
    nodes: list[Node] = []

    def add(place: int, parent: int) -> None:
        nodes.append(shape[place]._replace(parent=parent))
        at = len(nodes) - 1
        for child in sorted(children.get(place, ()), key=lambda each: ranks[each]):
            add(child, at)

    add(0, -1)
    return tuple(nodes)


@given(shapes(), st.permutations(range(5)))
def test_the_order_of_siblings_changes_nothing(shape: Shape, ranks: list[int]) -> None:
    """Calls that change places with time are one variant, and the very same object."""
    assert variant_of(reordered(shape, ranks)) is variant_of(shape)


@given(st.integers(1, 40), st.integers(1, 40))
def test_numbers_within_a_doubling_are_alike(one: int, other: int) -> None:
    """A loop of 8 and one of 15 are one variant; of 7 and 8 they are two; from 16 on all are alike."""
    found = [variant_of(row(0, calls=["db SELECT"] * times).shape) for times in (one, other)]
    levels = [min(times.bit_length() - 1, LEVELS) for times in (one, other)]
    assert (found[0] == found[1]) is (levels[0] == levels[1])


@given(shapes())
def test_a_stored_variant_comes_back(shape: Shape) -> None:
    """Packed to JSON and back it is equal, has the same hash, and asks the same questions."""
    known, table = variant_of(shape), Operations()
    packed = json.loads(json.dumps([table.pack_variant(known), table.pack()]))
    again = Operations(packed[1]).variant(packed[0])
    assert (again, hash(again)) == (known, hash(known))
    assert traits_of(again) == traits_of(known)


@given(shapes())
def test_a_variant_that_was_forgotten_is_found_again(shape: Shape) -> None:
    """The table of known variants is bounded: one that fell out of it is made anew, and equal."""
    known = variant_of(shape)
    variant._shared.cache_clear()
    assert variant_of(shape) == known


@given(shapes(), shapes())
def test_different_traces_are_different_variants(one: Shape, other: Shape) -> None:
    """Two traces are one variant exactly where the sets of their calls are equal."""
    calls = [set(variant_of(shape).calls) for shape in (one, other)]
    assert (variant_of(one) == variant_of(other)) is (calls[0] == calls[1])
    assert Variant(reversed(variant_of(one).calls)) == variant_of(one)
