"""Pages as a browser shows them: on a laptop and a phone, light and dark, under their own security policy."""

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest

from monitor.publish.pages.names import flow_link
from monitor.publish.server import serve
from tests.unit.publish.bench import Bench
from tests.unit.publish.pages.filled import DRIFT, PAY, filled, tree, with_flow
from tests.unit.publish.records import COMPARISON

SCREENSHOTS = Path("build/screenshots")
HOSTILE = f"shop <script>document.title='taken'</script> \u05d0\u05d1/../{'x' * 300}"
LAPTOP, PHONE = "1280,1000", "390,1600"
LIGHT, DARK = "1", "0"
VIEWS = (
    ("overview", "/", LAPTOP, LIGHT),
    ("flow", flow_link(PAY, COMPARISON), PHONE, DARK),
    ("hostile", flow_link(HOSTILE, COMPARISON), PHONE, LIGHT),
    ("coverage", "/coverage", LAPTOP, DARK),
)


def browser() -> str:
    """Where Chromium is; without it the test is skipped, and fails in CI."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium: .ci/run installs it")
    return found or pytest.skip("no Chromium on PATH")


def filled_bench() -> Bench:
    bench = with_flow(filled(), PAY, DRIFT, paths=[tree()])
    hostile = {**DRIFT, "subject": HOSTILE, "reason": HOSTILE}
    return with_flow(bench, HOSTILE, hostile, paths=[tree([-1, "server", HOSTILE, HOSTILE, 1.0, 0.5])])


async def show(chromium: str, url: str, size: str, scheme: str, picture: Path) -> str:
    """Take a picture of a page; what the browser says of it."""
    process = await asyncio.create_subprocess_exec(
        chromium,
        *("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"),
        *("--enable-logging=stderr", f"--blink-settings=preferredColorScheme={scheme}"),
        *(f"--window-size={size}", f"--user-data-dir={picture.parent / 'profile'}"),
        *(f"--screenshot={picture}", url),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return said.decode("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path", "size", "scheme"), VIEWS, ids=[view[0] for view in VIEWS])
def test_a_page_is_shown(name: str, path: str, size: str, scheme: str, tmp_path: Path) -> None:
    """Chromium draws it in the size that it has, and its policy has nothing to refuse."""
    chromium, picture = browser(), tmp_path / f"{name}.png"

    async def look() -> str:
        stop, listener = asyncio.Event(), socket.create_server(("127.0.0.1", 0))
        async with asyncio.TaskGroup() as running:
            running.create_task(serve(filled_bench().app, listener, stop))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
            try:
                return await show(chromium, url, size, scheme, picture)
            finally:
                stop.set()

    said = asyncio.run(look())
    assert "Content Security Policy" not in said and "Refused to" not in said
    drawn = picture.read_bytes()
    width, height = (int(part) for part in size.split(","))
    assert (int.from_bytes(drawn[16:20]), int.from_bytes(drawn[20:24])) == (width, height)
    assert len(drawn) > 10_000, "nearly empty"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shutil.copy(picture, SCREENSHOTS)
