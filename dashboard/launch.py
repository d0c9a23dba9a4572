"""How the dashboard's process is started: the one place that knows its command line."""

import sys
from pathlib import Path

_ENTRY = Path(__file__).parent / "asgi.py"


def command(*, port: int, host: str = "127.0.0.1") -> list[str]:
    """Write the command; it works from any folder, and asgi.py says what it needs."""
    streamlit = [sys.executable, "-m", "streamlit", "run", str(_ENTRY)]
    return [*streamlit, "--server.port", str(port), "--server.address", host]
