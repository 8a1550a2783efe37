"""The register of persons and what is recorded of them."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.people.types import (
    AccountRequestState,
    Category,
    CheckedEmployment,
    ConsentPurpose,
    Education,
    Hukou,
    NeedKind,
    Sex,
)
from app.platform.crypto import EncryptedText
from app.platform.db import Base, HasId, one_of, stored_enum
from app.platform.history import Versioned


class Person(HasId, Versioned, Base):
    """A person with a disability, or a family member of one; keyed by the citizen number.

    A merged duplicate stays as a row whose `merged_into_id` points to the one that was kept, and has no number index.
    """

    __tablename__ = "person"
    __table_args__ = (
        Index(
            "uq_person_citizen_number",
            "citizen_number_index",
            unique=True,
            postgresql_where=text("merged_into_id IS NULL"),
        ),
        Index(
            "ix_person_residence_code",
            "residence_code",
            "id",
            postgresql_ops={"residence_code": "text_pattern_ops"},
        ),
        Index("ix_person_name", "name", postgresql_ops={"name": "text_pattern_ops"}),
        Index("ix_person_pinyin", "pinyin", postgresql_ops={"pinyin": "text_pattern_ops"}),
        Index("ix_person_initials", "initials", postgresql_ops={"initials": "text_pattern_ops"}),
        Index("ix_person_phone_index", "phone_index"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint("family_member_of_id <> id", name="not_family_of_itself"),
        CheckConstraint("birth_date >= DATE '1900-01-01'", name="birth_date"),
        one_of("sex", Sex),
        one_of("hukou", Hukou),
        one_of("education", Education),
    )

    name: Mapped[str] = mapped_column(String(80))
    pinyin: Mapped[str] = mapped_column(String(200))
    initials: Mapped[str] = mapped_column(String(40))
    citizen_number: Mapped[str] = mapped_column(EncryptedText)
    citizen_number_index: Mapped[bytes] = mapped_column(LargeBinary)
    sex: Mapped[Sex] = mapped_column(stored_enum(Sex))
    birth_date: Mapped[date]
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    residence_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    hukou: Mapped[Hukou] = mapped_column(stored_enum(Hukou))
    education: Mapped[Education | None] = mapped_column(stored_enum(Education))
    zero_employment_household: Mapped[bool] = mapped_column(default=False)
    multiple_disabled_household: Mapped[bool] = mapped_column(default=False)
    poverty_monitored: Mapped[bool] = mapped_column(default=False)
    family_member_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    deceased_on: Mapped[date | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    certificates: Mapped[list["DisabilityCertificate"]] = relationship(
        back_populates="person", order_by="DisabilityCertificate.issued_on.desc()"
    )
    family_member_of: Mapped["Person | None"] = relationship(
        foreign_keys=[family_member_of_id], remote_side="Person.id"
    )


class DisabilityCertificate(HasId, Versioned, Base):
    """One 残疾人证; a re-evaluation gives a new one, so a person has a history of them."""

    __tablename__ = "disability_certificate"
    __table_args__ = (
        UniqueConstraint("number_index", name="uq_disability_certificate_number"),
        CheckConstraint("grade BETWEEN 1 AND 4", name="grade"),
        CheckConstraint("expires_on > issued_on", name="validity"),
        CheckConstraint(
            "(category = 'multiple') = (cardinality(components) >= 2)",
            name="components_of_multiple",
        ),
        one_of("category", Category),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[str] = mapped_column(EncryptedText)
    number_index: Mapped[bytes] = mapped_column(LargeBinary)
    category: Mapped[Category] = mapped_column(stored_enum(Category))
    grade: Mapped[int] = mapped_column(SmallInteger)
    components: Mapped[list[str]] = mapped_column(ARRAY(String(20)), default=list)
    issued_on: Mapped[date]
    expires_on: Mapped[date]

    person: Mapped[Person] = relationship(back_populates="certificates")


class Guardian(HasId, Base):
    """Someone who acts for a person (监护人)."""

    __tablename__ = "guardian"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    relation: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(EncryptedText)
    ended_on: Mapped[date | None]


class Consent(HasId, Base):
    """That a person, or the guardian, agreed to a purpose in a given wording."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "uq_consent_live",
            "person_id",
            "purpose",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_at >= given_at", name="withdrawn_after_given"
        ),
        one_of("purpose", ConsentPurpose),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[ConsentPurpose] = mapped_column(stored_enum(ConsentPurpose))
    wording: Mapped[str] = mapped_column(String(500))
    given_at: Mapped[datetime]
    given_by_guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    recorded_by_id: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[datetime | None]


class AbilityAssessment(HasId, Base):
    """Assessment of vocational ability (职业能力评估): scores of 0-100 per area and what is recommended."""

    __tablename__ = "ability_assessment"
    __table_args__ = (
        CheckConstraint(
            "least(mobility, communication, learning, work_endurance) >= 0", name="scores_low"
        ),
        CheckConstraint(
            "greatest(mobility, communication, learning, work_endurance) <= 100", name="scores_high"
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    assessed_on: Mapped[date]
    assessor: Mapped[str] = mapped_column(String(80))
    mobility: Mapped[int] = mapped_column(SmallInteger)
    communication: Mapped[int] = mapped_column(SmallInteger)
    learning: Mapped[int] = mapped_column(SmallInteger)
    work_endurance: Mapped[int] = mapped_column(SmallInteger)
    recommendation: Mapped[str] = mapped_column(String(500))
    recorded_by_id: Mapped[int] = mapped_column(BigInteger)


class YearlyCheck(HasId, Base):
    """The yearly check of basic information; once a year and person."""

    __tablename__ = "yearly_check"
    __table_args__ = (
        UniqueConstraint("person_id", "year", name="uq_yearly_check_once"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        one_of("employment", CheckedEmployment),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    checked_on: Mapped[date]
    employment: Mapped[CheckedEmployment] = mapped_column(stored_enum(CheckedEmployment))
    note: Mapped[str] = mapped_column(String(500), default="")
    recorded_by_id: Mapped[int] = mapped_column(BigInteger)


class NeedRegistration(HasId, Base):
    """A need for training or work registered in a year (就业需求登记)."""

    __tablename__ = "need_registration"
    __table_args__ = (
        UniqueConstraint("person_id", "year", "kind", name="uq_need_registration_once"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        one_of("kind", NeedKind),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[NeedKind] = mapped_column(stored_enum(NeedKind))
    wish: Mapped[str] = mapped_column(String(200))
    registered_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(BigInteger)


class AccountRequest(HasId, Base):
    """A trainee's wish for an account, confirmed by one-time code or by the township."""

    __tablename__ = "account_request"
    __table_args__ = (
        Index(
            "uq_account_request_waiting",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        one_of("state", AccountRequestState),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    guardian_name: Mapped[str] = mapped_column(
        String(80), default="", doc="empty where the person asked in person"
    )
    guardian_relation: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[AccountRequestState] = mapped_column(stored_enum(AccountRequestState))
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(BigInteger)


class PersonMerge(HasId, Base):
    """That one row of the register was a duplicate of another, and which rows moved."""

    __tablename__ = "person_merge"
    __table_args__ = (UniqueConstraint("merged_id", name="uq_person_merge_merged_id"),)

    kept_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    merged_at: Mapped[datetime]
    merged_by_id: Mapped[int] = mapped_column(BigInteger)
    moved: Mapped[dict[str, list[int]]] = mapped_column(JSONB)
