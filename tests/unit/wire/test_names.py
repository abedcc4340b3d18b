"""Names from telemetry are safe to print, label and quote."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.names import NAME_LIMIT, normalise, normalise_bytes


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("GET /cart", "GET /cart"),
        ("  padded\t", "padded"),
        ("two\nlines", "two\ufffdlines"),
        ("nul\x00", "nul\ufffd"),
        ("\u202eevil", "\ufffdevil"),
        ("\u2066a\u2069", "\ufffda\ufffd"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("cafe\u0301", "caf\u00e9"),
        ("x" * 300, "x" * NAME_LIMIT),
        ("\u00e9" * 300, "\u00e9" * NAME_LIMIT),
        ("", ""),
    ],
)
def test_normalise(given_name: str, safe: str) -> None:
    """Control, direction and surrogate characters become U+FFFD; the rest is NFC, stripped and cut."""
    assert normalise(given_name) == safe


def test_bytes_that_are_no_text() -> None:
    """Bytes that are not UTF-8 become U+FFFD, wherever a long name is cut."""
    assert normalise_bytes(b"a\xffb") == "a\ufffdb"
    assert normalise_bytes("\u20ac".encode() * 5_000) == "\u20ac" * NAME_LIMIT


@pytest.mark.fault(13, "injection")
@given(st.text(max_size=300))
def test_safe_and_stable(text: str) -> None:
    """What comes out is NFC UTF-8 without controls, within the limit, and normalising it changes nothing."""
    name = normalise(text)
    assert name.encode().decode() == name == unicodedata.normalize("NFC", name)
    assert len(name) <= NAME_LIMIT
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name)
    assert not any(
        unicodedata.bidirectional(character) in ("RLO", "LRO", "RLI", "LRI", "PDF", "PDI")
        for character in name
    )
    assert normalise(name) == name
