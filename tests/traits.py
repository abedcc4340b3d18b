"""Traits of tests: a call of the entry of `tests.rows`, and what is timed."""

from monitor.dimensions.timing import TIMING
from monitor.dimensions.trait import Trait
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

ENTRY = Operation("shop", Kind.SERVER, "POST /orders")


def client(name: str, service: str = "shop") -> Operation:
    """The operation of a client span."""
    return Operation(service, Kind.CLIENT, name)


def call(name: str, caller: Operation = ENTRY) -> Trait:
    """A call that an operation makes."""
    return Trait("structure", caller, client(name), caller.service)


def timed(name: str) -> Trait:
    """A client span, as something that takes time."""
    return Trait(TIMING.kept_as, None, client(name), "shop")
