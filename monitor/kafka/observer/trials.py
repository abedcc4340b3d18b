"""A record that ends the process is found by marks in the metadata of commits, and passed unread.

After an unclean exit nobody knows which record was in hand. So each opening of a partition is counted beside
its low offset, until that grows or the partition is given back in order. The next owner marks each batch
before it folds it; one that finds such a mark folds that batch record by record, each marked. A record that
the mark named alone in two unclean exits is passed unread. Without an unclean exit nothing is marked.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

ALONE = 2
"""In this many exits: whoever is killed at any time leaves a mark, too, but hardly the same one again."""


class Mark(NamedTuple):
    """The records in [first, after) are in hand, as in the last `times` exits; all 0: none are."""

    first: int = 0
    after: int = 0
    times: int = 0

    @property
    def is_single(self) -> bool:
        """Whether it names one record."""
        return self.after - self.first == 1


class Portion(NamedTuple):
    """Records to fold together, and how to mark them before."""

    records: Sequence[Any]
    mark: Mark | None


class Trials:
    """What to mark in one partition. exits: unclean ones since its low offset grew. mark: of the last one."""

    def __init__(self, exits: int, mark: Mark) -> None:
        self._exits, self._mark = exits, mark

    @property
    def are_on(self) -> bool:
        """Whether records are marked."""
        return self._exits > 0

    @property
    def fatal(self) -> int | None:
        """The offset that must not be read again."""
        named_alone = self._mark.is_single and self._mark.times >= ALONE
        return self._mark.first if self.are_on and named_alone else None

    def end(self) -> None:
        """The low offset has grown: what was in hand is done."""
        self._exits, self._mark = 0, Mark()

    def portions(self, records: Sequence[Any]) -> Iterator[Portion]:
        """The records of a fetch, in order: together, or one by one where the mark was."""
        if not self.are_on:
            yield Portion(records, None)
            return
        for is_suspect, group in groupby(records, lambda record: self._names(record.offset)):
            together = list(group)
            for part in [[record] for record in together] if is_suspect else [together]:
                yield Portion(part, self._marking(part[0].offset, part[-1].offset + 1))

    def _names(self, offset: int) -> bool:
        return self._mark.first <= offset < self._mark.after

    def _marking(self, first: int, after: int) -> Mark:
        again = self._mark.is_single and (first, after) == self._mark[:2]
        return Mark(first, after, self._mark.times + 1 if again else 1)
