"""The network between processes and logs: delays, lost and late acknowledgements, repetitions, refusals."""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from tests.simulation.processes import Process
from tests.simulation.topics import Log

TIMEOUT_MS = 3_000
APART_MS = 1_000
"""Between two answers."""


class Network:
    """Carries records to logs; what happens to each is drawn from the seed.

    append: writes to a log. now: time in ms. answers: when brokers answered in the time that passed last, of
    which processes take no other note. calm: nothing is lost or late.
    """

    def __init__(self, rng: Random, append: Callable[[Log, bytes], None]) -> None:
        self.rng, self.append = rng, append
        self.now, self.calm = 0, False
        self.answers: list[int] = []
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0

    def later(self, delay: int, what: Callable[[], None]) -> None:
        """Let something happen after `delay` ms."""
        self._number += 1
        heappush(self._due, (self.now + delay, self._number, what))

    def pass_time(self, milliseconds: int, answers: int = 1) -> None:
        """Let everything happen that is due by then, in its order."""
        end = self.now + milliseconds
        self.answers = [end - APART_MS * number for number in reversed(range(answers))]
        while self._due and self._due[0][0] <= end:
            self.now, _, happen = heappop(self._due)
            happen()
        self.now = end

    def try_write(self, log: Log, value: bytes) -> bool:
        """Write and wait: whether it was acknowledged; what was not may be there all the same."""
        luck = 0.0 if self.calm else self.rng.random()
        if luck < 0.96:
            self.append(log, value)
        return luck < 0.92


class Message(NamedTuple):
    """A record for a log; taken: called once, when the acknowledgement arrives."""

    value: bytes
    taken: Callable[[], None]


class Lane:
    """Records of one sender for one log, one in flight; each is sent again until it is acknowledged.

    largest: the log refuses a record of more bytes.
    """

    def __init__(self, network: Network, process: Process, log: Log, largest: int) -> None:
        self._network, self._process, self._log, self._largest = network, process, log, largest
        self.waiting: deque[Message] = deque()
        self._flight = self._patience = 0

    def drop(self) -> None:
        """Send no more; what is in flight may arrive."""
        self.waiting.clear()
        self._flight += 1
        self._patience = 0

    def pump(self, too_large: Callable[[], None]) -> None:
        """Send what waits, as far as acknowledgements come."""
        network = self._network
        while self.waiting and self._patience <= network.now:
            if not self._process.reaches(self._log, network.now):
                return
            if len(self.waiting[0].value) > self._largest:
                self.waiting.clear()
                too_large()
            elif network.calm or network.rng.random() < 0.85:
                network.append(self._log, self.waiting[0].value)
                self._taken()
            else:
                self._send(self.waiting[0].value)

    def _send(self, value: bytes) -> None:
        """A record that takes its time, is lost, or whose acknowledgement is."""
        network = self._network
        self._flight += 1
        flight, self._patience = self._flight, network.now + TIMEOUT_MS
        is_lost, answer_is_lost = network.rng.random() < 0.2, network.rng.random() < 0.3
        way = network.rng.randrange(90_000 if network.rng.random() < 0.1 else 2_500)
        back = network.rng.randrange(1_000)

        def arrive() -> None:
            network.append(self._log, value)
            if not answer_is_lost:
                network.later(back, answer)

        def answer() -> None:
            if flight == self._flight and network.now < self._patience:
                self._taken()

        if not is_lost:
            network.later(way, arrive)

    def _taken(self) -> None:
        message = self.waiting.popleft()
        self._flight += 1
        self._patience = 0
        message.taken()
