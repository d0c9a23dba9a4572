"""Passwords and the wait after wrong ones."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse.rules import passwords
from warehouse.rules.lockout import FREE_FAILURES, LONGEST_DELAY, WINDOW, waits_until

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (40, 900)]
)
def test_each_wrong_password_beyond_the_free_ones_doubles_the_wait(
    failures: int, seconds: int
) -> None:
    until = waits_until([NOW] * failures, at=NOW)
    assert until == (NOW + timedelta(seconds=seconds) if seconds else None)


def test_the_wait_ends() -> None:
    failed_at = [NOW] * (FREE_FAILURES + 30)
    assert waits_until(failed_at, at=NOW + LONGEST_DELAY) is None


def test_failures_before_the_window_are_forgiven() -> None:
    assert waits_until([NOW - WINDOW] * 40, at=NOW) is None


def test_a_password_is_told_from_another() -> None:
    kept = passwords.hash_password("a long grey winter")
    assert passwords.is_password("a long grey winter", kept)
    assert not passwords.is_password("a long gray winter", kept)


def test_a_name_without_a_hash_is_compared_at_the_same_cost_and_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    real = passwords.bcrypt.checkpw

    def spy(secret: bytes, known: bytes) -> bool:
        compared.append(known.split(b"$")[2])
        return real(secret, known)

    monkeypatch.setattr(passwords.bcrypt, "checkpw", spy)
    assert not passwords.is_password("nobody", None)
    assert not passwords.is_password("nobody", passwords.hash_password("somebody"))
    assert compared == [b"04", b"04"]


def test_a_password_longer_than_bcrypt_reads_never_matches_by_its_first_part() -> None:
    kept = passwords.hash_password("x" * 72)
    assert passwords.is_password("x" * 72, kept)
    assert not passwords.is_password("x" * 73, kept)


def test_a_hash_of_a_lower_cost_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = passwords.hash_password("a long grey winter")
    assert not passwords.is_outdated(kept)
    monkeypatch.setattr(passwords, "COST", 5)
    assert passwords.is_outdated(kept)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("short", "at least 12"),
        ("é" * 37, "at most 72"),
        ("aaaaaaaaaaaa", "different"),
        ("mara likes rain", "user name"),
        ("a long grey winter", None),
    ],
)
def test_a_new_password_is_judged_by_its_length(password: str, complaint: str | None) -> None:
    found = passwords.weakness_of(password, username="mara")
    assert (found is None) if complaint is None else (complaint in found)
