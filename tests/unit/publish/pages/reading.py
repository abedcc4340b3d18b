"""What a page shows, read from its HTML as a browser would: elements, texts, links."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

_APART = {"td", "th", "dt", "dd", "li"}
"""Their texts do not run into the next ones."""
_VOID = {"meta", "link", "br", "input"}


class Element(NamedTuple):
    """An element with its attributes and all text below it, white space in one."""

    tag: str
    attributes: dict[str, str]
    text: str


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self.elements.append(Element(tag, attributes, ""))
        else:
            self._open.append((tag, attributes, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, ""))

    def handle_data(self, data: str) -> None:
        for _, _, text in self._open:
            text.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, attributes, text = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        self.elements.append(Element(tag, attributes, " ".join("".join(text).split())))
        if tag in _APART:
            self.handle_data(" ")

    def close(self) -> None:
        super().close()
        assert not self._open, f"not closed: {[tag for tag, *_ in self._open]}"


class Shown:
    """A page; building one fails where its elements are not nested."""

    def __init__(self, html: str) -> None:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        self.elements = reader.elements

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements of a tag with these attributes; `class_` asks for one of the classes."""
        return [each for each in self.elements if each.tag == tag and _has(each, attributes)]

    def text(self, tag: str = "main", **attributes: str) -> str:
        """The text of the only such element."""
        [element] = self.all(tag, **attributes)
        return element.text

    def links(self) -> Iterator[str]:
        """Where its links go."""
        return (each.attributes["href"] for each in self.all("a"))


def _has(element: Element, attributes: dict[str, str]) -> bool:
    known = dict(element.attributes)
    wanted = dict(attributes)
    one_of = wanted.pop("class_", None)
    return (one_of is None or one_of in known.get("class", "").split()) and wanted.items() <= known.items()
