"""Finds a Chromium for the browser tests, or installs one the way the platform offers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
MISSING = (
    "No Chromium was found or could be installed: the browser tests will fail. "
    "Install one, or name it: CHROMIUM=/path/to/chromium make test"
)


def find_chromium() -> Path | None:
    """Look at CHROMIUM, then PATH, then the usual folders, then Playwright's own download."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named) if Path(named).exists() else None
    on_path = [Path(found) for name in NAMES if (found := shutil.which(name))]
    elsewhere = [path for path in (*APPLICATIONS, *_of_playwright()) if path.exists()]
    return next(iter([*on_path, *elsewhere]), None)


def _of_playwright() -> list[Path]:
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = [Path(folder)] if folder else [Path.home() / ".cache" / "ms-playwright"]
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/**/MacOS/Chromium")
    return sorted(
        (path for cache in caches for pattern in patterns for path in cache.glob(pattern)),
        reverse=True,
    )


def install_chromium() -> Path | None:
    """Try the system's package manager, then Playwright's download."""
    for commands in _ways_to_install():
        if all(_succeeds(command) for command in commands) and (found := find_chromium()):
            return found
    return None


def _ways_to_install() -> list[list[list[str]]]:
    ways = []
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        ways.append([[*root, "apt-get", "update", "-qq"], [*root, *install]])
    ways.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return ways


def _succeeds(command: list[str]) -> bool:
    try:
        outcome = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True
        )
    except FileNotFoundError:
        return False
    return outcome.returncode == 0


def main(arguments: list[str]) -> None:
    """Print the browser's path; with --install, install one if none is there."""
    found = find_chromium()
    if found is None and "--install" in arguments:
        print("Installing Chromium for the browser tests.", file=sys.stderr)
        found = install_chromium()
    print(found or MISSING, file=sys.stdout if found else sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
