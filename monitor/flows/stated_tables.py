"""What services say of themselves, in a record of the flows topic: each profile and each set of them once.

Layout: see `record.py`, "profiles" and "stated". Texts are places in the record's strings.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monitor.flows.stated import Profile, Stated

_STATED, _PROFILES = "stated", "profiles"


class StatedTables:
    """The two tables of one record, by first use."""

    def __init__(self) -> None:
        self._profiles: dict[Profile, int] = {}
        self._plain: list[list[int]] = []
        self._stated: dict[Stated, int] = {}
        self._sets: list[list[int]] = []
        self._by_identity: dict[int, int] = {}

    def place(self, stated: Stated, string: Callable[[str], int]) -> int:
        """The place of what a row states; string: the place of a text. Rows that share it cost little."""
        place = self._by_identity.get(id(stated))
        if place is None:
            place = self._stated.get(stated)
            if place is None:
                place = self._stated[stated] = len(self._sets)
                self._sets.append([self._profile(profile, string) for profile in stated])
            self._by_identity[id(stated)] = place
        return place

    def _profile(self, profile: Profile, string: Callable[[str], int]) -> int:
        place = self._profiles.get(profile)
        if place is None:
            place = self._profiles[profile] = len(self._plain)
            texts = (profile.service, *(text for pair in profile.said for text in pair))
            self._plain.append([string(text) for text in texts])
        return place

    def plain(self) -> dict[str, Any]:
        """The tables as keys of a record; none where no row states anything."""
        return {_PROFILES: self._plain, _STATED: self._sets} if self._sets else {}


def stated_in(document: Mapping[str, Any], strings: Sequence[str]) -> list[Stated]:
    """What the rows of a record may state, by place; IndexError or TypeError where it is malformed."""
    profiles = [_read([strings[place] for place in plain]) for plain in document.get(_PROFILES, ())]
    return [tuple([profiles[place] for place in plain]) for plain in document.get(_STATED, ())]


def _read(texts: Sequence[str]) -> Profile:
    service, *said = texts
    return Profile(service, tuple(zip(said[::2], said[1::2], strict=True)))
