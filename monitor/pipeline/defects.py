"""Failures of flowdrift itself at a record: what is said of them, and what becomes of the state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.base.errors import FlowdriftError

DEFECT = "defect"


class HalfFoldedError(FlowdriftError):
    """A record failed after it had changed the state, which must not be used any more.

    offset: of the record. The state is to be built again without it.
    """

    def __init__(self, offset: int, cause: Exception) -> None:
        super().__init__(defect(cause), code=DEFECT)
        self.offset = offset


def defect(error: Exception) -> str:
    """Where flowdrift failed at a record; without the error's text, which may hold values of the record."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}" if trace else ""
    return f"flowdrift failed at it: {type(error).__name__}{place}; please report it"


@contextmanager
def laid_on(offset: Callable[[], int]) -> Iterator[None]:
    """What fails while no record is in hand is laid on the one at `offset()`: the oldest that is needed."""
    try:
        yield
    except HalfFoldedError:
        raise
    except Exception as error:
        raise HalfFoldedError(offset(), error) from error
