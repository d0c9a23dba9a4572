"""Passwords: what makes one acceptable, and its bcrypt hash, which is all that is kept."""

from functools import cache

import bcrypt

COST = 12
SHORTEST = 12
LONGEST_BYTES = 72


def weakness_of(password: str, *, username: str = "") -> str | None:
    """Say what is wrong with a new password; None when it will do.

    Length is what counts. bcrypt reads 72 bytes, so a longer one is refused, never cut.

    Parameters
    ----------
    password:
        The password as typed.
    username:
        Whose it will be: it must not contain the name.

    Returns
    -------
    :
        One sentence for the person, or None.
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters."
    if len(password.encode()) > LONGEST_BYTES:
        return f"Use at most {LONGEST_BYTES} bytes."
    if len(set(password)) < 5:
        return "Use more than a few different characters."
    if username and username.lower() in password.lower():
        return "Leave your user name out of it."
    return None


def hash_password(password: str) -> str:
    """Hash a password for `people.user`, at the cost of `COST`."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether the password belongs to the hash.

    Without a hash it takes as long, and the answer is no: how long a refusal takes never tells
    whether a name exists.

    Parameters
    ----------
    password:
        As typed.
    password_hash:
        The hash kept for the name; None when there is no such name.

    Returns
    -------
    :
        Whether it is the password.
    """
    known = password_hash or _hash_of_nobody(COST)
    secret = password.encode()
    matches = bcrypt.checkpw(secret[:LONGEST_BYTES], known.encode())
    return matches and password_hash is not None and len(secret) <= LONGEST_BYTES


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made at a lower cost than is asked for today."""
    return int(password_hash.split("$")[2]) < COST


@cache
def _hash_of_nobody(cost: int) -> str:
    return bcrypt.hashpw(b"nobody", bcrypt.gensalt(cost)).decode()
