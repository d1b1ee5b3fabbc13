"""What is installed beside this package: pinned, hashed, listed with its licence, and there for a reason."""

import json
import re
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from tests.conftest import REPOSITORY

LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
LINUX = default_environment() | {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
ENTRY = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = [Requirement(line) for line in project["dependencies"]]
    return [one for one in found if one.marker is None or one.marker.evaluate(LINUX)]


PINNED = {normal(name): version for name, version, _ in ENTRY.findall(LOCK)}


def test_every_line_of_the_lock_is_a_pinned_package_with_hashes_and_none_an_index():
    lines = [line for line in LOCK.splitlines() if line and not line.lstrip().startswith("#")]
    hashes = [line for line in lines if line.startswith("    --hash=sha256:")]
    assert len(lines) == len(hashes) + len(PINNED)
    assert "://" not in LOCK
    assert len(PINNED) > 80


@pytest.mark.parametrize("dependency", dependencies(), ids=lambda one: one.name)
def test_a_dependency_is_locked_listed_and_has_its_reason(dependency):
    name = normal(dependency.name)
    assert name in PINNED, "make requirements.lock anew, as its head says"
    assert dependency.specifier.contains(PINNED[name], prereleases=True)
    table = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    named = {normal(one) for row in table.splitlines() for one in row.split("|")[1:2][0:1] for one in one.split(",")}
    assert name in {one.strip() for one in named}, "CONTRIBUTING says why each is there"


def test_the_bill_of_materials_is_of_what_is_locked_each_with_a_licence():
    components = json.loads((REPOSITORY / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    listed = {normal(one["name"]): one for one in components}
    assert PINNED.items() <= {name: one["version"] for name, one in listed.items()}.items()
    unlicensed = {name for name in PINNED if not listed[name].get("licenses")}
    # These say it in free words alone: NVIDIA's own, and Apache-2.0 for the last two.
    assert unlicensed <= {"cuda-toolkit", "nvidia-cusparselt-cu13", "pydeck", "transformers"}
