import re
import tomllib

import pytest

from stormdesk.settings import PROJECT_ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def read(name: str) -> str:
    return (PROJECT_ROOT / name).read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock):
    requirements = re.split(r"\n(?=[a-z0-9])", read(lock).split("make lock\n")[1])
    assert len(requirements) > (100 if lock != "requirements-uv.lock" else 0)
    unhashed = [text for text in requirements if PIN.match(text) and "--hash=sha256:" not in text]
    assert not unhashed


@pytest.mark.parametrize("lock", LOCKS)
def test_no_registry_is_named(lock):
    assert not re.findall(r"https?:|index-url|find-links|file:", read(lock))


def test_every_dependency_of_the_project_is_locked():
    project = tomllib.loads(read("pyproject.toml"))
    declared = project["project"]["dependencies"] + project["dependency-groups"]["build"]
    names = {re.split(r"[\[<>=~ ]", each)[0] for each in declared}
    assert names <= {name for name, _version in PIN.findall(read("requirements.lock"))}


def test_tests_run_on_the_versions_that_are_shipped():
    shipped = set(PIN.findall(read("requirements.lock")))
    assert shipped <= set(PIN.findall(read("requirements-dev.lock")))
