"""Routes that do not say what is asked: they take every path, or what is to be done.

| route | of |
| --- | --- |
| `/*`, `/app/*`, `/app/*.do`, `/**`, `/{*rest}`, `/{rest:.*}` | servlets, Spring, JAX-RS |
| `/{**rest}`, `{controller=Home}/{action=Index}/{id?}` | ASP.NET, whose conventional routes are one route |
| `/{rest...}`, `/*rest`, `/{proxy+}`, `/{any}` | Go, Gin, API Gateway, Laravel |
| `/:rest*`, `/:rest(.*)`, `/*splat`, `/[...rest]`, `/trpc/[trpc]` | Express, Nuxt, Next.js |
| `/{rest:path}`, `/<path:rest>`, `^(?P<rest>.*)$` | Starlette, Flask, Django |

The path of the request says it then. A route that takes the rest of a path by a name, after words of its own,
is one resource, as its author says: `/files/{path:path}`. A mere star after them (`/app/*`) only maps code.
"""

import re

_REST = (
    r"\*{1,2}[\w-]*|\{\*{1,2}[\w-]*\}|\{[\w-]+(?:[+*]|\.{3}|:path|:\.[*+])\}|\{any\??\}"
    r"|:[\w-]+(?:[+*]|\(\.\*\)\*?)|\(\.\*\)|\[{1,2}\.{3}\w+\]{1,2}|<path:\w+>|\^?\(\?P<\w+>\.[*+]\)\$?"
)
"""What takes the rest of a path."""

_CATCH_ALL = re.compile(rf"/?(?:{_REST})")
_TAKES_THE_REST = re.compile(r".*/\*{1,2}|(?:.*/)?\*\.\w+", re.DOTALL)
_TAKES_WHAT_IS_DONE = re.compile(r"[{:<\[](?:controller|procedure|trpc)\b", re.IGNORECASE)


def is_catch_all(route: str) -> bool:
    """Whether a route takes every path and so says nothing: `/*`, `/**`, `/{proxy+}`, `/{**catch-all}`."""
    return _CATCH_ALL.fullmatch(route) is not None


def is_open(route: str) -> bool:
    """Whether a path says more of what is asked than this route: any of the table above."""
    if is_catch_all(route) or _TAKES_THE_REST.fullmatch(route):
        return True
    return _TAKES_WHAT_IS_DONE.search(route) is not None
