"""The tree of errors; each says what to do, and whether trying again can help.

FlowdriftError
├── ConfigurationError      the settings are wrong: mend the named key          (exit 78)
├── UndecodableError        a record is not what its encoding says              (counted, told, skipped)
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


class UndecodableError(FlowdriftError):
    """A record's bytes are not what its encoding says; `code` is the reason counted in metrics."""


class UnreachableError(FlowdriftError):
    """A server does not answer."""

    retriable: ClassVar[bool] = True
