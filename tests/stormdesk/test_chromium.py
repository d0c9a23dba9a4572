import sys

import pytest

from stormdesk import chromium


@pytest.fixture
def bare_machine(tmp_path, monkeypatch):
    """Give a machine whose PATH holds only what the test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "APPLICATIONS", ())
    return tmp_path


def put(folder, name: str):
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("name", chromium.NAMES)
def test_any_usual_name_on_the_path_is_found(bare_machine, name):
    assert chromium.find_chromium() is None
    put(bare_machine, name)
    assert chromium.find_chromium() == bare_machine / name


def test_a_named_browser_wins_and_a_wrong_name_is_no_browser(bare_machine, monkeypatch):
    put(bare_machine, "chromium")
    mine = put(bare_machine, "mine/chrome")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert chromium.find_chromium() == mine
    monkeypatch.setenv("CHROMIUM", str(mine.with_name("nothing")))
    assert chromium.find_chromium() is None


def test_playwrights_own_download_is_found(bare_machine):
    found = put(bare_machine, "browsers/chromium-1200/chrome-linux64/chrome")
    assert chromium.find_chromium() == found


def test_the_platforms_way_to_install_comes_before_a_download(bare_machine, monkeypatch):
    put(bare_machine, "apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    apt, download = chromium._ways_to_install()
    assert [command[:3] for command in apt] == [["sudo", "-n", "apt-get"]] * 2
    assert download == [[sys.executable, "-m", "playwright", "install", "chromium"]]


def test_a_machine_that_can_install_nothing_says_what_to_do(bare_machine, monkeypatch, capsys):
    monkeypatch.setattr(chromium, "_ways_to_install", lambda: [[["no-such-program"]]])
    chromium.main(["--install"])
    assert "CHROMIUM=/path/to/chromium make test" in capsys.readouterr().err
