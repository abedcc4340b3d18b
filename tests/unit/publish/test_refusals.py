"""No refusal of the HTTP API repeats what it was asked."""

import asyncio

import httpx
import pytest

from tests.unit.publish.bench import COMPARISONS, NIGHTLY, Bench, seen
from tests.unit.publish.records import tell

CANARY = "canary-5b1f"
PATHS = (
    f"/{CANARY}",
    f"/api/v1/{CANARY}",
    f"/api/v1/report/?{CANARY}={CANARY}",
    f"/api/v1/report?comparison={CANARY}",
    f"/api/v1/flows?comparison={CANARY}",
    f"/api/v1/flows?comparison={CANARY * 200}",
    f"/api/v1/runs/{CANARY}/verdict?comparison={CANARY}",
    f"/api/v1/runs/{CANARY * 200}/verdict",
    f"/api/v1/runs/{CANARY}-twice/verdict",
    f"/api/v1/runs/{CANARY}-elsewhere/verdict",
    f"/api/v1/runs/{CANARY}/begin",
    f"/api/v1/runs/{CANARY}/begin?environment={CANARY}",
    f"/api/v1/runs/{CANARY}/begin?suite={CANARY * 200}",
    f"/api/v1/runs/{CANARY}/finish",
    f"/api/v1/runs/{CANARY}/finish?environment={CANARY}",
    f"/api/v1/runs/{CANARY}-old/finish",
    f"/api/v1/runs/%20/finish?environment={CANARY}",
)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """An application with runs of every kind, that is only asked."""
    bench = Bench((*COMPARISONS, NIGHTLY))
    lines = [
        {"environment": each, "run": f"{CANARY}-twice", "last": 1} for each in ("integration", "nightly")
    ]
    seen(bench, runs=[*lines, {"environment": "qa", "run": f"{CANARY}-elsewhere", "last": 1}])
    settled = {"partition": 0, "offset": 1, "environment": "nightly", "run": f"{CANARY}-old", "settled": True}
    tell(bench.view, f"run/nightly/{CANARY}-old", settled)
    return bench


@pytest.mark.fault("secrets", "personal data")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", CANARY])
def test_a_refusal_repeats_nothing(bench: Bench, path: str, method: str) -> None:
    """Neither path, parameters, headers, body, nor method; it is one JSON object."""
    headers = {"X-Request-Id": CANARY, "Host": f"{CANARY}.example", "Authorization": f"Bearer {CANARY}"}
    answer = bench.ask(path, method, headers=headers, content=CANARY.encode())
    assert 400 <= answer.status_code < 500
    assert list(answer.json()) == ["detail"]
    assert CANARY not in answer.text + "".join(f"{name}: {value}" for name, value in answer.headers.items())


def test_a_failure_inside_says_nothing_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 points to the log, and carries the headers of every answer."""
    bench = Bench()

    def fail() -> bool:
        raise ValueError(CANARY)

    monkeypatch.setattr(bench.health, "alive", fail)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=bench.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/livez")

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert answer.json() == {"detail": "this request failed inside the daemon; its log says why"}
    assert answer.headers["x-content-type-options"] == "nosniff"
