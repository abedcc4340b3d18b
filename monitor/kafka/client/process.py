"""The name of this process among the members of a consumer group, which its client id carries."""

import os
import socket


def _host() -> str:
    """The host, with its namespace in Kubernetes, where pods of two namespaces may have one name."""
    namespace = os.environ.get("POD_NAMESPACE", "")
    return f"{namespace}/{socket.gethostname()}" if namespace else socket.gethostname()


def process_name() -> str:
    """Host and number of this process."""
    return f"{_host()}:{os.getpid()}"


def named_client(client_id: str) -> str:
    """A client id that says which process it is."""
    return f"{client_id}@{process_name()}"


def process_of(client_id: str) -> str:
    """The process that a client id names; '' where it names none."""
    return client_id.partition("@")[2]


def may_live(process: str) -> bool:
    """Whether a process may be alive: of this host, the system says it."""
    host, _, number = process.rpartition(":")
    if host != _host() or not number.isdecimal():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
