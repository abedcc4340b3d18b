"""Three nodes of Apache Kafka that are one cluster, each a broker and a controller."""

from collections.abc import Sequence
from pathlib import Path

from monitor.demo.process import free_port
from tests.integration.apache_kafka import ApacheKafka

NODES = 3


class Node(ApacheKafka):
    """One of several: it serves when most of them do. controllers: ports, in the order of node ids from 1."""

    def __init__(self, directory: Path, number: int, controllers: Sequence[int]) -> None:
        super().__init__(directory)
        self._number, self._controllers = number, controllers

    def _properties(self, controller_port: int) -> str:
        """Those of a single node, and what differs: the last line of a key counts."""
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in enumerate(self._controllers, 1))
        return super()._properties(self._controllers[self._number - 1]) + (
            f"node.id={self._number}\n"
            f"controller.quorum.voters={voters}\n"
            "offsets.topic.replication.factor=3\n"
            "min.insync.replicas=2\n"
        )


class KafkaCluster:
    """Topics with three replicas, which take records while two nodes live."""

    def __init__(self, directory: Path) -> None:
        """Nothing runs yet."""
        controllers = [free_port() for _ in range(NODES)]
        numbers = range(1, NODES + 1)
        self.nodes = {n: Node(directory / str(n), n, controllers) for n in numbers}

    def start(self) -> None:
        """Serve, then return; errors as of one node."""
        for node in self.nodes.values():
            node.launch()
        for node in self.nodes.values():
            node.wait_ready()

    def stop(self) -> None:
        """End what runs. At once: the last two cannot leave in order, as no majority is left for it."""
        for node in self.nodes.values():
            node.kill()

    def bootstrap(self, *, without: int = 0) -> tuple[str, ...]:
        """host:port of every node, but of one."""
        return tuple(node.bootstrap for number, node in self.nodes.items() if number != without)
