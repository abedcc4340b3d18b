"""Settings of what the world sees."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Host = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=0, le=65535)]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - CI jobs, probes and Prometheus come from outside


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ApiSettings(_Section):
    """Where the HTTP API listens; port 0 takes a free one. It answers what the probes' listener does, too.

    token_file: a file with the token that begin and finish of runs need. None: they need none where `host` is
    a loopback address, and are refused elsewhere.
    """

    host: Host = EVERYWHERE
    port: Port = 8080
    token_file: Path | None = None


class ProbesSettings(_Section):
    """Where /livez, /readyz and /metrics listen; port None is the one after the API's, 0 takes a free one."""

    host: Host = EVERYWHERE
    port: Port | None = None

    def port_beside(self, api: ApiSettings) -> int:
        """The port; a free one where there is none after the API's, or the API itself takes a free one."""
        beside = (api.port + 1) % 65536 if api.port else 0
        return beside if self.port is None else self.port


def _to_a_trace(links: dict[str, str]) -> dict[str, str]:
    for link in links.values():
        if not re.match(r"https?://", link) or "{trace_id}" not in link:
            raise ValueError("must be an http or https address with {trace_id} in it")
    return links


class LinksSettings(_Section):
    """Where else people look. trace: by environment, the address of a trace in a viewer."""

    trace: Annotated[dict[str, str], AfterValidator(_to_a_trace)] = {}


class LimitSettings(_Section):
    """Bounds of what is exported: at most `flow_series` flows have drift series of their own."""

    flow_series: int = Field(default=500, ge=0)
