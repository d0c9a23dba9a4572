"""Long work shows that it goes on, and nothing else."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from stormdesk.chatter import chatter_kept_in
from stormdesk.progress import Progress


def show(console: Console, log: Path) -> None:
    with (
        chatter_kept_in(log),
        Progress(console) as progress,
        progress.step("Loading the flights", total=2.0) as advance,
    ):
        sys.stderr.write("STEP_START of some library\n")
        advance(2.0)
        sys.stderr.write("STEP_SUCCESS of some library\n")


def test_what_libraries_say_goes_into_the_log_and_not_between_the_bars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, said = tmp_path / "first-run.log", io.StringIO()
    with open(2, "w", closefd=False) as standard_error:
        monkeypatch.setattr(sys, "stderr", standard_error)
        show(Console(file=said, force_terminal=True, width=100), log)
    assert "Loading the flights" in said.getvalue()
    assert "library" not in said.getvalue()
    assert log.read_text().splitlines() == [
        "STEP_START of some library",
        "STEP_SUCCESS of some library",
    ]


def test_without_a_terminal_each_step_is_a_line(tmp_path: Path) -> None:
    said = io.StringIO()
    show(Console(file=said), tmp_path / "log")
    assert said.getvalue() == "Loading the flights\n"
