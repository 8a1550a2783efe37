"""Accounts, what they may be, and one-time codes."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.platform.access import Role
from app.platform.crypto import EncryptedText
from app.platform.db import Base, HasId, one_of, stored_enum


class Account(HasId, Base):
    """Someone who can sign in. An account is never deleted, only closed."""

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_username", text("lower(username)"), unique=True),)

    username: Mapped[str] = mapped_column(String(40))
    display_name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    last_sign_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    grants: Mapped[list["RoleGrant"]] = relationship(
        back_populates="account", order_by="RoleGrant.id"
    )


class SignInFailure(Base):
    """Failed attempts to sign in under one name since the last success.

    Kept for names of nobody as well, so that a lock-out does not tell which accounts exist; such a name is only
    kept as a keyed digest, because it may be a password typed into the wrong field.
    """

    __tablename__ = "sign_in_failure"
    __table_args__ = (CheckConstraint("failures > 0", name="failures"),)

    name_index: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class RoleGrant(HasId, Base):
    """A role of an account, with its scope: a region, a provider or a person."""

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(
            "(role IN ('federation', 'township')) = (region_code IS NOT NULL) "
            "AND (role = 'provider') = (provider_id IS NOT NULL) "
            "AND (role = 'trainee') = (person_id IS NOT NULL)",
            name="scope_of_role",
        ),
        UniqueConstraint(
            "account_id",
            "role",
            "region_code",
            "provider_id",
            "person_id",
            name="uq_role_grant_once",
            postgresql_nulls_not_distinct=True,
        ),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(stored_enum(Role))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(back_populates="grants")


class OneTimeCode(HasId, Base):
    """A short-lived secret sent to a telephone; only its digest is kept."""

    __tablename__ = "one_time_code"
    __table_args__ = (CheckConstraint("attempts >= 0", name="attempts"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(30))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
