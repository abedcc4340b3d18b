"""How the story is printed."""

from monitor.demo.story import INDENT, WIDTH, in_lines


def test_a_long_sentence_is_told_in_lines_that_fit() -> None:
    """A long sentence is wrapped without loss, and no name is broken."""
    sentence = (
        "[  38 s]   >>> DRIFT    storefront POST /checkout: "
        + "a reason that goes on, and " * 9
        + "@api.example"
    )
    first, *rest = in_lines(sentence).splitlines()
    assert first.startswith("[  38 s]   >>> DRIFT    storefront POST /checkout: a reason")
    assert all(line.startswith(INDENT) for line in rest) and rest
    assert max(map(len, (first, *rest))) <= WIDTH
    assert " ".join(in_lines(sentence).split()) == " ".join(sentence.split())
