"""Text in lines that fit a terminal, in which no number is torn from its unit."""

import re
from textwrap import fill

_JOINED = "\0"
"""Stands for a space at which no line may end: no text has this character (`wire.names`)."""
_QUANTITY = re.compile(
    r"(?<![\w.,/-])"  # no part of a name:
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d UTC"  # a time, or a number,
    r"|\d[\d.,]*(?: %)?(?: of \d[\d.,]*)?"  # of another one perhaps,
    r"(?<!%)(?: %| (?:[a-z-]+ ){0,2}?[a-z-]*s\b| [A-Za-z-]+)?)"  # and '%', what is a plural, or a word
)


def wrapped(text: str, width: int, indent: str = "", rest: str = "") -> str:
    """`text` in lines of at most `width` columns, the first after `indent`, the others after `rest`.

    Names that are longer stay whole, and so does a number with its unit ('0 of 6 test cases', '5 KB').
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
