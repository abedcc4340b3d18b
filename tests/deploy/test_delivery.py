"""What a release is made of: locks, image, documentation, licences."""

import re
import tomllib

import pytest
import yaml

import monitor
from tests.deploy import files

LOCKS = sorted(files.ROOT.glob("requirements*.lock"))


@pytest.mark.fault("supply chain")
def test_locks_pin_hashes_and_name_no_index() -> None:
    """Every line of a lock pins a version with hashes, and none says where to download from."""
    assert [lock.name for lock in LOCKS] == [
        "requirements-build.lock",
        "requirements-dev.lock",
        "requirements.lock",
    ]
    for lock in LOCKS:
        text = lock.read_text(encoding="utf-8")
        assert not re.search(r"https?://|^--(?:index|extra|find)", text, re.MULTILINE)
        for requirement in text.replace("\\\n", " ").splitlines():
            assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


@pytest.mark.fault("supply chain")
def test_locks_agree() -> None:
    """What is tested is what is shipped: the development lock pins every version of the release's lock."""
    release, development = (
        set(re.findall(r"^[\w.-]+==\S+", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in (LOCKS[2], LOCKS[1])
    )
    assert release <= development


def test_versions_agree() -> None:
    """Package, chart and changelog speak of one version."""
    chart = yaml.safe_load((files.ROOT / "helm" / "flowdrift" / "Chart.yaml").read_text(encoding="utf-8"))
    changelog = (files.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)[0]
    assert (chart["appVersion"], newest) == (monitor.__version__, monitor.__version__)


@pytest.mark.fault("container")
def test_image_runs_unprivileged() -> None:
    """The image's user is the chart's: numeric, not root."""
    dockerfile = (files.ROOT / "Dockerfile").read_text(encoding="utf-8")
    values = yaml.safe_load((files.ROOT / "helm" / "flowdrift" / "values.yaml").read_text(encoding="utf-8"))
    user = values["podSecurityContext"]["runAsUser"]
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == [f"{user}:{user}"]


def test_image_gets_what_it_copies() -> None:
    """Everything that the Dockerfile copies from the checkout passes .dockerignore."""
    dockerfile = (files.ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
        for name in line.split()
    }
    allowed = (files.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!").removesuffix("/**") for line in allowed if line.startswith("!")} == copied


def test_ci_minutes_add_up() -> None:
    """The table of CI minutes sums to its total, which is at most 45."""
    contributing = (files.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    *gates, total = [float(m) for m in re.findall(r"^\|.*\| \**([\d.]+)\** \|$", contributing, re.MULTILINE)]
    assert round(sum(gates), 1) == total <= 45


def test_every_gate_has_its_minutes() -> None:
    """The table of CI minutes has a line for each gate that `.ci/run` runs, in its order."""
    script = (files.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    contributing = (files.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    gates = re.findall(r"^gate (\w+) ", script, re.MULTILINE)
    lines = re.findall(r"^\| \**(\w+)\** \|.*\| \**[\d.]+\** \|$", contributing, re.MULTILINE)
    assert lines == ["setup", *gates, "all"]


def test_supported_pythons_agree() -> None:
    """The classifiers name each Python that `requires-python` admits, and the linter targets the oldest."""
    project = tomllib.loads((files.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    minors = [int(m) for m in re.findall(r"Python :: 3\.(\d+)", " ".join(project["project"]["classifiers"]))]
    assert minors == list(range(11, 15))
    assert project["project"]["requires-python"] == f">=3.{minors[0]},<3.{minors[-1] + 1}"
    assert project["tool"]["ruff"]["target-version"] == f"py3{minors[0]}"
