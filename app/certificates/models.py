"""Certificates of completion: numbers, snapshots, revocation."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.attendance.models import Completion
from app.certificates.types import CertificateState
from app.people.models import Person
from app.platform.db import Base, HasId, one_of, stored_enum
from app.platform.history import Versioned


class CertificateSeries(Base):
    """The counter of one series of numbers in one year; its row lock makes numbers gapless."""

    __tablename__ = "certificate_series"
    __table_args__ = (CheckConstraint("last_serial >= 0", name="last_serial"),)

    prefix: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last_serial: Mapped[int] = mapped_column(default=0)


class Certificate(HasId, Versioned, Base):
    """An issued certificate. `snapshot` holds every printed fact as it was; it is never changed or deleted."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("number", name="uq_certificate_number"),
        UniqueConstraint("verification_token", name="uq_certificate_verification_token"),
        Index(
            "uq_certificate_valid_completion",
            "completion_id",
            unique=True,
            postgresql_where=text("state = 'valid'"),
        ),
        Index("ix_certificate_person_id", "person_id"),
        CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_at"),
        CheckConstraint("state = 'valid' OR revocation_reason <> ''", name="revocation_reason"),
        one_of("state", CertificateState),
    )

    number: Mapped[str] = mapped_column(String(40))
    verification_token: Mapped[str] = mapped_column(String(40))
    completion_id: Mapped[int] = mapped_column(ForeignKey("completion.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[CertificateState] = mapped_column(
        stored_enum(CertificateState), default=CertificateState.VALID
    )
    issued_on: Mapped[date]
    issued_by_id: Mapped[int] = mapped_column(BigInteger)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(BigInteger)
    revocation_reason: Mapped[str] = mapped_column(String(300), default="")

    completion: Mapped[Completion] = relationship()
    person: Mapped[Person] = relationship()
