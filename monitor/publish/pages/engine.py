"""How a page becomes HTML: everything that it says is escaped, and a name that a template misspells fails."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.base.moments import to_the_minute
from monitor.dimensions.words import counted, path_name, share
from monitor.publish.pages.coverage import tested_share
from monitor.publish.pages.names import flow_link, in_comparison, run_link
from monitor.publish.pages.states import words_of


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.publish.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "counted": counted,
        "flow_link": flow_link,
        "of_comparison": in_comparison,
        "minute": to_the_minute,
        "path": path_name,
        "percent": _percent,
        "words": words_of,
        "run_link": run_link,
        "tested_share": tested_share,
    }
    return environment


def render(template: str, **page: Any) -> str:
    """The HTML of a page; template: its file without the ending."""
    return _environment().get_template(f"{template}.html").render(page)


@cache
def stylesheet() -> bytes:
    """The stylesheet of all pages."""
    return (files("monitor.publish.pages") / "static" / "flowdrift.css").read_bytes()


def _percent(rate: float | None) -> str:
    """A share (0..1) in words; a dash where there is nothing to share."""
    return "\N{EN DASH}" if rate is None else share(rate)
