"""Prints what all tests state, by room: `make spec`. Read together, these sentences are the specification.

A room is a directory of tests; below it stands each file with its title, and below that each test: the words
of its name, by which it is found, and its sentence.
"""

import ast
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

TESTS = Path(__file__).resolve().parent


def sentence(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())


def sentences(module: ast.Module) -> Iterator[str]:
    """What the tests of a module state, in their order."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield f"{node.name.removeprefix('test_').replace('_', ' ')}: {sentence(node)}"


def specification() -> Iterator[str]:
    """The lines of the specification."""
    files = sorted(TESTS.rglob("test_*.py"), key=lambda path: (path.parent, path.name))
    for room, paths in groupby(files, key=lambda path: path.parent.relative_to(TESTS.parent)):
        yield f"\n# {room}"
        for path in paths:
            module = ast.parse(path.read_text(encoding="utf-8"))
            yield f"\n## {path.name}: {sentence(module)}\n"
            yield from (f"- {each}" for each in sentences(module))


if __name__ == "__main__":
    print("\n".join(specification()))
