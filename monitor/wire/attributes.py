"""Attributes in protobuf by their bytes: each distinct one is parsed once, those of no interest not at all.

In OTLP and in Jaeger's model an attribute is a KeyValue message, whose first bytes show its key:

    0x0a  length of the key, one byte  key  ...

so that ids, new on every span, cost neither parsing nor memory; URLs and statements (`Vocabulary.free`) only
where a span needs them.
"""

from collections.abc import Callable

from monitor.wire.credentials import AUTHORIZATION, CREDENTIALS, PRESENT
from monitor.wire.facts import TABLE_LIMIT
from monitor.wire.names import NAME_LIMIT, normalise
from monitor.wire.presence import PRESENCE
from monitor.wire.semconv import TEST_MARK, Vocabulary

LONGEST_REMEMBERED = 2 * NAME_LIMIT + 128
"""Bytes of an attribute or a name beyond which it is read anew each time, for the sake of memory."""

_REMEMBERED_VALUES = 16
_REMEMBERED_FREE, _LONGEST_FREE = 4_096, 4_096
_KEY_TAG, _TEST = 0x0A, b"test."
_EMPTY = 4
"""Bytes of an attribute's value at most that is empty, its tags and lengths."""

ParsePair = Callable[[bytes], tuple[str, str]]
"""Key and value of an attribute, the value as text; '' for nested values. Raises DecodeError."""


class Attributes:
    """What is known of attributes, by their bytes.

    `numbers` gives the place in `pairs` of what is kept, 0 for what is not. `strangers` holds the first
    bytes of unknown keys whose values are so many that remembering more of them would be of no use; other
    unknown attributes are remembered like known ones. `free`: the first bytes of the vocabulary's `free`;
    `aside` counts them among the strangers, for a caller that asks for their numbers where they are needed.
    Of some attributes only that they are there is kept (`credentials`): these are known by their first bytes.
    """

    def __init__(self, vocabulary: Vocabulary, parse_pair: ParsePair, *, aside: bool = False) -> None:
        self._parse_pair = parse_pair
        self.free = frozenset(map(_head, vocabulary.free))
        self._free_numbers: dict[bytes, int] = {}
        self._aside = self.free if aside else frozenset()
        self.numbers: dict[bytes, int] = {b"": 0}
        self.strangers: set[bytes] = set(self._aside)
        self.pairs: list[tuple[str, str]] = [("", "")]
        self._room: dict[bytes, int] = {}
        self._present: dict[bytes, int] = {}
        self._places: dict[tuple[str, str], int] = {}
        self._vocabulary = vocabulary
        self._heads = {_head(name) for name in vocabulary.names if len(name.encode()) < 128}

    def number(self, raw: bytes) -> int:
        """The number of an attribute, learnt if it is new. Raises DecodeError, IndexError."""
        known = self.numbers.get(raw)
        return self.learn(raw) if known is None else known

    def free_number(self, raw: bytes) -> int:
        """The number of an attribute of `free`; few are remembered, as hardly any comes twice."""
        number = self._free_numbers.get(raw)
        if number is None:
            number = self._parse(raw)
            if len(self._free_numbers) >= _REMEMBERED_FREE:
                self._free_numbers.clear()
            if len(raw) <= _LONGEST_FREE:
                self._free_numbers[raw] = number
        return number

    def learn(self, raw: bytes) -> int:
        """Number an attribute that `numbers` does not have, and remember it unless that costs too much."""
        head = raw[: 2 + raw[1]]
        if head in self.free:
            return self.free_number(raw)
        if head in self._present and _says_something(raw):
            return self._present[head]
        ours = head in self._heads or self._is_ours_by_form(head)
        stranger = not ours and raw[0] == _KEY_TAG and not head.startswith(_TEST, 2)
        number = 0 if stranger else self._parse(raw)
        kept = self.pairs[number][0]
        if kept in PRESENCE and len(self._present) < TABLE_LIMIT:
            self._present[head] = number
        elif len(raw) <= LONGEST_REMEMBERED and ((ours and kept != AUTHORIZATION) or self._has_room(head)):
            self.numbers[raw] = number
        elif stranger and len(self.strangers) < TABLE_LIMIT:
            self.strangers.add(head)
        return number

    def _is_ours_by_form(self, head: bytes) -> bool:
        """Whether a key is kept that no table has; then it is known from now on."""
        if head[0] != _KEY_TAG or head.startswith(_TEST, 2) or len(self._heads) >= TABLE_LIMIT:
            return False
        ours = bool(self._vocabulary.newest(head[2:].decode("utf-8", "replace"))[0])
        if ours:
            self._heads.add(head)
        return ours

    def _has_room(self, head: bytes) -> bool:
        """Whether an unknown key may have one more value remembered: most keys never have many."""
        room = self._room.get(head, _REMEMBERED_VALUES)
        if room and len(self._room) < TABLE_LIMIT:
            self._room[head] = room - 1
            return True
        return False

    def _parse(self, raw: bytes) -> int:
        """Parse an attribute; number it if it is kept."""
        name, value = self._parse_pair(raw)
        newest = self._vocabulary.newest(name)[0]
        if newest in PRESENCE:
            value = PRESENT if value or _says_something(raw) else ""
        else:
            value = normalise(self._vocabulary.reduced(name, value)) if newest else ""
        if not value:
            return 0
        if newest in CREDENTIALS:
            name = newest
        if newest == TEST_MARK:
            name, value = TEST_MARK, "true"
        number = self._places.setdefault((name, value), len(self.pairs))
        if number == len(self.pairs):
            self.pairs.append((name, value))
        return number

    def trim(self) -> bool:
        """Forget everything if the table is full; True if so: numbers given out before are stale."""
        full = max(len(self.numbers), len(self.pairs), len(self._room), len(self.strangers)) >= TABLE_LIMIT
        if full:
            self.numbers, self._free_numbers = {b"": 0}, {}
            self.strangers, self._room, self._places = set(self._aside), {}, {}
            self._present = {}
            del self.pairs[1:]
        return full


def _says_something(raw: bytes) -> bool:
    """Whether an attribute's value is too long to be empty, whatever it holds."""
    return len(raw) > 2 + raw[1] + _EMPTY


def _head(name: str) -> bytes:
    """The first bytes of an attribute with this key."""
    key = name.encode()
    return bytes((0x0A, len(key))) + key
