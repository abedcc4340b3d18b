"""Work that may take long, as a generator that yields wherever other work may run, and returns its result.

What is computed never depends on who runs in between: whoever cannot wait takes one step after the other, and
whoever can asks for the result at once. The steps of one piece of work are taken by one caller to their end.
"""

from collections.abc import Generator, Iterable
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]

SPANS_PER_STEP = 64
"""At about 5 us a span, and some hundred where nothing of it was met before, a step takes some ms."""


def result_of(steps: Steps[T]) -> T:
    """Take all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def gathered(items: Iterable[T | None]) -> Steps[list[T]]:
    """A list of what `items` gives, without what is None; `SPANS_PER_STEP` items a step."""
    found: list[T] = []
    for number, item in enumerate(items, 1):
        if item is not None:
            found.append(item)
        if number % SPANS_PER_STEP == 0:
            yield
    return found
