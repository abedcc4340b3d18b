"""Settings of what the world sees."""

from pydantic import BaseModel, ConfigDict, Field


class ApiSettings(BaseModel):
    """Where the HTTP API, the probes and /metrics listen; port 0 takes a free one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="0.0.0.0", min_length=1)  # noqa: S104 - probes and Prometheus come from outside
    port: int = Field(default=8080, ge=0, le=65535)


class LimitSettings(BaseModel):
    """Bounds of what is exported: at most `flow_series` flows have drift series of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flow_series: int = Field(default=500, ge=0)
