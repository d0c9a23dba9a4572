import re
import subprocess
import sys

import pytest

from stormdesk.settings import PROJECT_ROOT

MAKEFILE = (PROJECT_ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
OLD_PYTHON = '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n'

PYTHON_WITHOUT_PIP = f"""#!/bin/sh
case "$*" in
    "-m venv --without-pip"*) ;;
    "-m venv"* | "-m pip"*) exit 1 ;;
esac
exec {sys.executable} "$@"
"""


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = environment.pop("path", "/usr/bin:/bin")
    return subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_target():
    listed = re.findall(r"^  make ([a-z-]+) +\S", run("make", "help").stdout, re.MULTILINE)
    assert set(listed) == TARGETS


def test_the_commands_a_newcomer_is_promised_are_there():
    assert {
        "up",
        "test",
        "demo",
        "check",
        "bench",
        "bench-model",
        "bench-latency",
        "faults",
        "fmt",
        "help",
        "mutants",
        "shots",
        "storm",
    } <= TARGETS


def test_no_target_is_taken_for_a_file():
    phony = set(re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split())
    assert phony == TARGETS


def test_continuous_integration_runs_what_make_defines():
    script = PROJECT_ROOT / ".ci" / "run"
    text = script.read_text()
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in text
    assert re.findall(r"^make (\w+)$", text, re.MULTILINE) == ["test", "lint"]


@pytest.mark.parametrize("script", sorted((PROJECT_ROOT / "scripts").iterdir(), key=str))
def test_scripts_are_read_by_a_plain_shell(script):
    assert script.read_text().startswith("#!/bin/sh\n")
    assert run("sh", "-n", str(script)).returncode == 0


def copied_environment_script(folder):
    (folder / "scripts").mkdir()
    for name in ("scripts/environment", "pyproject.toml", "requirements-uv.lock"):
        (folder / name).write_text((PROJECT_ROOT / name).read_text())
    (folder / "requirements.lock").write_text("")
    (folder / "requirements-dev.lock").write_text("")
    return folder / "scripts" / "environment"


def test_an_old_python_is_refused_in_a_sentence(tmp_path):
    old = tmp_path / "python3.9"
    old.write_text(OLD_PYTHON)
    old.chmod(0o755)
    script = copied_environment_script(tmp_path)
    refused = run("sh", str(script), "runtime", PYTHON=str(old))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"PYTHON={old} is not Python 3.11 or newer.\n"
        "Name another one: PYTHON=/path/to/python3.12 make up\n"
    )
    assert not (tmp_path / ".venv").exists()


def machine_with(folder, python3: str | None):
    """Give a PATH that holds the tools of any machine and this one python3."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("dirname", "cat", "sed", "cksum", "rm", "tail"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    if python3 is not None:
        (tools / "python3").write_text(python3)
        (tools / "python3").chmod(0o755)
    return str(tools)


@pytest.mark.parametrize(
    ("python3", "words"), [(OLD_PYTHON, "Python 3.9.2"), (None, "no Python")], ids=["old", "none"]
)
def test_a_machine_without_a_new_python_is_told_what_it_has(tmp_path, python3, words):
    script = copied_environment_script(tmp_path)
    refused = run("/bin/sh", str(script), "runtime", path=machine_with(tmp_path, python3))
    assert refused.returncode == 1
    first, second = refused.stderr.splitlines()
    assert first == f"Stormdesk needs Python 3.11 or newer; {words} is what this machine has."
    assert "PYTHON=/path/to/python3.12 make up" in second


def test_an_environment_without_pip_is_not_kept(tmp_path):
    script = copied_environment_script(tmp_path)
    refused = run(
        "/bin/sh", str(script), "runtime", path=machine_with(tmp_path, PYTHON_WITHOUT_PIP)
    )
    assert refused.returncode == 1
    assert "neither pip nor ensurepip" in refused.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("stamp", [None, "runtime\n/moved/from/here\n"], ids=["cut", "moved"])
def test_an_environment_cut_short_or_moved_is_made_anew(tmp_path, stamp):
    script = copied_environment_script(tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".venv" / "leftover").touch()
    if stamp is not None:
        (tmp_path / ".venv" / "installed").write_text(stamp)
    run("/bin/sh", str(script), "runtime", path=machine_with(tmp_path, PYTHON_WITHOUT_PIP))
    assert not (tmp_path / ".venv" / "leftover").exists()
