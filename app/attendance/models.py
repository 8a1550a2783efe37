"""Roll call, results of assessment and completion."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.attendance.types import (
    AssessmentPart,
    CompletionOutcome,
    CompletionState,
    Mark,
    MarkMethod,
)
from app.enrolment.models import Enrolment
from app.platform.db import Base, HasId, one_of, stored_enum
from app.platform.history import Versioned


class AttendanceMark(HasId, Versioned, Base):
    """One trainee in one session; a correction replaces the mark and the history keeps the one before."""

    __tablename__ = "attendance_mark"
    __table_args__ = (
        UniqueConstraint("session_id", "enrolment_id", name="uq_attendance_mark_once"),
        Index("ix_attendance_mark_enrolment_id", "enrolment_id"),
        one_of("mark", Mark),
        one_of("method", MarkMethod),
    )

    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    mark: Mapped[Mark] = mapped_column(stored_enum(Mark))
    method: Mapped[MarkMethod] = mapped_column(
        stored_enum(MarkMethod), default=MarkMethod.ROLL_CALL
    )
    note: Mapped[str] = mapped_column(String(200), default="")
    marked_at: Mapped[datetime]
    marked_by_id: Mapped[int] = mapped_column(BigInteger)
    nonce: Mapped[str] = mapped_column(String(64))


class AssessmentResult(HasId, Versioned, Base):
    """Points of one part of the assessment, 0-100; 60 passes."""

    __tablename__ = "assessment_result"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "part", name="uq_assessment_result_once"),
        CheckConstraint("points BETWEEN 0 AND 100", name="points"),
        one_of("part", AssessmentPart),
    )

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    part: Mapped[AssessmentPart] = mapped_column(stored_enum(AssessmentPart))
    points: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    assessed_on: Mapped[date]
    entered_by_id: Mapped[int] = mapped_column(BigInteger)


class Completion(HasId, Versioned, Base):
    """Whether a trainee completed the class: proposed by rule, confirmed by the federation.

    `calculation` keeps the hours and results that the proposal rests on.
    """

    __tablename__ = "completion"
    __table_args__ = (
        UniqueConstraint("enrolment_id", name="uq_completion_enrolment"),
        CheckConstraint("(state = 'confirmed') = (confirmed_at IS NOT NULL)", name="confirmed_at"),
        CheckConstraint("hours_attended BETWEEN 0 AND hours_held", name="hours"),
        Index("ix_completion_completed_on", "completed_on", "id"),
        one_of("state", CompletionState),
        one_of("outcome", CompletionOutcome),
    )

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    state: Mapped[CompletionState] = mapped_column(stored_enum(CompletionState))
    outcome: Mapped[CompletionOutcome] = mapped_column(stored_enum(CompletionOutcome))
    completed_on: Mapped[date]
    hours_attended: Mapped[int]
    hours_held: Mapped[int]
    calculation: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int] = mapped_column(BigInteger)
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(BigInteger)
    comment: Mapped[str] = mapped_column(String(300), default="")

    enrolment: Mapped[Enrolment] = relationship()
