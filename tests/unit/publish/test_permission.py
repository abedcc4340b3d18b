"""The commands that change something, against a server that listens on loopback and one that does not."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.publish.access import Access
from monitor.publish.server import bind, serve
from monitor.publish.settings import EVERYWHERE
from tests.unit.publish.bench import Bench, seen

LOOPBACK = "127.0.0.1"


@contextmanager
def daemon(host: str, token_file: Path | None = None) -> Iterator[tuple[Bench, str]]:
    """A server on a listener that is bound to `host`, and its address on this machine."""
    listener = bind("api", host, 0)
    bench = Bench(access=Access(listener.getsockname()[0], token_file))
    seen(bench, "ci-1")
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    thread = Thread(target=lambda: loop.run_until_complete(serve(bench.app, listener, stop)))
    thread.start()
    yield bench, url
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a token."""
    path = tmp_path / "token"
    path.write_text("s3cret\n", encoding="utf-8")
    return path


def test_on_loopback_a_run_is_finished_without_a_token() -> None:
    """What anybody who is on the machine may do needs no secret."""
    with daemon(LOOPBACK) as (bench, url):
        result = flowdrift("runs", "finish", "ci-1", "--url", url)
        assert (result.exit_code, json.loads(result.stdout)["run"]) == (0, "ci-1")
        assert len(bench.commands.written) == 1


def test_off_loopback_a_run_is_not_finished_without_a_token() -> None:
    """Exit 2, for a verdict too, and what to set; that the request comes from this machine does not count."""
    with daemon(EVERYWHERE) as (bench, url):
        for command in (["runs", "begin", "ci-2"], ["runs", "finish", "ci-1"], ["verdict", "--run", "ci-1"]):
            result = flowdrift(*command, "--url", url)
            assert (result.exit_code, result.stdout) == (2, "")
            assert "set api.token_file (FLOWDRIFT_API__TOKEN_FILE) to a file that holds one" in result.stderr
        assert bench.commands.written == []


@pytest.mark.parametrize("host", [LOOPBACK, EVERYWHERE])
def test_whoever_has_the_token_finishes_a_run(host: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By option or variable; without it, or with another, exit 2 and how to send it."""
    with daemon(host, file) as (bench, url):
        finish = ("runs", "finish", "ci-1", "--url", url)
        refused = flowdrift(*finish)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "--token-file FILE or FLOWDRIFT_TOKEN_FILE" in refused.stderr
        assert bench.commands.written == []
        assert flowdrift(*finish, "--token-file", str(file)).exit_code == 0
        monkeypatch.setenv("FLOWDRIFT_TOKEN_FILE", str(file))
        assert flowdrift("runs", "begin", "ci-2", "--url", url).exit_code == 0
        assert flowdrift("verdict", "--run", "ci-1", "--url", url, "--wait", "0").exit_code == 3
        assert len(bench.commands.written) == 3
        file.write_text("rotated", encoding="utf-8")
        assert flowdrift(*finish).exit_code == 0


def test_a_token_file_that_cannot_be_read_is_usage(tmp_path: Path) -> None:
    """Exit 2 before anybody is asked, with the option and the file."""
    missing = tmp_path / "none"
    result = flowdrift("runs", "finish", "ci-1", "--token-file", str(missing))
    assert result.exit_code == 2
    assert result.stderr == f"--token-file: {missing}: No such file or directory\n"
