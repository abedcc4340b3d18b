"""How a daemon is set up that has a real Kafka for itself."""

from tests.integration.daemon import LOOPBACK


def settings_for(bootstrap: str, *topics: str) -> dict[str, str]:
    """The settings of one daemon that reads these topics of a one-node Kafka from their beginning."""
    return {
        "KAFKA__BROKERS": bootstrap,
        "KAFKA__REPLICATION_FACTOR": "1",
        "KAFKA__INITIAL_OFFSET": "earliest",
        "KAFKA__TRACES__TOPICS": ",".join(topics),
        "API__HOST": LOOPBACK,
    }
