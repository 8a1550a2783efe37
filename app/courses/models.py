"""Catalogue of courses, the classes that hold them, and their sessions."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.courses.types import ClassState, Level, SessionPart, SessionState, TrainingField
from app.platform.db import Base, HasId, one_of, stored_enum
from app.platform.history import Versioned
from app.providers.models import Provider, Teacher, Venue
from app.providers.types import TrainingKind


class Course(HasId, Versioned, Base):
    """What can be taught. Hours are lesson hours (课时) of 45 minutes."""

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("code", name="uq_course_code"),
        CheckConstraint("theory_hours >= 0 AND practice_hours >= 0", name="hours"),
        CheckConstraint("theory_hours + practice_hours > 0", name="some_hours"),
        CheckConstraint("minimum_attendance BETWEEN 0 AND 100", name="minimum_attendance"),
        one_of("kind", TrainingKind),
        one_of("field", TrainingField),
        one_of("level", Level),
    )

    code: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(1000), default="")
    kind: Mapped[TrainingKind] = mapped_column(stored_enum(TrainingKind))
    field: Mapped[TrainingField] = mapped_column(stored_enum(TrainingField))
    occupation: Mapped[str] = mapped_column(String(60))
    level: Mapped[Level] = mapped_column(stored_enum(Level))
    theory_hours: Mapped[int]
    practice_hours: Mapped[int]
    minimum_attendance: Mapped[Decimal] = mapped_column(
        Numeric(5, 2), doc="percent of lesson hours"
    )
    assessment_required: Mapped[bool]
    certificate_title: Mapped[str] = mapped_column(String(60), default="结业证书")
    retired_on: Mapped[date | None]

    @property
    def hours(self) -> int:
        return self.theory_hours + self.practice_hours


class TrainingClass(HasId, Versioned, Base):
    """A course held once by a base (班期).

    `seats_taken` is kept by a trigger on `enrolment`; its CHECK is what makes overbooking impossible.
    """

    __tablename__ = "training_class"
    __table_args__ = (
        UniqueConstraint("number", name="uq_training_class_number"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity"),
        CheckConstraint("seats_taken BETWEEN 0 AND capacity", name="seats"),
        one_of("state", ClassState),
        Index("ix_training_class_starts_on", "starts_on", "id"),
        Index("ix_training_class_provider_id", "provider_id", "starts_on"),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    state: Mapped[ClassState] = mapped_column(stored_enum(ClassState), default=ClassState.DRAFT)
    assessment_plan: Mapped[str] = mapped_column(String(1000), default="")
    decision_comment: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    created_by_id: Mapped[int] = mapped_column(BigInteger)

    course: Mapped[Course] = relationship()
    provider: Mapped[Provider] = relationship()
    venue: Mapped[Venue | None] = relationship()
    sessions: Mapped[list["ClassSession"]] = relationship(
        back_populates="training_class", order_by="ClassSession.during"
    )


class ClassSession(HasId, Versioned, Base):
    """One lesson of a class (课次); a room or a teacher is in one place at a time."""

    __tablename__ = "class_session"
    __table_args__ = (
        CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)", name="during"
        ),
        CheckConstraint("lesson_hours BETWEEN 1 AND 8", name="lesson_hours"),
        one_of("part", SessionPart),
        one_of("state", SessionState),
        ExcludeConstraint(
            (text("int8range(venue_id, venue_id, '[]')"), "&&"),
            ("during", "&&"),
            name="ex_class_session_venue",
            using="gist",
            where=text("state <> 'cancelled'"),
        ),
        ExcludeConstraint(
            (text("int8range(teacher_id, teacher_id, '[]')"), "&&"),
            ("during", "&&"),
            name="ex_class_session_teacher",
            using="gist",
            where=text("state <> 'cancelled'"),
        ),
        Index("ix_class_session_class_id", "class_id", "during"),
    )

    class_id: Mapped[int] = mapped_column(ForeignKey("training_class.id"))
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    topic: Mapped[str] = mapped_column(String(120))
    part: Mapped[SessionPart] = mapped_column(stored_enum(SessionPart))
    lesson_hours: Mapped[int]
    state: Mapped[SessionState] = mapped_column(
        stored_enum(SessionState), default=SessionState.PLANNED
    )

    training_class: Mapped[TrainingClass] = relationship(back_populates="sessions")
    venue: Mapped[Venue] = relationship()
    teacher: Mapped[Teacher] = relationship()
