"""What is recorded of one person beside the certificates. The person has been found in scope before."""

from collections.abc import Sequence

from sqlalchemy import select

from app.people.models import (
    AbilityAssessment,
    Consent,
    Guardian,
    NeedRegistration,
    Person,
    YearlyCheck,
)
from app.people.types import ConsentPurpose
from app.platform.db import db


def has_consent(person_id: int, purpose: ConsentPurpose) -> bool:
    """Whether the person agreed to a purpose and has not withdrawn it."""
    return (
        db.session.scalar(
            select(Consent.id).where(
                Consent.person_id == person_id,
                Consent.purpose == purpose,
                Consent.withdrawn_at.is_(None),
            )
        )
        is not None
    )


def consents_of(person: Person) -> Sequence[tuple[Consent, str | None]]:
    """Consents, newest first, each with the name of the guardian who gave it."""
    return [
        (consent, name)
        for consent, name in db.session.execute(
            select(Consent, Guardian.name)
            .outerjoin(Guardian, Guardian.id == Consent.given_by_guardian_id)
            .where(Consent.person_id == person.id)
            .order_by(Consent.given_at.desc(), Consent.id.desc())
        )
    ]


def find_consent(*, person: Person, consent_id: int) -> Consent | None:
    return db.session.scalar(
        select(Consent).where(Consent.id == consent_id, Consent.person_id == person.id)
    )


def guardians_of(person: Person) -> Sequence[Guardian]:
    """Those who act now first, then those of the past."""
    return db.session.scalars(
        select(Guardian)
        .where(Guardian.person_id == person.id)
        .order_by(Guardian.ended_on.desc().nulls_first(), Guardian.id)
    ).all()


def find_guardian(*, person: Person, guardian_id: int) -> Guardian | None:
    return db.session.scalar(
        select(Guardian).where(Guardian.id == guardian_id, Guardian.person_id == person.id)
    )


def family_of(person: Person) -> Sequence[Person]:
    """Family members of a disabled person who are registered to take rural courses."""
    return db.session.scalars(
        select(Person)
        .where(Person.family_member_of_id == person.id, Person.merged_into_id.is_(None))
        .order_by(Person.id)
    ).all()


def assessments_of(person: Person) -> Sequence[AbilityAssessment]:
    return db.session.scalars(
        select(AbilityAssessment)
        .where(AbilityAssessment.person_id == person.id)
        .order_by(AbilityAssessment.assessed_on.desc(), AbilityAssessment.id.desc())
    ).all()


def checks_of(person: Person) -> Sequence[YearlyCheck]:
    return db.session.scalars(
        select(YearlyCheck)
        .where(YearlyCheck.person_id == person.id)
        .order_by(YearlyCheck.year.desc())
    ).all()


def check_of_year(person: Person, year: int) -> YearlyCheck | None:
    return db.session.scalar(
        select(YearlyCheck).where(YearlyCheck.person_id == person.id, YearlyCheck.year == year)
    )


def needs_of(person: Person, year: int | None = None) -> Sequence[NeedRegistration]:
    statement = select(NeedRegistration).where(NeedRegistration.person_id == person.id)
    if year is not None:
        statement = statement.where(NeedRegistration.year == year)
    return db.session.scalars(
        statement.order_by(NeedRegistration.year.desc(), NeedRegistration.kind)
    ).all()
