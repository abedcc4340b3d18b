"""Text in lines that fit a terminal, in which no number is torn from its unit."""

import re
from textwrap import fill

_JOINED = "\0"
"""Stands for a space at which no line may end: no text has this character (`wire.names`)."""
_QUANTITY = re.compile(
    r"(?<![\w.,/-])\d[\d.,]*"  # a number that is no part of a name
    r" (?:%|(?:[a-z-]+ ){0,2}?[a-z-]*s\b|[a-z-]+)"  # '%', what ends with a plural, or a word
)


def wrapped(text: str, width: int, indent: str = "", rest: str = "") -> str:
    """`text` in lines of at most `width` columns, the first after `indent`, the others after `rest`.

    Names that are longer stay whole, and so does a number with its unit ('6 candidate units', '95 %').
    """
    joined = _QUANTITY.sub(lambda found: found[0].replace(" ", _JOINED), text)
    lines = fill(
        joined,
        width,
        initial_indent=indent,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_JOINED, " ")
