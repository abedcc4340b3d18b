"""Routes that a person writes for requests without one."""

import pytest
from pydantic import ValidationError

from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.flows.routes import routes
from tests.factories import span
from tests.unit.flows.test_read import fragment_of, read


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/u/ada/profile", "/u/{name}/profile"),
        ("/u/{}/profile", "/u/{name}/profile"),
        ("/u/ada/bob/profile", ""),
        ("/u/ada", ""),
        ("/files", "/files/**"),
        ("/files/a/b", "/files/**"),
        ("/filesystem", ""),
        ("/{}/ada", "/2024-sale/{product}"),
        ("", ""),
    ],
)
def test_a_pattern_takes_paths(path: str, pattern: str) -> None:
    """A place takes one segment, two stars take everything below, fixed parts are templated like paths."""
    assert routes(("/u/{name}/profile", "/files/**", "/2024-sale/{product}"))(path) == pattern


def test_the_first_pattern_counts() -> None:
    """They are asked in the person's order."""
    assert routes(("/u/{name}", "/u/**"))("/u/ada") == "/u/{name}"


def test_a_pattern_is_a_path() -> None:
    """Anything else is refused when the settings are read."""
    with pytest.raises(ValidationError, match="templates"):
        FlowSettings(templates=("u/{name}",))


def test_a_person_s_templates_name_flows() -> None:
    """A path without a route is named by the pattern that takes it."""
    entry = span(1, attributes={"http.request.method": "GET", "url.path": "/u/ada/profile"})
    assert read(entry)[0].id.operation == "GET /u/ada/profile"
    assert read(entry, templates=("/u/{name}/profile",))[0].id.operation == "GET /u/{name}/profile"


def test_an_open_route_is_read_the_same_whatever_came_before() -> None:
    """Spans that say the same name with and without such a route are planned apart."""
    said = {"http.request.method": "GET", "url.path": "/app/x"}
    reader = Reader(FlowSettings())
    behind = span(
        2, parent=1, service="app", attributes={"http.request.method": "GET", "http.route": "/app/x"}
    )
    names = []
    for route in ({}, {"http.route": "/app/*"}, {}):
        gateway = span(1, service="gw", attributes={**said, **route})
        names.append(str(reader.read(fragment_of(gateway, behind))[0].id))
    assert names == ["gw GET /app/x", "app GET /app/x", "gw GET /app/x"]
