"""The script of the demo: what happens when, what flowdrift must find, and what it has found so far."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.demo.layout import Change
from monitor.demo.news import Sentence

FAITHFUL_RUN = "build-2"
"""The newest run before anything changes: with it, the paths of the suite are proven."""
DRIFTING_RUN = "build-9"
"""A run in which the first change is proven."""


class Act(NamedTuple):
    """What changes just before run `run`, in words, and the flow about which flowdrift then speaks.

    title: the same change in a few words. found: the first word of what flowdrift says once it is sure.
    """

    run: int
    change: Change
    says: str
    title: str
    flow: str
    found: str


ACTS = (
    Act(
        3,
        Change.MOCKED_AWAY,
        "Somebody mocks the payment provider away: from now on the tests of POST /checkout never call it. "
        "They stay green.",
        "The tests of POST /checkout mock the payment provider away",
        "storefront POST /checkout",
        "DRIFT",
    ),
    Act(
        8,
        Change.NEW_FLOW,
        "Production launches POST /checkout/express. Nobody writes a test for it.",
        "Production launches POST /checkout/express without a test",
        "storefront POST /checkout/express",
        "UNTESTED",
    ),
    Act(
        10,
        Change.TEST_ONLY_EDGE,
        "A shortcut: tests of GET /orders/{id} now insert their orders straight into the database.",
        "The tests of GET /orders/{id} write to the database themselves",
        "storefront GET /orders/{id}",
        "DRIFT",
    ),
)


class Finding(NamedTuple):
    """When an act began and when flowdrift was sure of it, in seconds of the demo, and after which runs."""

    began: float
    run: int
    found: float = 0.0
    found_run: int = 0


class Performance:
    """What was played and what was found, for the summary."""

    def __init__(self) -> None:
        self._findings: dict[Act, Finding] = {}
        self.unannounced: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether every act was played and found."""
        return len(self._findings) == len(ACTS) and all(each.found for each in self._findings.values())

    def begin(self, run: int, now: float) -> Iterator[Act]:
        """The acts that begin with run number `run`; `now` in seconds of the demo."""
        for act in ACTS:
            if act.run == run:
                self._findings[act] = Finding(now, run)
                yield act

    def receive(self, sentences: Iterable[Sentence], run: int, now: float) -> None:
        """Take note of what flowdrift says while run number `run` is under way."""
        for sentence in sentences:
            act = next((act for act in self._findings if sentence.flows == {act.flow}), None)
            if act is None:
                self.unannounced.append(sentence.text)
            elif sentence.state == act.found and not self._findings[act].found:
                self._findings[act] = self._findings[act]._replace(found=now, found_run=run)

    def summary(self) -> Iterator[str]:
        """A line for each act that was played, and one about everything else."""
        for act, finding in self._findings.items():
            if finding.found:
                seconds, runs = finding.found - finding.began, finding.found_run - finding.run
                yield f"{act.title}: {act.found} after {runs} test runs ({seconds:.0f} s)."
            else:
                yield f"{act.title}: not yet found; it needs more test runs."
        if self._findings:
            yield f"Reported beside that: {len(self.unannounced) or 'nothing'}."
