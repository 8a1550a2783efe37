"""Who sits in which class, who waits, and what they need there."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.courses.models import TrainingClass
from app.enrolment.types import AccommodationKind, AccommodationState, AppliedBy, EnrolmentState
from app.people.models import Person
from app.platform.db import Base, HasId, one_of, stored_enum
from app.platform.history import Versioned


class Enrolment(HasId, Versioned, Base):
    """A person's place in a class or on its waiting list, whose order is the order of `id`.

    `eligibility` keeps the rules' verdicts and inputs as they were when the application was decided.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_live",
            "class_id",
            "person_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_enrolment_waiting", "class_id", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_enrolment_person_id", "person_id"),
        UniqueConstraint("nonce", name="uq_enrolment_nonce"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_at"),
        CheckConstraint("state <> 'enrolled' OR enrolled_at IS NOT NULL", name="enrolled_at"),
        one_of("state", EnrolmentState),
        one_of("applied_by", AppliedBy),
    )

    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[EnrolmentState] = mapped_column(stored_enum(EnrolmentState))
    applied_at: Mapped[datetime]
    applied_by: Mapped[AppliedBy] = mapped_column(stored_enum(AppliedBy))
    applied_by_id: Mapped[int] = mapped_column(BigInteger)
    nonce: Mapped[str] = mapped_column(String(64))
    employed_at_enrolment: Mapped[bool]
    eligibility: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    enrolled_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str] = mapped_column(String(300), default="")

    training_class: Mapped[TrainingClass] = relationship()
    person: Mapped[Person] = relationship()
    accommodations: Mapped[list["Accommodation"]] = relationship(order_by="Accommodation.id")


class Accommodation(HasId, Base):
    """Something a trainee needs in class (合理便利)."""

    __tablename__ = "accommodation"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "kind", name="uq_accommodation_once"),
        one_of("kind", AccommodationKind),
        one_of("state", AccommodationState),
    )

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    kind: Mapped[AccommodationKind] = mapped_column(stored_enum(AccommodationKind))
    state: Mapped[AccommodationState] = mapped_column(
        stored_enum(AccommodationState), default=AccommodationState.ASKED
    )
    answer: Mapped[str] = mapped_column(String(200), default="")
