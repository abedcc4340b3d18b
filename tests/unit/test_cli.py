"""The command line: streams and exit codes."""

import json
from inspect import signature

from typer.testing import CliRunner, Result

from monitor import __version__
from monitor.cli import app, run_daemon
from monitor.service import Role
from monitor.settings import schema

_CANARY = "canary-7f3a91"


def _flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_help_is_the_answer_to_nothing() -> None:
    """Without a command it shows what there is."""
    result = _flowdrift()
    for command in ("run", "replay", "inspect", "demo", "check-config", "schema", "runs", "verdict"):
        assert command in result.output


def test_version() -> None:
    """One line, fit for a script."""
    assert _flowdrift("--version").stdout == f"{__version__}\n"


def test_an_unknown_option_is_usage() -> None:
    """Exit 2, with nothing on stdout."""
    result = _flowdrift("run", "--no-such-option")
    assert (result.exit_code, result.stdout) == (2, "")


def test_an_unknown_role_is_usage() -> None:
    """The message names it."""
    result = _flowdrift("run", "--role", "observer,cook")
    assert result.exit_code == 2
    assert "no such role: cook" in result.stderr


def test_a_process_has_every_role_by_default() -> None:
    """A role that is added works without being asked for."""
    default = signature(run_daemon).parameters["role"].default
    assert set(default.split(",")) == set(Role)


def test_schema_is_json_on_stdout() -> None:
    """An editor can use what is printed."""
    assert json.loads(_flowdrift("schema").stdout) == schema()


def test_a_topic_pattern_that_is_none_is_usage() -> None:
    """Exit 2 before any broker is asked, and what is wrong with it; no traceback."""
    result = _flowdrift("inspect", "--topic", "^otlp_[")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("--topic: '^otlp_[' is no regular expression: ")
