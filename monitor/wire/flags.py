"""Feature flags that a span evaluated: `new-checkout=on;search=v2`, whether events or attributes say so.

| said by | key | variant |
| --- | --- | --- |
| an event of the span (`feature_flag.evaluation`, before `feature_flag`) | feature_flag.key | below |
| the span itself, of one flag | feature_flag.key | below |

The variant is feature_flag.result.variant, else feature_flag.variant, its older name; else a
feature_flag.result.value that is a boolean. Any other value may be anything, and is never read; a key or
variant that is not one short word is not kept, nor what makes the text longer than 200 characters. Flags that
only log records tell of are not seen.

Source: opentelemetry.io/docs/specs/semconv/feature-flags.
"""

import re
from collections.abc import Iterable, Mapping

from monitor.wire.free_text import without_tokens
from monitor.wire.names import NAME_LIMIT

FLAGS = "feature_flag.evaluations"
"""The name under which all flags of a span are kept."""
KEY, VALUE = "feature_flag.key", "feature_flag.result.value"
VARIANTS = ("feature_flag.result.variant", "feature_flag.variant")
SAID = (KEY, *VARIANTS, VALUE)
"""Attributes that say something of a flag."""
MOST = 32
"""Flags of one span that are looked at."""

_WORD = re.compile(r"[A-Za-z][\w.:/-]{0,63}")
_PAIR, _NEXT = "=", ";"
_BOOLEANS = ("true", "false")


def word(text: str) -> str:
    """A key or variant that is one short word of nobody's data; '' for any other."""
    return text if _WORD.fullmatch(text) and without_tokens(text) == text else ""


def boolean(value: str) -> str:
    """A value that is a boolean; '' for any other."""
    return value if value in _BOOLEANS else ""


def evaluated(text: str) -> dict[str, str]:
    """The variant of each flag in what `together` wrote; what is no key and variant is left out."""
    pairs = (each.partition(_PAIR) for each in text.split(_NEXT)[:MOST])
    return {key: variant for key, _, variant in pairs if word(key) and word(variant)}


def reduced(text: str) -> str:
    """What is kept of a text that claims to name flags."""
    return _written(evaluated(text))


def together(said: Iterable[Mapping[str, str]]) -> str:
    """The flags of a span, of which each mapping says one; '' for none."""
    flags = {}
    for each in said:
        variant = next((each[name] for name in VARIANTS if name in each), boolean(each.get(VALUE, "")))
        if word(each.get(KEY, "")) and word(variant):
            flags[each[KEY]] = variant
    return _written(flags)


def _written(flags: Mapping[str, str]) -> str:
    """As one text, of the length that values have: flags beyond it are left out as a whole."""
    text = ""
    for key in sorted(flags):
        longer = f"{text}{_NEXT if text else ''}{key}{_PAIR}{flags[key]}"
        if len(longer) <= NAME_LIMIT:
            text = longer
    return text


def with_flags(known: dict[str, str]) -> dict[str, str]:
    """Attributes of a span with all its flags under one name, those of its own attributes too."""
    if KEY not in known:
        return known
    own = together([known])
    flags = evaluated(f"{own}{_NEXT}{known.get(FLAGS, '')}")
    rest = {name: value for name, value in known.items() if name not in (*SAID, FLAGS)}
    return {**rest, FLAGS: _written(flags)} if flags else rest
