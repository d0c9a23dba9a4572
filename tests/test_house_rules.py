"""The house's own rules: size, names, the map in ARCHITECTURE.md, no hidden clock or committer."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PACKAGES = ("warehouse", "ml", "pipelines", "dashboard", "stormdesk")
FILES = sorted(
    path
    for package in PACKAGES
    for path in (PROJECT / package).rglob("*.py")
    if "migrations" not in path.parts
)
DRAWERS = {"utils", "helpers", "common", "manager", "misc"}


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def functions() -> Iterator[tuple[str, int]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = ast.get_docstring(node, clean=False) or ""
                length = (node.end_lineno or 0) - node.lineno + 1 - len(docstring.splitlines())
                yield f"{relative(path)}:{node.lineno} {node.name}", length


def test_functions_are_short() -> None:
    lengths = sorted(length for _, length in functions())
    assert statistics.median(lengths) <= 8
    assert lengths[int(0.9 * len(lengths))] <= 25
    assert [(where, length) for where, length in functions() if length > 50] == []


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_are_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text)), "every module opens with one sentence"
    assert path.stem not in DRAWERS


def test_every_file_stands_on_the_map() -> None:
    architecture = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^- `([^`]+)`", architecture, flags=re.MULTILINE))
    there = {relative(path) for path in FILES if path.name != "__init__.py"}
    assert sorted(there - listed) == [], "add a line to ARCHITECTURE.md"
    assert sorted(listed - there) == [], "ARCHITECTURE.md lists what is not there"


def test_nothing_in_warehouse_or_ml_asks_the_clock() -> None:
    asking = re.compile(r"\b(datetime\.now|utcnow|date\.today|time\.time)\(|\bnow\(\)")
    found = [
        f"{relative(path)}:{number}"
        for path in FILES
        if relative(path).startswith(("warehouse/", "ml/"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if asking.search(line)
    ]
    assert found == []


def test_only_the_session_commits() -> None:
    found = [
        relative(path)
        for path in FILES
        if re.search(r"\.(commit|rollback)\(", path.read_text(encoding="utf-8"))
        and relative(path) != "warehouse/session.py"
    ]
    assert found == []


def test_broad_excepts_are_rare() -> None:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    broad = sum(
        len(re.findall(r"except (Base)?Exception\b|except:\s", path.read_text(encoding="utf-8")))
        for path in FILES
    )
    assert broad <= lines / 1000


def test_no_contract_has_an_exception() -> None:
    settings = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert "ignore_imports" not in settings


def test_the_code_location_loads_without_the_heavy_libraries() -> None:
    program = (
        "import sys; from pipelines.definitions import defs; defs();"
        "heavy = {'pandas', 'sklearn', 'numpy', 'streamlit'} & set(sys.modules);"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "GLOSSARY.md", "ARCHITECTURE.md"])
def test_the_papers_name_no_machine(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|work)/|TODO|FIXME", text)
