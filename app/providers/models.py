"""Training bases, what they are accredited for, their venues and teachers."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.platform.crypto import EncryptedText
from app.platform.db import Base, HasId
from app.platform.history import Versioned


class Provider(HasId, Base):
    """A training base (培训基地), keyed by its unified social credit code."""

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("credit_code", name="uq_provider_credit_code"),
        CheckConstraint("credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name="credit_code"),
    )

    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str] = mapped_column(String(18))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    contact_name: Mapped[str] = mapped_column(String(80))
    contact_phone: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    accreditations: Mapped[list["Accreditation"]] = relationship(
        back_populates="provider", order_by="Accreditation.valid_from.desc()"
    )
    venues: Mapped[list["Venue"]] = relationship(back_populates="provider", order_by="Venue.name")
    teachers: Mapped[list["Teacher"]] = relationship(
        back_populates="provider", order_by="Teacher.name"
    )


class Accreditation(HasId, Versioned, Base):
    """A period in which a base may train certain kinds; periods of one base do not overlap."""

    __tablename__ = "accreditation"
    __table_args__ = (
        CheckConstraint("valid_to > valid_from", name="validity"),
        CheckConstraint("cardinality(kinds) > 0", name="kinds"),
        ExcludeConstraint(
            (text("int8range(provider_id, provider_id, '[]')"), "&&"),
            (text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="ex_accreditation_period",
            using="gist",
        ),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    document_number: Mapped[str] = mapped_column(String(60))

    provider: Mapped[Provider] = relationship(back_populates="accreditations")


class Venue(HasId, Base):
    """A room or field where training takes place, and how one can get into it."""

    __tablename__ = "venue"
    __table_args__ = (
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity"),
        UniqueConstraint("provider_id", "name", name="uq_venue_name"),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(200))
    capacity: Mapped[int]
    step_free: Mapped[bool] = mapped_column(default=False)
    accessible_toilet: Mapped[bool] = mapped_column(default=False)
    tactile_guidance: Mapped[bool] = mapped_column(default=False)
    screen_readers: Mapped[bool] = mapped_column(default=False)
    way_there: Mapped[str] = mapped_column(String(300), default="")
    closed_on: Mapped[date | None]

    provider: Mapped[Provider] = relationship(back_populates="venues")


class Teacher(HasId, Base):
    """Someone who teaches at a base."""

    __tablename__ = "teacher"

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    left_on: Mapped[date | None]

    provider: Mapped[Provider] = relationship(back_populates="teachers")
    qualifications: Mapped[list["TeacherQualification"]] = relationship(
        back_populates="teacher", order_by="TeacherQualification.id"
    )


class TeacherQualification(HasId, Base):
    """A proof of what a teacher may teach."""

    __tablename__ = "teacher_qualification"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity"),
    )

    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    number: Mapped[str] = mapped_column(String(60))
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    teacher: Mapped[Teacher] = relationship(back_populates="qualifications")
