"""The laws, on seeds that are fixed; `known` says which trials are skipped, and that they still go wrong.

FLOWDRIFT_METAMORPHIC   how many seeds of law (a) to try; of the others a part of that. 30 without it, and
                        200 where CI=true.
"""

import os
from itertools import combinations

import pytest

from tests.metamorphic.explained import explained
from tests.metamorphic.known import KNOWN, Known, known
from tests.metamorphic.sweep import seeds_of
from tests.metamorphic.trials import LAWS, Trial

SEEDS = int(os.environ.get("FLOWDRIFT_METAMORPHIC", "200" if os.environ.get("CI") == "true" else "30"))


def hold(trial: Trial) -> None:
    """The law holds, or `known` says that it does not yet."""
    if entry := known(trial):
        pytest.skip(f"known: {entry.wrong}")
    outcome = trial.run()
    assert not outcome.broken, "\n" + explained(trial, outcome)


@pytest.mark.parametrize("seed", seeds_of("faithful", 0, SEEDS))
def test_a_faithful_suite_is_faithful(seed: int) -> None:
    """Where tests do what production does, flows are what a person counts, and nothing is wrong."""
    hold(LAWS["faithful"](seed))


@pytest.mark.parametrize("seed", seeds_of("same", 0, SEEDS))
def test_another_observation_is_judged_the_same(seed: int) -> None:
    """Under any one or two transformations a system is judged the same, or a hint says why not."""
    hold(LAWS["same"](seed))


@pytest.mark.parametrize("seed", seeds_of("changes", 0, SEEDS))
def test_another_system_is_not_judged_the_same(seed: int) -> None:
    """A real difference is reported under any transformations, or at least no `ok` denies it."""
    hold(LAWS["changes"](seed))


@pytest.mark.parametrize("seed", seeds_of("ok", 0, SEEDS))
def test_an_ok_would_not_be_one_without_what_it_claims(seed: int) -> None:
    """Without any one call or answer that an `ok` claims, in as many test runs, there is no `ok`."""
    hold(LAWS["ok"](seed))


@pytest.mark.parametrize("entry", KNOWN, ids=lambda entry: f"{entry.law}: {' + '.join(sorted(entry.tags))}")
def test_what_is_known_to_be_wrong_still_is(entry: Known) -> None:
    """An entry of the list of what goes wrong must be removed as soon as it holds."""
    trial = LAWS[entry.law](entry.seed).with_only(entry.tags)
    assert entry.tags <= trial.tags, f"seed {entry.seed} is not about {sorted(entry.tags)}"
    assert trial.run().broken, f"holds now: remove it from KNOWN, or name another seed ({entry.wrong})"


def test_nothing_is_known_twice() -> None:
    """No entry of the list is about what another one names already."""
    doubles = [
        (a, b) for a, b in combinations(KNOWN, 2) if a.law == b.law and (a.tags <= b.tags or b.tags <= a.tags)
    ]
    assert doubles == []
