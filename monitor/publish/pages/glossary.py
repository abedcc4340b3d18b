"""What the words and numbers of pages mean: the README and the page of definitions are made from this."""

from typing import NamedTuple


class Definition(NamedTuple):
    """A word and what it means, in one or two sentences."""

    word: str
    means: str

    @property
    def anchor(self) -> str:
        """Where it stands on the page of definitions."""
        return self.word.replace(" ", "-")


WORDS = (
    Definition("flow", "everything caused by one entry into the system: entry service and entry operation"),
    Definition("path", "a flow with its outcome: ok, client error, failed"),
    Definition(
        "evidence unit",
        "one test case in one run (at most four a run and path: cases of a run share caches and flags); "
        "without ids a minute",
    ),
    Definition("onset", "when the suspected difference began"),
    Definition("faithful coverage", "traffic that tests exercise, discounted by how far those flows drifted"),
    Definition(
        "effect",
        "how large a difference is, from 0 to 1; `proven at least` (`lower_bound`) is what is certain of it",
    ),
    Definition("evidence", "10^n: without drift it gets that high at most once in 10^n looks, on average"),
    Definition(
        "moved",
        "which side changed: `reference` (with which version), `candidate` (with which run), "
        "both, or unknown",
    ),
)
STATES = (
    Definition("ok", "no difference beyond the tolerance, and one would have been found by now"),
    Definition(
        "insufficient",
        "not enough evidence either way; the reason says what would decide. Lines of `branches`, `audit` and "
        "`concurrency` always have this state: they are facts about the tests, and more evidence does not "
        "change it",
    ),
    Definition("suspect", "a difference that is likely, not yet proven; never pages"),
    Definition(
        "drift",
        "a difference that is proven, by two test runs at least; by three where only tests have something",
    ),
)
NUMBERS = (
    Definition(
        "coverage by traffic", "share of production's requests that belong to flows that tests exercise"
    ),
    Definition("coverage of flows", "share of production's flows that tests exercise"),
    Definition(
        "coverage of failures",
        "share of production's requests that do not end well whose path tests exercise",
    ),
    Definition("unknown", "upper bound of the share of traffic in paths that production has not shown yet"),
    Definition(
        "open drifts",
        "differences that are proven and go on, each flow, path and subject once; reports do not count",
    ),
    Definition(
        "share of a call",
        "of the requests that came to what is above it in the tree, those that have this call; of all that "
        "is known of a side, while a finding counts since its onset",
    ),
    Definition("reference", "the side that is expected: production"),
    Definition("candidate", "the side that is judged: a test environment"),
)
STANDINGS = (
    Definition("faithful", "tests exercise the flow, and what is judged of its usual path is ok"),
    Definition("drifting", "tests exercise the flow, and something is proven to differ"),
    Definition("untested", "no test exercises the flow"),
    Definition("not enough evidence", "tests exercise the flow, and nothing is proven either way"),
    Definition("out of scope", "somebody decided that the flow needs no test; it counts in no share"),
)
SECTIONS = (("Words", WORDS), ("Numbers", NUMBERS), ("States", STATES), ("Flows", STANDINGS))


def table(definitions: tuple[Definition, ...], head: str) -> str:
    """A table for the README."""
    rows = "".join(f"| {each.word} | {each.means} |\n" for each in definitions)
    return f"| {head} | means |\n| --- | --- |\n{rows}"
