"""Addresses of pages. A name of a flow may hold slashes, dots and markup, so addresses carry its digest."""

from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote, urlencode


@lru_cache(maxsize=65536)
def flow_id(flow: str) -> str:
    """16 hexadecimal digits that stand for a flow in addresses: BLAKE2b-64 of its name."""
    return blake2b(flow.encode("utf-8", "replace"), digest_size=8).hexdigest()


def in_comparison(path: str, comparison: str) -> str:
    """The path, with the comparison that it is about; '' names none, and whoever answers chooses."""
    return f"{path}?{urlencode({'comparison': comparison})}" if comparison else path


def flow_link(flow: str, comparison: str) -> str:
    """The path of a flow's page."""
    return in_comparison(f"/flows/{flow_id(flow)}", comparison)


def run_id(run: str) -> str:
    """As `flow_id`, of a test run in the environment that is looked at."""
    return flow_id(run)


def run_link(run: str, comparison: str) -> str:
    """The path of a run's page."""
    return in_comparison(f"/runs/{run_id(run)}", comparison)


def verdict_of(run: str, comparison: str) -> str:
    """The path of a run's verdict as JSON."""
    return in_comparison(f"/api/v1/runs/{quote(run, safe='')}/verdict", comparison)
