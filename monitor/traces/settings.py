"""When a group of spans is complete, and how long closed ones are known."""

from pydantic import BaseModel, ConfigDict, Field


class AssemblySettings(BaseModel):
    """When a group of spans is complete; milliseconds of log time.

    A group with a root, or directly below a runner span, closes `quiet_gap_ms` after its last span; one
    whose parent has not come after `orphan_wait_ms`, or `remote_wait_ms` if that parent lives in another
    process. None grows older than `max_age_ms` or larger than `max_spans`. Ids of closed groups are
    known for another `memory_ms`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quiet_gap_ms: int = Field(10_000, gt=0)
    orphan_wait_ms: int = Field(60_000, gt=0)
    remote_wait_ms: int = Field(20_000, gt=0)
    max_age_ms: int = Field(120_000, gt=0)
    memory_ms: int = Field(60_000, gt=0)
    max_spans: int = Field(10_000, gt=0)

    @property
    def shortest_wait_ms(self) -> int:
        """No fragment closes earlier than this after its latest span, but for its size."""
        return min(self.quiet_gap_ms, self.orphan_wait_ms, self.remote_wait_ms, self.max_age_ms)
