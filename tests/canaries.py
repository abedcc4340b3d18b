"""Values that nothing may keep: a canary of each shape for each place where telemetry can hold one.

A canary is a word and a token that come from the name of its place and shape, so that one that is found says
where it was planted. `SHAPES` are the forms in which values arrive; `found` searches a text for any of them.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

_LETTERS = "bcdfghjklmnpqrst"
_FOUND = re.compile(
    r"kanarie[a-z]{8}|7f3a9c[0-9a-f-]{10,30}|s2fuyxjpz[a-z0-9]{8,}"
    r"|4929[ -]?3141[ -]?\d{4}[ -]?\d{4}|49 171 3141\d{4}",
    re.IGNORECASE,
)
"""Begins of words, tokens, words in base64, numbers of cards and of telephones, as `Canary` makes them."""


class Canary(NamedTuple):
    """A value's parts: a word of letters, a token of 16 hexadecimal digits, eight digits."""

    word: str
    token: str
    digits: str

    @property
    def base64(self) -> str:
        """The word in base64."""
        return b64encode(self.word.encode()).decode()

    @property
    def uuid(self) -> str:
        """The token as a UUID."""
        whole = self.token * 2
        return "-".join((whole[:8], whole[8:12], whole[12:16], whole[16:20], whole[20:]))


def canary(place: str) -> Canary:
    """The canary of a place."""
    digest = blake2b(place.encode(), digest_size=8).hexdigest()
    word = "Kanarie" + "".join(_LETTERS[int(digit, 16)] for digit in digest[:8])
    return Canary(word, f"7f3a9c{digest[:8]}d4", f"{int(digest, 16) % 10**8:08d}")


Shape = Callable[[Canary], str]

TOKENS: dict[str, Shape] = {
    "token": lambda made: f"canary-{made.token}",
    "joined": lambda made: f"canary{made.token}",
    "upper": lambda made: f"CANARY_{made.token.upper()}_X",
    "uuid": lambda made: made.uuid,
    "path": lambda made: f"/users/{made.token}/orders",
    "header": lambda made: f"X-Request-Id: {made.token}",
}
"""What a machine made up: ids and tokens."""

SECRETS: dict[str, Shape] = {
    "jwt": lambda made: f"eyJhbGciOiJIUzI1NiJ9.{made.base64}.{made.base64}",
    "mail": lambda made: f"{made.word}.{made.token}@example.org",
    "bearer": lambda made: f"Bearer {made.word}",
    "basic": lambda made: f"Authorization: Basic {made.base64}",
    "password": lambda made: f"login password={made.word}",
    "api key": lambda made: f"x-api-key: {made.word}",
    "userinfo": lambda made: f"https://ada:{made.word}@shop.example/orders",
    "query": lambda made: f"/reset?name={made.word}&x={made.token}",
}
"""What gives access, or names a person."""

LITERALS: dict[str, Shape] = {
    "quoted": lambda made: f"find '{made.word}'",
    "twice": lambda made: f'find "{made.word}"',
    "pair": lambda made: f"find surname={made.word}",
    "spaced": lambda made: f"find surname = {made.word}",
    "json": lambda made: f'{{"surname": "{made.word}"}}',
    "sql": lambda made: f"SELECT id FROM patients WHERE surname = '{made.word}' AND x = {made.digits}",
    "call": lambda made: f"find('{made.word}', 1)",
    "card": lambda made: f"pay with 4929 3141 {made.digits[:4]} {made.digits[4:]}",
    "joined card": lambda made: f"pay 49293141{made.digits}",
    "telephone": lambda made: f"call +49 171 3141{made.digits[:4]}",
    "get": lambda made: f"GET /reset/{{id}}?token={made.word}",
}
"""What stands in a text for one value of many."""

SENTENCES: dict[str, Shape] = {
    "word": lambda made: made.word,
    "sentence": lambda made: f"patient {made.word} not found",
}
"""What only a text that is no name can hold."""

Position = tuple[str, str]
"""Where a canary is, and its shape."""


class Planted(NamedTuple):
    """The value that stands at a position."""

    at: Position
    value: str


def planted(places: Iterable[str], shapes: dict[str, Shape]) -> Iterator[Planted]:
    """A value of each shape for each place."""
    for place in places:
        for name, shape in shapes.items():
            yield Planted((place, name), shape(canary(f"{place} {name}")))


def found(text: str) -> set[str]:
    """The canaries in a text, in small letters."""
    return {each.lower() for each in _FOUND.findall(text)}
