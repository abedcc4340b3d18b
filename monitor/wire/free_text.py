"""Text from telemetry without what it says of one request, in three degrees: which values a text may keep.

| degree | for | leaves out |
| --- | --- | --- |
| `without_secrets` | ids: of runs, cases, versions | what gives access or names a person |
| `without_tokens` | names that people give: services, routes, suites, environments | the same, and ids |
| `template` | everything else: names of spans, jobs, queues, tables | the same, and every literal |

    job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 of ada@example.org -> job {} of {}
    load WHERE name = 'Muster' AND id IN (1, 2, 3)              -> load WHERE name = {} AND id IN ({})

What gives access or names a person: e-mail addresses, JSON web tokens, what follows `Bearer`, `password=` and
the like, users in URLs, query strings. Ids: UUIDs, and words with digits in three places, as no language has
them (`7f3a9c2e`). Literals: dates, addresses of networks, hashes, ends of names of pods, numbers, quoted
text, JSON, and what follows `=`. Each becomes `{}`, lists of them one. Words stay, and digits within words
(`v1`, `s3`). The rules are fixed; nothing is learned, or two replicas would name one flow differently.
"""

import re

from monitor.wire.url_path import FREE, KNOWN_WORDS

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes names of pods of (apimachinery, util/rand)."""

Step = tuple[str, re.Pattern[str], str]
"""What a text must hold for the pattern to be tried at all, the pattern, and what it leaves in its place."""

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_KEYS = r"(?:pass(?:word|wd|phrase)|pwd|secret|token|api[-_]?key|credentials?|signature|sid)"
_SAID = r"""(?!\{\})[^\s,;&)\]}"']+"""
_SECRETS: tuple[Step, ...] = (
    ("://", re.compile(r"(?<=://)[^\s/@?#]+@"), ""),
    ("=", re.compile(r"[?#][^\s?#=()<]*=\S*"), ""),
    ("=", re.compile(rf"({_KEYS}\s*=\s*){_SAID}", re.IGNORECASE), rf"\1{FREE}"),
    (":", re.compile(rf"((?:password|api[-_]?key)\s*:\s*){_SAID}", re.IGNORECASE), rf"\1{FREE}"),
    (" ", re.compile(rf"(\bauthorization\s*[:=]\s*\w+\s+){_SAID}", re.IGNORECASE), rf"\1{FREE}"),
    (" ", re.compile(rf"(\bbearer\s+)(?!tokens?\b|auth){_SAID}", re.IGNORECASE), rf"\1{FREE}"),
    ("@", re.compile(r"""[^\s/@:='"(,<]+@[^\s/@'",)]+\.[A-Za-z][\w-]*"""), FREE),
    ("eyJ", re.compile(r"eyJ[\w-]+(?:\.[\w-]*){0,2}"), FREE),
)
"""Users in URLs, query strings, what stands after a key, e-mail addresses, JSON web tokens."""

_IDS: tuple[Step, ...] = (("-", re.compile(_UUID), FREE),)
_LITERAL = re.compile(
    rf"""
      \{{\s*["'].*(?:\}}|$)                                                     # JSON
    | (?<![\w'}}])'(?:[^'\\]|''|\\.)*(?:'(?!\w)|$)                                # quoted
    | (?<![\w"}}])"(?:[^"\\]|""|\\.)*(?:"|$)
    | {_UUID}
    | [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?       # date and time
    | (?<![0-9A-Za-z:])(?:[0-9a-fA-F]{{1,4}}:{{1,2}}){{3,7}}[0-9a-fA-F]{{1,4}}(?![0-9A-Za-z])  # IPv6, MAC
    | (?<![0-9A-Za-z])(?=[a-z]*[0-9])[{_SAFE}]{{8,10}}-[{_SAFE}]{{5}}(?![0-9A-Za-z-])   # pod
    | (?<![0-9A-Za-z])(?:0x)?(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{{8,}}(?![0-9A-Za-z])  # hash
    | (?<![0-9A-Za-z])[0-9]+(?:[.:,][0-9]+)*(?:[munµ]?s|[kKMG]?i?B|%)?(?![0-9A-Za-z])  # number
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERALS: tuple[Step, ...] = (
    ("?", re.compile(r"(?<!\S)([^\s?/(]*/[^\s?(]*)\?\S+"), r"\1"),
    ("", _LITERAL, FREE),
    ("=", re.compile(r"""(?<![=!<>:])(={1,2}(?![=>])\s*)(?!\{)[^\s,;&()\]}"']+"""), rf"\1{FREE}"),
)
"""What stands after a path, each literal, and what stands after an equals sign without quotes."""

_LIST = re.compile(r"\{\}(?:\s*,\s*\{\})+")
_RUN = re.compile(r"[0-9A-Za-z_-]{8,}")
_WORD = re.compile(r"[0-9A-Za-z]{8,}")
_DIGITS = re.compile(r"[0-9]+")
_INSIDE = re.compile(r"[0-9][A-Za-z]")
_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_CHANGES = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")
_LONG_RUN, _LONG_WORD = 20, 16
_LONG_NUMBER = re.compile(r"[0-9]{5,}")


def template(text: str) -> str:
    """Free-form text with each literal replaced by `{}`."""
    text = _after(_LITERALS, _after(_SECRETS, text))
    if _DIGITS.search(text):
        text = _RUN.sub(_without_numbers, text)
    return _LIST.sub(FREE, text) if FREE in text else text


def without_tokens(name: str) -> str:
    """A name that people gave, with ids and secrets replaced by `{}`; its words and numbers stay."""
    name = _after(_IDS, _after(_SECRETS, name))
    return _RUN.sub(_without_random, name) if _DIGITS.search(name) else name


def without_secrets(identifier: str) -> str:
    """An id that people gave, without what gives access or names a person."""
    return _after(_SECRETS, identifier)


def _after(steps: tuple[Step, ...], text: str) -> str:
    """A text after some steps; most texts need none of them, and cost a look for each."""
    for mark, pattern, left in steps:
        if mark in text:
            text = pattern.sub(left, text)
    return text


def _without_random(found: re.Match[str]) -> str:
    """A run of words, hyphens and underscores without its parts that no person chose."""
    run = found[0]
    if len(run) >= _LONG_RUN and len(_INSIDE.findall(run)) >= 4:
        return FREE
    return _WORD.sub(lambda word: FREE if _is_random(word[0]) else word[0], run)


def _without_numbers(found: re.Match[str]) -> str:
    """The same, and without words that hold a long number, unless they are known."""
    left = _without_random(found)
    return _WORD.sub(lambda word: FREE if _is_numbered(word[0]) else word[0], left)


def _is_random(word: str) -> bool:
    """Whether a word of letters and digits is one that programs make up.

    Digits in two places are enough where letters, capitals and digits take turns, as in base64.
    """
    places = len(_DIGITS.findall(word))
    if places > 2 or (places and _HEX.fullmatch(word)):
        return True
    return places == 2 and len(word) >= _LONG_WORD and 2 * len(_CHANGES.findall(word)) >= len(word)


def _is_numbered(word: str) -> bool:
    return _LONG_NUMBER.search(word) is not None and not KNOWN_WORDS.fullmatch(word)
