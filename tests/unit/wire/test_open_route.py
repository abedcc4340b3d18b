"""Routes of many frameworks that leave to the path what is asked."""

import pytest

from monitor.wire.open_route import is_catch_all, is_open

RESTS = "* /* /** /{proxy+} /{*path} {**rest} /:path* /(.*) /{path...} /*splat /{path:path} /{path:.*}"
MORE_RESTS = "/<path:rest> /[...slug] /[[...slug]] /:slug(.*)* /{any} ^(?P<path>.*)$"


@pytest.mark.parametrize("route", [*RESTS.split(), *MORE_RESTS.split()])
def test_a_route_that_takes_everything(route: str) -> None:
    """It says nothing of the request, whatever the framework's way to write it."""
    assert is_catch_all(route) and is_open(route)


@pytest.mark.parametrize("route", [*RESTS.split(), *MORE_RESTS.split()])
def test_a_rest_after_words_of_its_own(route: str) -> None:
    """A mere star only maps code; a rest that has a name is that of one resource, as its author says."""
    below = f"/app/{route.lstrip('/^')}"
    assert is_open(below) is (route.strip("/") in ("*", "**"))
    assert not is_catch_all(below)


@pytest.mark.parametrize(
    "route",
    [
        "{controller=Home}/{action=Index}/{id?}",
        "/:controller(/:action)",
        "/api/trpc/[trpc]",
        "/app/*.do",
        "*.do",
    ],
)
def test_a_route_that_leaves_open_what_is_done(route: str) -> None:
    """Conventional routes and mappings of servlets are one route for everything."""
    assert is_open(route) and not is_catch_all(route)


@pytest.mark.parametrize("route", ["/", "/orders/{id}", "/{id}", "/orders/:id", "/o/{id:int}", "/a/[id]"])
def test_a_route_that_says_what_is_asked(route: str) -> None:
    """Places for single values leave nothing open."""
    assert not is_open(route)
