"""What happens to processes: they end, stop for a while, lose a broker, lose partitions, get twins."""

from collections import Counter, deque
from random import Random

from tests.simulation.cluster import Cluster
from tests.simulation.network import Network
from tests.simulation.processes import Process, Seat

PROCESSES = 3
SESSION_MS = 10_000


class Trouble:
    """Draws what happens. count: how often each kind did; story: the last of them, for people."""

    def __init__(self, network: Network, cluster: Cluster) -> None:
        self._network, self._cluster = network, cluster
        self._rng: Random = network.rng
        self.count = Counter[str]()
        self.story: deque[str] = deque(maxlen=60)
        self.processes: list[Process] = []
        self._started = 0
        for _ in range(PROCESSES):
            self._start()
        self._kinds = (self._crash, self._crash, self._freeze, self._cut, self._move, self._move, self._twin)

    def _start(self) -> None:
        self._started += 1
        self.processes.append(Process(self._started))

    def tell(self, what: str) -> None:
        """Remember what happened."""
        self.story.append(f"{self._network.now / 1000:.1f} s: {what}")

    def strike(self, often: float) -> None:
        """Let something happen, or not."""
        if self._rng.random() < often:
            self._rng.choice(self._kinds)()

    def assign(self) -> None:
        """The groups give what nobody has."""
        now = self._network.now
        for seat in self._cluster.seats:
            seat.end(now)
            if seat.free_at <= now:
                able = [each for each in self.processes if each.frozen_until <= now]
                if able:
                    seat.give(self._rng.choice(able))

    def end(self, process: Process) -> None:
        """A process ends, and another one starts."""
        self.count["crashes"] += 1
        self.tell(f"process {process.number} ends")
        self.processes.remove(process)
        for seat in self._cluster.seats:
            seat.lose(process, self._network.now, self._rng.choice((0, 0, 3_000, SESSION_MS, 30_000)))
        self._start()

    def _crash(self) -> None:
        """It ends within its next steps."""
        process = self._rng.choice(self.processes)
        process.steps = self._rng.choice((0, self._rng.randrange(10), self._rng.randrange(100)))

    def _freeze(self) -> None:
        self.count["freezes"] += 1
        process, now = self._rng.choice(self.processes), self._network.now
        for_ms = self._rng.choice((2_000, 8_000, 15_000, 60_000))
        process.frozen_until = now + for_ms
        self.tell(f"process {process.number} stops for {for_ms // 1000} s")
        if for_ms > SESSION_MS:
            for seat in self._cluster.seats:
                if seat.owner is not None and seat.owner.process is process:
                    self.count["rebalances"] += 1
                    seat.take_away(now, SESSION_MS, process.frozen_until + 3_000)

    def _cut(self) -> None:
        self.count["cuts"] += 1
        process = self._rng.choice(self.processes)
        log = self._rng.choice(self._cluster.logs())
        for_ms = self._rng.choice((3_000, 20_000, 120_000))
        process.cut[log] = self._network.now + for_ms
        self.tell(f"process {process.number} does not reach {log} for {for_ms // 1000} s")

    def _move(self) -> None:
        """A partition moves; who had it may notice late."""
        seat = self._rng.choice(self._cluster.seats)
        if seat.owner is not None:
            self.count["rebalances"] += 1
            late = self._rng.choice((0, 0, 5_000, 40_000))
            who = f"process {seat.owner.process.number}"
            self.tell(f"{who} loses {seat.name}, notices after {late // 1000} s")
            now = self._network.now
            seat.take_away(now, self._rng.choice((0, 0, 2_000)), now + late)

    def _twin(self) -> None:
        """Another process reads a partition as well, for some minutes."""
        seat: Seat = self._rng.choice(self._cluster.seats)
        if len(seat.others) < 2:
            self.count["twins"] += 1
            process = self._rng.choice(self.processes)
            self.tell(f"process {process.number} reads {seat.name}, too")
            twin = seat.open(process, None)
            twin.until = self._network.now + self._rng.choice((10_000, 60_000, 400_000))
            seat.others.append(twin)
