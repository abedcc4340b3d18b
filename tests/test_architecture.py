"""The size budgets and the habits of this code base, checked on its syntax trees.

The lines of a function are the physical lines from `def` to its last statement, comments and blank
lines included, docstring and decorators left out: the budget bounds what one must hold in mind, and
explaining it costs nothing. A function inside another counts in both. The lines of a file are all of
them. Who may import whom is checked by import-linter (`make lint`).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "monitor").rglob("*.py"))
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))


Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: Definition) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(parse(path)) if isinstance(node, Function))


def lines(function: Function) -> int:
    """Lines of a function as the module docstring defines them."""
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    told = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - told


def public(body: list[ast.stmt]) -> Iterator[Definition]:
    """Public classes and functions of a module or class body, and those inside public classes."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_") and not is_excused(node):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def is_excused(node: Definition) -> bool:
    """An override, overload or setter says what the definition beside or above it says."""
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(decorators & {"override", "overload", "setter"})


def file_lengths(paths: list[Path]) -> dict[str, int]:
    return {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in paths}


def test_functions_are_small() -> None:
    """Half of the functions have at most 6 lines, nine in ten at most 20, and none over 50."""
    sizes = {place(path, function): lines(function) for path in FILES for function in functions(path)}
    assert {name: size for name, size in sizes.items() if size > 50} == {}
    assert median(sizes.values()) <= 6
    assert quantiles(sizes.values(), n=10)[-1] <= 20, sorted(sizes.items(), key=lambda item: -item[1])[:30]


def test_files_are_small() -> None:
    """Half of the files have at most 150 lines, and none, tests included, over 300."""
    assert {name: size for name, size in file_lengths(FILES + TEST_FILES).items() if size > 300} == {}
    assert median(file_lengths(FILES).values()) <= 150


def test_everything_public_is_explained() -> None:
    """Every public module, class, function and method has a docstring."""
    modules = {path: parse(path) for path in FILES}
    assert [path for path, module in modules.items() if not ast.get_docstring(module)] == []
    defined = [(path, node) for path, module in modules.items() for node in public(module.body)]
    assert [place(path, node) for path, node in defined if not ast.get_docstring(node)] == []


def is_sentence(text: str | None) -> bool:
    return text is not None and text.endswith(".") and "\n\n" not in text


def test_every_test_says_what_it_shows() -> None:
    """Every test function's docstring is one sentence: read together they are the specification."""
    tests = [(path, f) for path in TEST_FILES for f in functions(path) if f.name.startswith("test_")]
    assert [place(path, f) for path, f in tests if not is_sentence(ast.get_docstring(f))] == []


ASKING = {
    (path, "http.client") for path in ("kafka/client/security.py", "publish/client.py", "demo/visitor.py")
}
"""Who asks over HTTP: for a token, as a command of a person, and in the demo."""


@pytest.mark.fault("foreign requests")
def test_telemetry_makes_nobody_ask() -> None:
    """Addresses of requests come from settings, options and the demo, and a client follows no redirect."""
    asks = re.compile(
        r"^\s*(?:import|from) (http\.client|urllib\.request|aiohttp|httpx|requests)\b", re.MULTILINE
    )
    found = {str(path.relative_to(ROOT / "monitor")): asks.findall(path.read_text()) for path in FILES}
    assert {(path, name) for path, names in found.items() for name in names} == ASKING
