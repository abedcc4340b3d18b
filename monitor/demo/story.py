"""The story of the demo: what happens when, told in plain words."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from monitor.base.clock import Clock
from monitor.demo.actors import Actors, pause
from monitor.demo.layout import Change
from monitor.demo.news import News
from monitor.demo.visitor import Visitor
from monitor.publish.wrapping import wrapped

BETWEEN_RUNS_SECONDS = 0.2
WIDTH = 80
INDENT = " " * 10


class Act(NamedTuple):
    """What changes just before run `run`, and how it is told."""

    run: int
    change: Change
    told: str


ACTS = (
    Act(
        3,
        Change.MOCKED_AWAY,
        "Somebody mocks the payment provider away: from now on the tests of POST /checkout never call it. "
        "They stay green.",
    ),
    Act(
        8,
        Change.NEW_FLOW,
        "Production launches POST /checkout/express. Nobody writes a test for it.",
    ),
    Act(
        10,
        Change.TEST_ONLY_EDGE,
        "A shortcut: tests of GET /orders/{id} now insert their orders straight into the database.",
    ),
)


class Story:
    """Plays the acts in order, and tells what the daemon makes of them."""

    def __init__(
        self, actors: Actors, visitor: Visitor, broker: str, clock: Clock, say: Callable[[str], None]
    ) -> None:
        """`broker`: host:port of the broker, for people; `say` prints some lines."""
        self._actors = actors
        self._visitor = visitor
        self._broker = broker
        self._clock = clock
        self._begin = clock.monotonic()
        self._print = say

    async def play(self, stop: asyncio.Event) -> None:
        """First an hour of history; then the shop goes on, the suite runs, things drift; until `stop`."""
        self._say("flowdrift starts. An hour of production of a small online shop goes to Kafka ...")
        spans = await self._actors.history(stop)
        self._say(f"... {spans:,} spans, which it reads now.")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._actors.shop(stop))
            if await self._caught_up(spans, stop):
                group.create_task(self._watch(stop))
                group.create_task(self._runs(stop))

    def _say(self, sentence: str) -> None:
        head = f"[{self._clock.monotonic() - self._begin:4.0f} s] "
        self._print(told(f"{head}{sentence}"))

    async def _caught_up(self, spans: int, stop: asyncio.Event) -> bool:
        """Wait until the daemon has read the history; False when the demo ends before."""
        while not await pause(0.5, stop):
            report = await self._visitor.report()
            if report is not None and report["input"]["spans"] >= spans:
                self._introduce(report["input"]["flows"])
                return True
        return False

    def _introduce(self, flows: int) -> None:
        url = self._visitor.url
        self._say(
            f"flowdrift has read production's hour: {flows:,} flows. Customers keep shopping, and the test "
            "suite begins to run, at first as faithful as can be. Look at"
        )
        for path, what in (
            ("/api/v1/report", "everything it thinks, worst first"),
            ("/api/v1/flows", "each flow with its states"),
            ("/metrics", "what Prometheus scrapes"),
        ):
            self._print(f"{INDENT}{url}{path:18}{what}")
        self._print(f"{INDENT}and in another terminal (.venv/bin is where `make setup` puts flowdrift)")
        self._print(f"{INDENT}FLOWDRIFT_KAFKA__BROKERS={self._broker} flowdrift inspect --topic '^demo-'")
        self._print(f"{INDENT}flowdrift verdict --url {url} --run build-1")

    async def _watch(self, stop: asyncio.Event) -> None:
        """Tell every change of a verdict as soon as the report shows it."""
        news = News()
        while not await pause(1, stop):
            report = await self._visitor.report()
            for sentence in news.read(report) if report is not None else ():
                self._say(f"  >>> {sentence}")

    async def _runs(self, stop: asyncio.Event) -> None:
        """Run the suite again and again; each run ends over HTTP, as a CI job ends it."""
        number = 0
        while not await pause(BETWEEN_RUNS_SECONDS, stop):
            number += 1
            self._change(number)
            run = f"build-{number}"
            self._say(f"Test run {run} begins.")
            await self._actors.run_suite(run, stop)
            if not stop.is_set() and not await self._visitor.finish(run):
                self._say(f"The end of {run} could not be told; it ends by itself.")

    def _change(self, run: int) -> None:
        for act in ACTS:
            if act.run == run:
                self._actors.changes.add(act.change)
                self._say(act.told)


def told(sentence: str) -> str:
    """`sentence` in lines of 80 columns; names that are longer stay whole."""
    return wrapped(sentence, WIDTH, rest=INDENT)
