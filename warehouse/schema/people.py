"""Users, their roles, sessions and sign-in attempts."""

from datetime import datetime, time

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key, one_of
from warehouse.vocabulary import Role

SCHEMA = "people"


class User(Base):
    """Somebody who signs in; a customer is tied to the traveller they are."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("password_hash IS NULL OR password_hash LIKE '$2_$%'", name="bcrypt"),
        CheckConstraint(
            "phone_verified_at IS NULL OR phone IS NOT NULL", name="verified_phone_is_there"
        ),
        CheckConstraint(
            "chat_verified_at IS NULL OR chat IS NOT NULL", name="verified_chat_is_there"
        ),
        CheckConstraint(
            "webhook_verified_at IS NULL OR webhook IS NOT NULL", name="verified_webhook_is_there"
        ),
        CheckConstraint(
            "num_nonnulls(quiet_starts_local, quiet_ends_local) <> 1"
            " AND quiet_starts_local <> quiet_ends_local",
            name="quiet_hours",
        ),
        UniqueConstraint("identity_issuer", "identity_subject"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    user_id: Mapped[Key]
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    email: Mapped[str]
    email_verified_at: Mapped[datetime | None]
    phone: Mapped[str | None]
    phone_verified_at: Mapped[datetime | None]
    chat: Mapped[str | None]
    chat_verified_at: Mapped[datetime | None]
    webhook: Mapped[str | None]
    webhook_verified_at: Mapped[datetime | None]
    time_zone: Mapped[str] = mapped_column(server_default="America/New_York")
    quiet_starts_local: Mapped[time | None]
    quiet_ends_local: Mapped[time | None]
    traveller_id: Mapped[int | None] = mapped_column(ForeignKey("travel.traveller.traveller_id"))
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    session_epoch: Mapped[int] = mapped_column(server_default="1")
    identity_issuer: Mapped[str | None]
    identity_subject: Mapped[str | None]
    created_at: Mapped[datetime]


class UserRole(Base):
    """One role of one user."""

    __tablename__ = "user_role"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.user.user_id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class BrowserSession(Base):
    """A signed-in browser, known by the SHA-256 of the opaque id its cookie holds.

    Its instants are the server's, never the replay's: a session ends in real time.
    """

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("octet_length(sid_sha256) = 32", name="sid_is_hash"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        Index(None, "user_id"),
        Index(None, "expires_at"),
        {"schema": SCHEMA, "comment": "A signed-in browser, known by the hash of its cookie."},
    )

    session_id: Mapped[Key]
    sid_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.user.user_id"))
    session_epoch: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]
    user_agent: Mapped[str | None]


class SessionTicket(Base):
    """A single-use, short-lived right to start one session, handed from the form to the cookie."""

    __tablename__ = "session_ticket"
    __table_args__ = (
        CheckConstraint("octet_length(ticket_sha256) = 32", name="ticket_is_hash"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    ticket_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.user.user_id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One try at signing in, for the lockout's window; the name is kept only as a hash."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index(None, "username_sha256", "attempted_at"),
        Index(None, "attempted_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    attempt_id: Mapped[Key]
    username_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    attempted_at: Mapped[datetime]
    succeeded: Mapped[bool]


class Secret(Base):
    """A key the product made for itself at its first run, such as the one that signs links."""

    __tablename__ = "secret"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
