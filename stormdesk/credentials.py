"""Passwords of the database roles: generated here, kept where only their owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SUPERUSER = "postgres"
OWNER = "stormdesk_owner"
PIPELINE = "stormdesk_pipeline"
DASHBOARD = "stormdesk_dashboard"
DAGSTER = "stormdesk_dagster"


def password_of(home: Path, role: str) -> str:
    """Read the role's password, or generate it the first time it is asked for."""
    file = home / "secrets" / role
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="utf-8")


def write_private(file: Path, text: str) -> None:
    """Write all or nothing: a reader never sees half a password."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(descriptor)
    draft.replace(file)
