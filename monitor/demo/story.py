"""The story of the demo: plays the script, prints what the daemon makes of it, and sums up."""

import asyncio
from collections.abc import Callable, Iterable

from monitor.base.clock import Clock
from monitor.demo.actors import Actors, pause
from monitor.demo.news import News
from monitor.demo.script import DRIFTING_RUN, FAITHFUL_RUN, Performance
from monitor.demo.visitor import Visitor
from monitor.publish.wrapping import wrapped

BETWEEN_RUNS_SECONDS = 0.2
WIDTH = 80
INDENT = " " * 10


class Story:
    """Plays the acts in order, and prints what the daemon makes of them."""

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
        self._performance = Performance()
        self._run = 0

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
        if self._run and not self._performance.complete:
            self._sum_up()

    @property
    def _now(self) -> float:
        """Seconds since the demo began."""
        return self._clock.monotonic() - self._begin

    def _say(self, sentence: str) -> None:
        self._print(in_lines(f"[{self._now:4.0f} s] {sentence}"))

    def _list(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._print(f"{INDENT}{line}")

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
        self._list(
            (
                f"{url}/                 its pages: can the tests be trusted, and what differs",
                f"{url}/api/v1/report    everything it thinks, worst first",
                f"{url}/metrics          what Prometheus scrapes",
                "and in another terminal (.venv/bin is where `make setup` puts flowdrift)",
                f"FLOWDRIFT_KAFKA__BROKERS={self._broker} flowdrift inspect --topic '^demo-'",
            )
        )

    async def _watch(self, stop: asyncio.Event) -> None:
        """Print every change of a verdict as soon as the report shows it; sum up once all is shown."""
        news = News()
        while not await pause(1, stop):
            report = await self._visitor.report()
            sentences = news.read(report) if report is not None else []
            for sentence in sentences:
                self._say(f"  >>> {sentence.text}")
            done = self._performance.complete
            self._performance.receive(sentences, self._run, self._now)
            if self._performance.complete and not done:
                self._sum_up()
                self._suggest()

    async def _runs(self, stop: asyncio.Event) -> None:
        """Run the suite again and again; each run ends over HTTP, as a CI job ends it."""
        while not await pause(BETWEEN_RUNS_SECONDS, stop):
            self._run += 1
            run = f"build-{self._run}"
            for act in self._performance.begin(self._run, self._now):
                self._actors.changes.add(act.change)
                self._say(act.says)
            if not self._performance.complete:
                self._say(f"Test run {run} begins.")
            await self._actors.run_suite(run, stop)
            if stop.is_set():
                break
            if not await self._visitor.finish(run):
                self._say(f"flowdrift does not answer when {run} ends; the run ends by itself.")
            if run == FAITHFUL_RUN:
                self._say(
                    f"{run} is over. Ask in another terminal, as a CI job would (.venv/bin has flowdrift):"
                )
                self._list([f"flowdrift verdict --url {self._visitor.url} --run {run}"])

    def _sum_up(self) -> None:
        self._say("What was shown:")
        for line in self._performance.summary():
            self._print(in_lines(f"{INDENT}- {line}"))

    def _suggest(self) -> None:
        """What to try while the demo goes on."""
        verdict = f"flowdrift verdict --url {self._visitor.url} --run"
        self._say("The shop and its tests go on until Ctrl-C. In another terminal, ask as a CI job does:")
        self._list(
            (
                f"{verdict} {FAITHFUL_RUN}   pass, exit code 0: before anything changed",
                f"{verdict} {DRIFTING_RUN}   drift, exit code 1: without the payment provider",
            )
        )


def in_lines(sentence: str) -> str:
    """`sentence` in lines of 80 columns; names that are longer stay whole."""
    return wrapped(sentence, WIDTH, rest=INDENT)
