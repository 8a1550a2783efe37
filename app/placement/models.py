"""Employment spells, follow-ups, exclusions and the documents that prove them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.employers.models import Employer
from app.enrolment.models import Enrolment
from app.people.models import Person
from app.placement.types import (
    ContactMethod,
    EmploymentForm,
    EvidenceGrade,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
    SpellState,
)
from app.platform.db import Base, HasId, one_of, stored_enum
from app.platform.history import Versioned

#: The text of a post as a number, since GiST compares no text.
_SAME_POST = "hashtextextended(workplace || '/' || post, 0)"


class EmploymentSpell(HasId, Versioned, Base):
    """A time in which a person worked in one post (就业时段); open while `ended_on` is empty.

    `workplace` is the employer's name, or what the own business or household farm is called.
    """

    __tablename__ = "employment_spell"
    __table_args__ = (
        CheckConstraint("ended_on >= started_on", name="dates"),
        CheckConstraint("monthly_wage >= 0", name="monthly_wage"),
        CheckConstraint("contract_months BETWEEN 0 AND 600", name="contract_months"),
        CheckConstraint("insurance_months BETWEEN 0 AND 600", name="insurance_months"),
        CheckConstraint("(state = 'reported') = (decided_at IS NULL)", name="decided_at"),
        ExcludeConstraint(
            (text("int8range(person_id, person_id, '[]')"), "&&"),
            (
                text(f"int8range({_SAME_POST}, {_SAME_POST}, '[]')"),
                "&&",
            ),
            (text("daterange(started_on, ended_on, '[]')"), "&&"),
            name="ex_employment_spell_same_post",
            using="gist",
            where=text("state <> 'returned'"),
        ),
        Index("ix_employment_spell_person_id", "person_id", "started_on"),
        Index("ix_employment_spell_state", "state", "id"),
        one_of("form", EmploymentForm),
        one_of("state", SpellState),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    enrolment_id: Mapped[int | None] = mapped_column(
        ForeignKey("enrolment.id"), index=True, doc="the training it stems from"
    )
    form: Mapped[EmploymentForm] = mapped_column(stored_enum(EmploymentForm))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"), index=True)
    workplace: Mapped[str] = mapped_column(String(120))
    post: Mapped[str] = mapped_column(String(60))
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(String(200), default="")
    monthly_wage: Mapped[Decimal | None] = mapped_column(Numeric(10, 2), doc="yuan")
    contract_months: Mapped[int | None] = mapped_column(SmallInteger)
    insurance_months: Mapped[int | None] = mapped_column(SmallInteger)
    state: Mapped[SpellState] = mapped_column(stored_enum(SpellState), default=SpellState.REPORTED)
    reported_at: Mapped[datetime]
    reported_by_id: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(BigInteger)
    decision_comment: Mapped[str] = mapped_column(String(300), default="")

    person: Mapped[Person] = relationship()
    employer: Mapped[Employer | None] = relationship()
    evidence: Mapped[list["Evidence"]] = relationship(
        order_by="Evidence.id", primaryjoin="EmploymentSpell.id == Evidence.spell_id"
    )


class FollowUp(HasId, Versioned, Base):
    """A visit or call due some calendar months after completion (跟踪回访)."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "months", name="uq_follow_up_once"),
        CheckConstraint("months > 0", name="months"),
        CheckConstraint("(outcome IS NULL) = (closed_on IS NULL)", name="closed_on"),
        CheckConstraint("outcome IS NULL OR method IS NOT NULL", name="method"),
        Index("ix_follow_up_open", "due_on", "id", postgresql_where=text("outcome IS NULL")),
        Index("ix_follow_up_person_id", "person_id"),
        one_of("outcome", FollowUpOutcome),
        one_of("method", ContactMethod),
    )

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    months: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date]
    outcome: Mapped[FollowUpOutcome | None] = mapped_column(stored_enum(FollowUpOutcome))
    closed_on: Mapped[date | None]
    method: Mapped[ContactMethod | None] = mapped_column(stored_enum(ContactMethod))
    interviewer_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(500), default="")

    person: Mapped[Person] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    attempts: Mapped[list["FollowUpAttempt"]] = relationship(order_by="FollowUpAttempt.id")


class FollowUpAttempt(HasId, Base):
    """One try to reach somebody that did not close the follow-up."""

    __tablename__ = "follow_up_attempt"
    __table_args__ = (
        one_of("method", ContactMethod),
        UniqueConstraint("nonce", name="uq_follow_up_attempt_nonce"),
    )

    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_up.id"), index=True)
    attempted_at: Mapped[datetime]
    method: Mapped[ContactMethod] = mapped_column(stored_enum(ContactMethod))
    note: Mapped[str] = mapped_column(String(300), default="")
    attempted_by_id: Mapped[int] = mapped_column(BigInteger)
    nonce: Mapped[str] = mapped_column(String(64))


class Exclusion(HasId, Versioned, Base):
    """That somebody left the cohort of a completed training: reason, date and evidence."""

    __tablename__ = "exclusion"
    __table_args__ = (
        UniqueConstraint("enrolment_id", name="uq_exclusion_enrolment"),
        one_of("reason", ExclusionReason),
    )

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    reason: Mapped[ExclusionReason] = mapped_column(stored_enum(ExclusionReason))
    since: Mapped[date]
    recorded_at_follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    recorded_by_id: Mapped[int] = mapped_column(BigInteger)

    evidence: Mapped[list["Evidence"]] = relationship(
        order_by="Evidence.id", primaryjoin="Exclusion.id == Evidence.exclusion_id"
    )


class Evidence(HasId, Base):
    """A stored document behind a spell or an exclusion."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("num_nonnulls(spell_id, exclusion_id) = 1", name="one_subject"),
        CheckConstraint("size > 0", name="size"),
        UniqueConstraint(
            "spell_id",
            "exclusion_id",
            "sha256",
            name="uq_evidence_once",
            postgresql_nulls_not_distinct=True,
        ),
        one_of("kind", EvidenceKind),
        one_of("grade", EvidenceGrade),
    )

    spell_id: Mapped[int | None] = mapped_column(ForeignKey("employment_spell.id"), index=True)
    exclusion_id: Mapped[int | None] = mapped_column(ForeignKey("exclusion.id"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(stored_enum(EvidenceKind))
    grade: Mapped[EvidenceGrade] = mapped_column(stored_enum(EvidenceGrade))
    sha256: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    filename: Mapped[str] = mapped_column(String(120))
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(BigInteger)
