"""What documentation repeats of the code is current: its tables (`make docs`), and the files it names."""

import re
from pathlib import Path

import pytest

from monitor import docs
from tests.deploy import files


@pytest.mark.parametrize("name", [*docs.WHOLE, *docs.PARTLY])
def test_documentation_is_current(name: str) -> None:
    """Every file is what `make docs` writes."""
    made = dict(docs.documentation(files.ROOT))[files.ROOT / name]
    assert (files.ROOT / name).read_text(encoding="utf-8") == made, "run make docs"


def test_every_part_stands_somewhere() -> None:
    """Each table, each list and each alert's paragraphs have their marks in one file."""
    text = "".join((files.ROOT / name).read_text(encoding="utf-8") for name in docs.PARTLY)
    assert {name: text.count(f"made by `make docs`: {name}") for name in docs.PARTS} == dict.fromkeys(
        docs.PARTS, 1
    )
    assert {name: text.count(f"end of {name}") for name in docs.PARTS} == dict.fromkeys(docs.PARTS, 1)


def marked(root: Path, text: str) -> Path:
    """A checkout whose README has this text."""
    for name in (*docs.WHOLE, *docs.PARTLY):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    (root / "README.md").write_text(text, encoding="utf-8")
    return root / "README.md"


def test_only_what_is_marked_is_written(tmp_path: Path) -> None:
    """What stands before, between the parts and behind them stays as people wrote it."""
    begin, end = "<!-- made by `make docs`: dimensions -->\n", "<!-- end of dimensions -->"
    readme = marked(tmp_path, f"before\n{begin}old\n{end}\nbehind\n")
    docs.main(tmp_path)
    assert readme.read_text(encoding="utf-8") == f"before\n{begin}{docs.PARTS['dimensions']()}{end}\nbehind\n"


def test_a_mark_that_names_nothing_is_refused(tmp_path: Path) -> None:
    """A misspelled part is an error, and never left as it is in silence."""
    marked(tmp_path, "# made by `make docs`: dimension\n# end of dimension\n")
    with pytest.raises(KeyError, match="dimension"):
        docs.main(tmp_path)


PAGES = sorted([*files.ROOT.glob("*.md"), *files.DEPLOY.glob("*.md")])
SOURCES = [
    f"/{p.relative_to(files.ROOT)}"
    for room in ("monitor", "tests", "deploy")
    for p in (files.ROOT / room).rglob("*")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Every path in a page's text or links is the end of a path of this repository."""
    text = page.read_text(encoding="utf-8")
    named = {
        *re.findall(r"`((?:monitor/|tests/|deploy/)?[\w/]+/\w+\.py)`", text),
        *re.findall(r"`(tests/[\w/.]+\w)`", text),
    }
    assert {name for name in named if not any(path.endswith(f"/{name}") for path in SOURCES)} == set()
    linked = set(re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text))
    assert {link for link in linked if not (page.parent / link).exists()} == set()
