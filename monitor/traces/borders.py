"""A message is a border: what consumes it is a flow of its own, whenever it comes.

Delay, batches and links then change nothing: a consumer that is a child of the sender, 200 ms or two hours
later, begins the same flow as one in a trace of its own. The sender's flow keeps the call, its own span.
A consumer goes on with what its own service does where that hands the message to it: a reply that a request
waits for, or what a `receive` span got. Spans without a kind count as internal, as OpenTelemetry has it.
"""

from monitor.traces.halves import CALLERS
from monitor.wire.span import Facts, Kind

CONSUMER = Kind.CONSUMER
"""Asked of every span: a module's name is found ten times as fast as an enum's member (Python 3.11)."""


def is_border(upper: Facts, lower: Facts) -> bool:
    """Whether `lower`, a child of `upper`, begins a flow of its own."""
    if lower.kind is not CONSUMER:
        return False
    return upper.kind in CALLERS or upper.service != lower.service
