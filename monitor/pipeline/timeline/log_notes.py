"""Commands that speak of the flows topic itself, and stay on the commands topic.

Whoever stands before a record cannot learn from a later one how to take it: every auditor reads these
before it folds anything. An offset in them counts on where the topic was deleted and made again: offset in
the log + the base of its partition.
"""

from typing import Any, NamedTuple


class Skip(NamedTuple):
    """The record at `offset` of a partition of the flows topic is to be passed, whoever folds it."""

    partition: int
    offset: int

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept: one for each record."""
        return f"skip/{self.partition}/{self.offset}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "skip", **self._asdict()}


class Renewed(NamedTuple):
    """The log of a partition of the flows topic began anew: the record at offset 0 counts as `base`.

    So what the fold holds goes on, and no offset means two records. Of two bases the larger one counts.
    """

    partition: int
    base: int

    @property
    def subject(self) -> str:
        """Key under which the newest of its kind is kept."""
        return f"renewed/{self.partition}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "renewed", **self._asdict()}


OF_THE_LOG = (Skip, Renewed)
"""What is not forwarded to the flows topic."""
