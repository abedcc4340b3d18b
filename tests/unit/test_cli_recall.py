"""The commands about recall, against an API that answers as the daemon does."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import orjson
import pytest
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.drift.recall import plain_kind, plain_recall, recall_of
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.latest import read
from tests.unit.publish.failures import ESCAPED, GUARDED, failing_flow
from tests.unit.publish.records import COMPARISON


class _Api(BaseHTTPRequestHandler):
    """Knows one comparison, in which one failure escaped and one is guarded."""

    def do_GET(self) -> None:
        """Answer what stands at a path; 404 for any other."""
        record = read(f"flow/{COMPARISON}/x", orjson.dumps(failing_flow(GUARDED, ESCAPED)))
        assert isinstance(record, FlowVerdicts)
        known = {
            "/api/v1/recall": plain_recall(recall_of([record])),
            f"/api/v1/recall?comparison={COMPARISON}": plain_recall(recall_of([])),
            "/api/v1/escapes/0e": plain_kind(GUARDED),
        }
        self.send_response(200 if self.path in known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(known.get(self.path, {"detail": "no such failure"})).encode())

    def log_message(self, *_: object) -> None:
        """Nobody needs to know."""


@pytest.fixture
def url() -> Iterator[str]:
    """Where it listens."""
    server = HTTPServer(("127.0.0.1", 0), _Api)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_recall(url: str) -> None:
    """Every signature is printed, open ones first; as JSON what the API answers."""
    printed = _flowdrift("recall", "--url", url).stdout
    assert "tests have shown 1 of 2 failure signatures" in printed
    assert printed.index("escaped  0a1b2c") < printed.index("guarded  0e")
    assert json.loads(_flowdrift("recall", "--url", url, "-o", "json").stdout)["ratio"] == 0.5


@pytest.mark.parametrize("command", ["recall", "explain"])
def test_help_says_which_comparison_is_meant(command: str) -> None:
    """Neither is about a run: without a name it is the first comparison of which anything is known."""
    said = " ".join(_flowdrift(command, "--help").stdout.replace("│", " ").split())
    assert "by default the first of which anything is known" in said


def test_recall_of_a_production_that_never_fails(url: str) -> None:
    """It is said that there is nothing to say."""
    printed = _flowdrift("recall", "--url", url, "--comparison", COMPARISON).stdout
    assert printed == "Production has not failed in anything that tests could show.\n"


def test_explain(url: str) -> None:
    """One failure with its reason and traces; 2 for one that nobody knows."""
    printed = _flowdrift("explain", "0e", "--url", url).stdout
    assert printed.startswith("guarded  0e  shop POST /pay") and "traces of production: aa" in printed
    assert json.loads(_flowdrift("explain", "0e", "--url", url, "-o", "json").stdout)["guard"] == "pays"
    missing = _flowdrift("explain", "ffff", "--url", url)
    assert (missing.exit_code, missing.stderr) == (2, "no such failure\n")
