"""Seeded damage: mutation number n of a corpus is the same bytes on every machine.

Damage of bytes: flipped bits, lost ends, lost, repeated and swapped chunks, splices of two records, lengths
that lie. Damage of JSON: tokens lost, doubled, swapped, or replaced by others and by what no sender means.
"""

import re
from collections.abc import Callable, Sequence
from random import Random

MAX_BYTES = 16_384
"""No mutation is longer."""

_LIES = (
    b"\x00",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xff\xff\xff\xff\x0f",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\xff" * 11,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\x00\x00\x00\x00",
    b"\x00\x0f\xff\xff",
)
"""Lengths and tags, as base-128 numbers and as big-endian integers, that promise too much or nothing."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[\[\]{}:,]|\s+|.', re.DOTALL)

_VALUES = (*(b"%d" % digit for digit in range(10)), b'"', b"-", b"t", b"f", b"n")
"""How strings, numbers, booleans and null begin."""

_STRANGE = (
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1.5",
    b"1e400",
    b"-0",
    b"9223372036854775808",
    b"18446744073709551616",
    b"9" * 400,
    b'""',
    b'"\\ud800"',
    b'"\\u0000\\u001b[31m\\u202e"',
    b'"-7"',
    b'"1e99"',
    b'"\xff"',
    b'"NaN"',
    b"NaN",
    b"[]",
    b"{}",
    b"[[[[[[[[[[]]]]]]]]]]",
    b"[" * 2_000,
    b'{"a":' * 500,
    b'[{"key":null}]',
    b'"' + b"x" * 2_000 + b'"',
)
"""Values that no sender means."""


class Mutator:
    """Damages the records of a corpus; `text` adds the damage of JSON."""

    def __init__(self, corpus: Sequence[bytes], *, text: bool) -> None:
        self._corpus = corpus
        self._tokens = [_TOKEN.findall(record) for record in corpus] if text else []
        self._random = Random()

    def mutation(self, number: int) -> bytes:
        """Mutation `number`: one to four kinds of damage to one record."""
        random = self._random
        random.seed(number)
        place = random.randrange(len(self._corpus))
        if self._tokens and random.random() < 0.7:
            record = self._surgery(self._tokens[place])
            if random.random() < 0.9:
                return record[:MAX_BYTES]
        else:
            record = self._corpus[place]
        for _ in range(random.choice((1, 1, 1, 1, 2, 3))):
            record = random.choice(_DAMAGES)(random, record, self._corpus)
        return record[:MAX_BYTES]

    def _surgery(self, tokens: list[bytes]) -> bytes:
        """Values exchanged among each other and for strange ones, which stays JSON; less often any token."""
        random, tokens = self._random, tokens.copy()
        values = [place for place, token in enumerate(tokens) if token[:1] in _VALUES]
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            here, there = random.choice(values), random.choice(values)
            what = random.randrange(6)
            if what < 2:
                tokens[here] = random.choice(_STRANGE)
            elif what == 2:
                tokens[here] = tokens[there]
            elif what == 3:
                tokens[here], tokens[there] = tokens[there], tokens[here]
            elif what == 4:
                tokens[here - 1] *= random.choice((0, 2, 20))
            else:
                start, end = sorted((here, there))
                tokens[start:end] = tokens[start:end] * random.choice((0, 2, 5))
                break
        return b"".join(tokens)


def _flip(random: Random, record: bytes, _corpus: Sequence[bytes]) -> bytes:
    damaged = bytearray(record or b"\x00")
    for _ in range(random.choice((1, 1, 2, 8))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def _truncate(random: Random, record: bytes, _: Sequence[bytes]) -> bytes:
    return record[: random.randrange(len(record) + 1)]


def _splice(random: Random, record: bytes, corpus: Sequence[bytes]) -> bytes:
    other = random.choice(corpus)
    return record[: random.randrange(len(record) + 1)] + other[random.randrange(len(other)) :]


def _lie(random: Random, record: bytes, _: Sequence[bytes]) -> bytes:
    here, lie = random.randrange(len(record) + 1), random.choice(_LIES)
    return record[:here] + lie + record[here + random.choice((0, 1, len(lie))) :]


def _repeat(random: Random, record: bytes, _: Sequence[bytes]) -> bytes:
    here, there = _chunk(random, record)
    times = random.choice((2, 3, 50, 1_000))
    return (
        record[:here] + record[here:there] * min(times, 1 + MAX_BYTES // (there - here + 1)) + record[there:]
    )


def _lose(random: Random, record: bytes, _: Sequence[bytes]) -> bytes:
    here, there = _chunk(random, record)
    return record[:here] + record[there:]


def _noise(random: Random, record: bytes, _: Sequence[bytes]) -> bytes:
    here, there = _chunk(random, record)
    return record[:here] + random.randbytes(random.randrange(1, 20)) + record[there:]


def _chunk(random: Random, record: bytes) -> tuple[int, int]:
    """Where a short part of the record begins and ends."""
    here = random.randrange(len(record) + 1)
    return here, min(len(record), here + random.choice((1, 2, 8, 40, 200)))


_DAMAGES: tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip,
    _flip,
    _flip,
    _flip,
    _truncate,
    _splice,
    _lie,
    _lie,
    _repeat,
    _lose,
    _noise,
)
