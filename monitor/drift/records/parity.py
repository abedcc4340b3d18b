"""Parity in the record of a comparison: what services state of themselves on both sides."""

from collections.abc import Mapping

import msgspec


class Unlike(msgspec.Struct, frozen=True, kw_only=True):
    """One aspect of a service that differs: its values on each side with their shares (0..1) of requests.

    allowed: somebody declared that it may (`parity.allow`).
    """

    service: str
    aspect: str
    reference: Mapping[str, float]
    candidate: Mapping[str, float]
    allowed: bool = False


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """How many aspects of services both sides state, and which differ; left_out: beyond the first."""

    services: int = 0
    compared: int = 0
    differences: tuple[Unlike, ...] = ()
    left_out: int = 0
