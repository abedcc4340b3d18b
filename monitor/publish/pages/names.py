"""Addresses of pages. A name of a flow may hold slashes, dots and markup, so addresses carry its digest."""

from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlencode


@lru_cache(maxsize=65536)
def flow_id(flow: str) -> str:
    """16 hexadecimal digits that stand for a flow in addresses: BLAKE2b-64 of its name."""
    return blake2b(flow.encode("utf-8", "replace"), digest_size=8).hexdigest()


def flow_link(flow: str, comparison: str) -> str:
    """The path of a flow's page."""
    return f"/flows/{flow_id(flow)}?{urlencode({'comparison': comparison})}"
