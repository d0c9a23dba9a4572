"""The unprivileged account PostgreSQL runs under when Stormdesk itself runs as root.

PostgreSQL refuses to be root. A dedicated system account owns its files, and is let through
the private folders above them by an access-control entry that names it and nobody else.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stormdesk.errors import DatabaseRefused

ACCOUNT_NAME = "stormdesk"
_ACL_ATTRIBUTE = "system.posix_acl_access"
_OWNER, _NAMED_USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY_IN_PARTICULAR = 0xFFFFFFFF
_PASS, _READ_AND_PASS = 1, 5


@dataclass(frozen=True)
class Account:
    """A system user by number; None where Stormdesk runs as an ordinary user already."""

    user_id: int
    group_id: int

    def take(self, path: Path) -> None:
        """Make the account the owner of `path`."""
        os.chown(path, self.user_id, self.group_id)


def postgres_account() -> Account | None:
    """Find the account to run PostgreSQL under, creating it if root needs one."""
    if os.geteuid() != 0:
        return None
    entry = _find(ACCOUNT_NAME) or _created() or _find("nobody")
    if entry is None:
        raise DatabaseRefused(
            "PostgreSQL does not run as root, and this system has no other account for it.",
            f"Run as an ordinary user, or create one: useradd --system {ACCOUNT_NAME}",
        )
    return Account(entry.pw_uid, entry.pw_gid)


def let_pass(account: Account, folder: Path) -> None:
    """Let the account reach `folder` through folders closed to it above."""
    for parent in (folder, *folder.parents):
        if not _may_pass(account, parent.stat()):
            _grant(account, parent, _PASS)


def let_read(account: Account, folder: Path) -> None:
    """Let the account read and run everything under `folder`."""
    let_pass(account, folder)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink() and not path.stat().st_mode & stat.S_IROTH:
            _grant(account, path, _READ_AND_PASS)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _created() -> pwd.struct_passwd | None:
    if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")) is None:
        return None
    options = ("--system", "--no-create-home", "--shell", "/usr/sbin/nologin")
    subprocess.run([useradd, *options, ACCOUNT_NAME], capture_output=True, check=False)
    return _find(ACCOUNT_NAME)


def _may_pass(account: Account, status: os.stat_result) -> bool:
    is_owner = status.st_uid == account.user_id
    return bool(status.st_mode & (stat.S_IXUSR if is_owner else stat.S_IXOTH))


def _grant(account: Account, path: Path, rights: int) -> None:
    """Add one entry to the access-control list of `path`; other users gain nothing."""
    entries = [entry for entry in _entries(path) if entry[:2] != (_NAMED_USER, account.user_id)]
    entries.append((_NAMED_USER, account.user_id, rights))
    try:
        os.setxattr(path, _ACL_ATTRIBUTE, _packed(entries))
    except (OSError, AttributeError) as failure:
        raise DatabaseRefused(
            f"The database's account may not pass through {path}, which is closed to others.",
            "Run as an ordinary user, or set STORMDESK_HOME to a folder others may pass.",
        ) from failure


def _entries(path: Path) -> list[tuple[int, int, int]]:
    """Read the list without its mask, or derive it from the plain mode."""
    try:
        raw = os.getxattr(path, _ACL_ATTRIBUTE)[4:]
    except OSError:
        mode = path.stat().st_mode
        bits = ((_OWNER, mode >> 6), (_GROUP, mode >> 3), (_OTHER, mode))
        return [(tag, _NOBODY_IN_PARTICULAR, rights & 7) for tag, rights in bits]
    unpacked = [(tag, who, rights) for tag, rights, who in struct.iter_unpack("<HHI", raw)]
    return [entry for entry in unpacked if entry[0] != _MASK]


def _packed(entries: list[tuple[int, int, int]]) -> bytes:
    mask = 0
    for tag, _who, rights in entries:
        mask |= rights if tag not in {_OWNER, _OTHER} else 0
    ordered = sorted([*entries, (_MASK, _NOBODY_IN_PARTICULAR, mask)])
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, rights, who) for tag, who, rights in ordered
    )
