"""Records of the verdicts topic that others wrote: the owner of partition 0 can still decide."""

from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipeline.fleet.test_owner import PARTITIONS, owner_of, run, summary

NAMES = st.sampled_from(["a", "ok", "integration", "runs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
KEYS = st.sampled_from(["summary/0", "summary/1", "summary/9", "summary/x", "run/integration/a", "other"])
PARTS = st.sampled_from(
    ["offset", "command", "runs", "updates", "comparisons", "input", "end", "complete", "a"]
)


@given(st.lists(st.tuples(KEYS, PARTS, JSON), max_size=6))
def test_whatever_is_heard_can_be_decided_on(foreign: list[tuple[str, str, Any]]) -> None:
    """A foreign record is refused before it is taken in, or does no harm."""
    owner = owner_of()
    owner.receive(*summary(0, 1, [run("a")]))
    owner.receive(*summary(1, 1, [run("a")]))
    whole = orjson.loads(summary(0, 2, [run("a")])[1]) | run("a") | {"offset": 3, "complete": True}
    for key, part, value in foreign:
        with suppress(Exception):
            owner.receive(key, orjson.dumps({**whole, part: value}))
    owner.decide()
    for partition in range(PARTITIONS):
        owner.to_forward(partition)
