"""The tree of errors; each says what to do, and whether trying again can help.

FlowdriftError
├── ConfigurationError      the settings are wrong: mend the named key          (exit 78)
├── NewerFormatError        a newer release wrote it: upgrade                   (the partition stops there)
├── UndecodableError        a record is not what its encoding says              (counted, named, skipped)
└── UnreachableError        a server does not answer: it is tried again         (retriable)
"""

from typing import ClassVar


class FlowdriftError(Exception):
    """Base of all errors that flowdrift raises on purpose.

    `code` is one of a bounded set of words (fit for a metric label); `retriable` says whether the
    same call can succeed later.
    """

    retriable: ClassVar[bool] = False

    def __init__(self, message: str, *, code: str = "error") -> None:
        super().__init__(message)
        self.code = code


class ConfigurationError(FlowdriftError):
    """A setting is missing, unknown or of the wrong form; the message names its path, never a secret."""


class NewerFormatError(FlowdriftError):
    """A newer release wrote it, and whoever reads on without it skips it in silence: the reader must stop.

    found: what was met, such as 'record format 4'. reads: what this release can read, such as '1 to 2'.
    """

    def __init__(self, found: str, reads: str) -> None:
        super().__init__(f"{found}, this release reads {reads}: upgrade flowdrift", code="newer_format")
        self.found, self.reads = found, reads


class UndecodableError(FlowdriftError):
    """A record's bytes are not what its encoding says; `code` is the reason counted in metrics."""


class UnreachableError(FlowdriftError):
    """A server does not answer."""

    retriable: ClassVar[bool] = True
