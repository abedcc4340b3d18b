"""Beyond a number of variants a path counts things: nothing that anybody can ask changes by that.

Limits are small here, so that few rows pass them: the laws are those of `test_merge.py`, and that memory is
bounded.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions import COUNTED, ORDERED
from monitor.dimensions.trait import Given, Trait
from monitor.fingerprints import days as days_module
from monitor.fingerprints import orders as orders_module
from monitor.fingerprints import tally as tally_module
from monitor.fingerprints import things as things_module
from monitor.fingerprints.days import Days
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.tally import Tally
from monitor.flows.flow import Flow
from tests.laws.mergeables import flows

Counts = TypeVar("Counts", Days, Tally)
both = pytest.mark.parametrize("kind", [Days, Tally])
ROWS = st.lists(flows(), max_size=8)
FEW = 2
MANY = 10**6


@contextmanager
def limits(variants: int, things: int = MANY) -> Iterator[None]:
    """How many variants, and how many things, are counted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(days_module, "MOST_VARIANTS", variants)
        patch.setattr(tally_module, "MOST_VARIANTS", variants)
        patch.setattr(orders_module, "MOST_ORDERS", variants)
        patch.setattr(things_module, "MOST_THINGS", things)
        patch.setattr(tally_module, "MOST_THINGS", things)
        yield


def counted(kind: type[Counts], rows: list[Flow]) -> Counts:
    made = kind()
    for each in rows:
        made.observe(each)
    return made


def snapshot(days: Days) -> Snapshot:
    """As of today, with a half life of a week."""
    return Snapshot.take(days, 7 * DAY_MS, LogTime(max(days.days, default=0) * DAY_MS))


@both
@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(kind: type[Counts], rows: list[Flow], order: Random) -> None:
    """Whenever the limit is passed, all rows are counted the same way in the end."""
    shuffled = order.sample(rows, len(rows))
    with limits(FEW):
        assert counted(kind, shuffled) == counted(kind, rows)


@both
@given(a=ROWS, b=ROWS, c=ROWS)
def test_merging_keeps_its_laws_beyond_the_limit(
    kind: type[Counts], a: list[Flow], b: list[Flow], c: list[Flow]
) -> None:
    """Grouping and order do not matter, an empty one changes nothing, and two workers count what one does."""
    with limits(FEW):
        one, two, three = (counted(kind, rows) for rows in (a, b, c))
        whole = counted(kind, a + b + c)
        assert one.merge(two).merge(three) == one.merge(two.merge(three)) == whole
        assert one.merge(two) == two.merge(one)
        assert one.merge(kind()) == kind().merge(one) == one


@given(rows=ROWS)
def test_things_and_variants_give_equal_snapshots(rows: list[Flow]) -> None:
    """A path that counts things knows of every trait what it would know by variants."""
    with limits(MANY):
        by_variant = snapshot(counted(Days, rows))
    with limits(0):
        by_thing = snapshot(counted(Days, rows))
    for dimension in (*COUNTED, *ORDERED):
        one, other = numbers(by_variant, dimension), numbers(by_thing, dimension)
        assert one == pytest.approx(other)


def numbers(known: Snapshot, dimension: str) -> dict[Any, float]:
    """The size of the path and of each operation; in how many of its given each trait was."""
    counts = known.of(dimension)
    sizes: dict[Any, float] = {given: size.traces for given, size in counts.givens.items()}
    present = {trait: share.present for shares in counts.shares.values() for trait, share in shares.items()}
    return {None: counts.size.traces, **sizes, **present}


@given(rows=ROWS)
def test_things_and_variants_give_equal_shares(rows: list[Flow]) -> None:
    """A unit that counts things says of every trait what it would say by variants."""
    with limits(MANY):
        by_variant = counted(Tally, rows)
    with limits(0):
        by_thing = counted(Tally, rows)
        assert by_thing.had == by_variant.had


@pytest.mark.fault(10)
@both
@given(rows=st.lists(flows(), min_size=4, max_size=12))
def test_memory_is_bounded(kind: type[Counts], rows: list[Flow]) -> None:
    """However many variants and calls come, at most so many are counted, also after a merge."""
    with limits(FEW, 3):
        made = counted(kind, rows)
        for each in (made, made.merge(counted(kind, rows[::-1]))):
            variants, things = kept(each)
            assert variants <= FEW and things <= 3


def kept(of: Days | Tally) -> tuple[int, int]:
    """Variants, and things of the kind that has most."""
    if isinstance(of, Tally):
        return len(of.variants), max(len(of.things), *map(len, of.times.values()))
    kinds = Counter(kind_of(name) for things in of.things.values() for name in things.names)
    return len(of.variants.names), max(kinds.values(), default=0)


def kind_of(thing: Given) -> str:
    return thing.dimension if isinstance(thing, Trait) else type(thing).__name__
