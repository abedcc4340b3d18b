"""Attributes that no table has, and of which something is kept by the form of their names."""

from functools import lru_cache

from monitor.wire.carried import carried_as
from monitor.wire.credentials import AUTHORIZATION, credential_as, mechanism
from monitor.wire.values import Reduce, shortened


@lru_cache(maxsize=4_096)
def kept_by_form(name: str) -> str:
    """The name under which an attribute is kept; '' for one that is not kept."""
    return carried_as(name) or credential_as(name)


def reducer_by_form(name: str) -> Reduce:
    """What reduces the value of an attribute that is kept so."""
    return mechanism if kept_by_form(name) == AUTHORIZATION else shortened
