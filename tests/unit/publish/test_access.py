"""Who may change anything over HTTP."""

from pathlib import Path

import pytest

from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.publish.access import Access, ForbiddenError, NoTokenError, read_token
from monitor.publish.settings import EVERYWHERE
from tests.unit.publish.bench import Bench, seen

TOKEN = "s3cret-of-this-test"
NOT_ONE = "must hold one token: printable ASCII characters, no white space between them"
HERE = {"host": "127.0.0.1:8080"}
SOME = {"run": "x", "flow_id": "0" * 16, "signature": "x"}
"""What stands in the paths of routes."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a token, and the line break that editors leave."""
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_programs_of_this_machine_need_no_token(host: str) -> None:
    """Where none is set, a listener on a loopback address takes what they say, by any of its names."""
    for name in ("127.0.0.1", "127.0.0.1:8080", "localhost:8080", "[::1]:8080"):
        Access(host).check(None, {"host": name})


@pytest.mark.fault("administration")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example"},
        {"host": "10.0.0.7:8080"},
        {"host": "[::1"},
        {**HERE, "origin": "https://evil.example"},
        {**HERE, "origin": "null"},
    ],
)
def test_pages_of_a_browser_are_not_programs_of_this_machine(headers: dict[str, str]) -> None:
    """Neither with a name of their own that resolves to loopback, nor with a form that they send there."""
    with pytest.raises(ForbiddenError, match="no page of a browser"):
        Access("127.0.0.1").check(None, headers)


@pytest.mark.fault("administration")
@pytest.mark.parametrize("host", [EVERYWHERE, "10.0.0.7", "::"])
def test_other_machines_need_one(host: str) -> None:
    """Off loopback nothing is changed until a token is set, not even from here; it says what to set."""
    with pytest.raises(ForbiddenError, match=r"set api\.token_file .* or api\.host .* to 127\.0\.0\.1"):
        Access(host).check("any", HERE)


@pytest.mark.parametrize("host", ["127.0.0.1", EVERYWHERE])
def test_a_token_that_is_set_is_needed(host: str, file: Path) -> None:
    """On loopback, too; whoever has it may come from anywhere."""
    access = Access(host, file)
    access.require_token()
    access.check(TOKEN, {"host": "flowdrift.example", "origin": "https://ci.example"})
    for wrong in (None, "", "other", TOKEN[:-1], f"{TOKEN}x", "é"):
        with pytest.raises(NoTokenError, match="--token-file"):
            access.check(wrong, HERE)


def test_a_token_may_change(file: Path) -> None:
    """What the file holds now counts; while it holds none, nothing is changed, and it may be tried again."""
    access = Access(EVERYWHERE, file)
    file.write_text("another-token", encoding="utf-8")
    access.check("another-token", {})
    with pytest.raises(NoTokenError):
        access.check(TOKEN, {})
    file.unlink()
    with pytest.raises(UnreachableError, match="cannot read a token"):
        access.check("another-token", {})


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"two words", b"two\nlines", b"\xff\xfe", "é".encode(), b"a\0b"]
)
def test_a_file_without_a_token_is_refused_at_the_start(tmp_path: Path, content: bytes) -> None:
    """With the setting and the file in the message, and nothing of what the file holds."""
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        Access("127.0.0.1", path).require_token()
    assert str(raised.value) == f"api.token_file: {path}: {NOT_ONE}"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Whoever names it learns by which option."""
    with pytest.raises(ConfigurationError, match=r"^--token-file: .*/none: No such file or directory$"):
        read_token(tmp_path / "none", "--token-file")


@pytest.mark.fault("administration")
def test_nothing_in_the_document_is_changed_without_credentials(file: Path) -> None:
    """Of all operations of the OpenAPI document those that do more than read say so, and are answered 401."""
    bench = Bench(access=Access(EVERYWHERE, file))
    seen(bench, "x")
    document = bench.ask("/api/v1/openapi.json").json()
    statuses = {
        (method, path): bench.ask(path.format(**SOME), method.upper()).status_code
        for path, operations in document["paths"].items()
        for method in operations
    }
    guarded = {(method, path) for method, path in statuses if "security" in document["paths"][path][method]}
    assert guarded == {each for each in statuses if each[0] not in ("get", "head", "options")} != set()
    assert guarded == {each for each, status in statuses.items() if status == 401}
    assert not bench.commands.written


def test_no_method_goes_round_the_token(file: Path) -> None:
    """Whatever the document does not name is not there, and writes nothing."""
    bench = Bench(access=Access(EVERYWHERE, file))
    seen(bench, "x")
    for path in bench.ask("/api/v1/openapi.json").json()["paths"]:
        for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FINISH"):
            assert bench.ask(path.format(**SOME), method).status_code in (
                401,
                405,
            )
    assert not bench.commands.written


def test_a_refusal_comes_before_anything_else_is_said(file: Path) -> None:
    """Whoever has no token does not learn which runs and environments there are."""
    bench = Bench(access=Access(EVERYWHERE, file))
    asked = bench.ask("/api/v1/runs/x/finish?environment=nowhere", "POST")
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, "Bearer")
    wrong = bench.ask("/api/v1/runs/x/finish", "POST", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    assert "wrong" not in wrong.text


def test_the_token_opens(file: Path) -> None:
    """As RFC 6750 sends it; the name of the scheme in any case."""
    bench = Bench(access=Access(EVERYWHERE, file))
    seen(bench, "x")
    for scheme in ("Bearer", "bearer"):
        headers = {"Authorization": f"{scheme} {TOKEN}"}
        assert bench.ask("/api/v1/runs/x/finish", "POST", headers=headers).status_code == 202
    assert bench.ask("/api/v1/runs/x/finish", "POST", headers={"Authorization": TOKEN}).status_code == 401
