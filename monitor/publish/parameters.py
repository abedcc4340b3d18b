"""What requests may say: ids and names are spelled as telemetry spells them, whichever way they come in."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator

from monitor.wire.names import READ_LIMIT, normalise


def _run_id(text: str) -> str:
    if not (run := normalise(text)):
        raise ValueError("a run id is not empty")
    return run


_Name = Annotated[str, Query(max_length=READ_LIMIT), AfterValidator(normalise)]

RunId = Annotated[str, Path(min_length=1, max_length=READ_LIMIT), AfterValidator(_run_id)]
EscapeId = Annotated[str, Path(min_length=1, max_length=READ_LIMIT, description="Of a failure signature.")]
FlowKey = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="As in the address of the flow's page.")]
EnvironmentName = Annotated[_Name | None, Query(description="Where it runs; needed with several.")]
SuiteName = Annotated[_Name, Query(description="Its suite; by default what its spans say.")]
ComparisonName = Annotated[
    _Name | None,
    Query(description="Name of the comparison; by default the first that is shown, or has the run."),
]
After = Annotated[
    int | None, Query(ge=0, description="Where to go on: `next` of the page before; by default at the first.")
]
PageSize = Annotated[int, Query(ge=1, le=5000, description="Calls of one page at most.")]
