"""What the database refuses by itself, and what the user is told."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

from app.people import models
from app.people.types import (
    AccountRequestState,
    Category,
    CheckedEmployment,
    ConsentPurpose,
    NeedKind,
)
from app.platform.access import Role
from app.platform.crypto import blind_index
from app.platform.db import Base, db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
NOBODY = 10**12


def consent(**changes: Any) -> models.Consent:
    values = {
        "person_id": factories.person(consented=False).id,
        "purpose": ConsentPurpose.TRAINING,
        "wording": "同意",
        "given_at": MOMENT,
        "recorded_by_id": 0,
    }
    return models.Consent(**(values | changes))


def assessment(**changes: Any) -> models.AbilityAssessment:
    values = {
        "person_id": factories.person().id,
        "assessed_on": date(2026, 3, 1),
        "assessor": "评估人",
        "mobility": 50,
        "communication": 50,
        "learning": 50,
        "work_endurance": 50,
        "recommendation": "按摩",
        "recorded_by_id": 0,
    }
    return models.AbilityAssessment(**(values | changes))


def check(**changes: Any) -> models.YearlyCheck:
    values = {
        "person_id": factories.person().id,
        "year": 2026,
        "checked_on": date(2026, 3, 1),
        "employment": CheckedEmployment.SEEKING,
        "recorded_by_id": 0,
    }
    return models.YearlyCheck(**(values | changes))


def need(**changes: Any) -> models.NeedRegistration:
    values = {
        "person_id": factories.person().id,
        "year": 2026,
        "kind": NeedKind.TRAINING,
        "wish": "按摩",
        "registered_on": date(2026, 3, 1),
        "recorded_by_id": 0,
    }
    return models.NeedRegistration(**(values | changes))


def request(**changes: Any) -> models.AccountRequest:
    values = {
        "person_id": factories.person().id,
        "account_id": factories.account(Role.JUDGE).account_id,
        "state": AccountRequestState.WAITING,
        "requested_at": MOMENT,
    }
    return models.AccountRequest(**(values | changes))


def merge(**changes: Any) -> models.PersonMerge:
    values = {
        "kept_id": factories.person().id,
        "merged_id": factories.person().id,
        "merged_at": MOMENT,
        "merged_by_id": 0,
        "moved": {},
    }
    return models.PersonMerge(**(values | changes))


def guardian(**changes: Any) -> models.Guardian:
    values = {"person_id": NOBODY, "name": "王五", "relation": "父母", "phone": "13800415001"}
    return models.Guardian(**(values | changes))


def certificate(**changes: Any) -> models.DisabilityCertificate:
    of = factories.person(category=None)
    number = f"{of.citizen_number}12"
    values = {
        "person_id": of.id,
        "number": number,
        "number_index": blind_index(number),
        "category": Category.VISUAL,
        "grade": 2,
        "components": [],
        "issued_on": date(2020, 1, 1),
        "expires_on": date(2030, 1, 1),
    }
    return models.DisabilityCertificate(**(values | changes))


def changed(**values: Any) -> None:
    """An update of a new person that the ORM's types would not let through."""
    person = factories.person()
    table = models.Person.__table__
    literal = {name: person.id if value == "self" else value for name, value in values.items()}
    sets = ", ".join(f"{name} = :{name}" for name in literal)
    from sqlalchemy import text

    db.session.execute(
        text(f"UPDATE {table.name} SET {sets} WHERE id = :key"), literal | {"key": person.id}
    )


def written(table: str, row: Any, **values: Any) -> None:
    """A good row, changed by SQL into a bad one."""
    from sqlalchemy import text

    db.session.add(row)
    db.session.flush()
    sets = ", ".join(f"{name} = :{name}" for name in values)
    db.session.execute(text(f"UPDATE {table} SET {sets} WHERE id = :key"), values | {"key": row.id})


def twice(row: Any, again: Any) -> None:
    db.session.add(row)
    db.session.flush()
    db.session.add(again)
    db.session.flush()


def same_person_twice(make: Callable[..., Any]) -> None:
    first = make()
    twice(first, make(person_id=first.person_id))


def same_number_twice() -> None:
    first = factories.person()
    factories.person(citizen_number=first.citizen_number, category=None)


def same_certificate_twice() -> None:
    first = certificate()
    twice(first, certificate(number=first.number, number_index=first.number_index))


def merged_twice() -> None:
    first = merge()
    twice(first, merge(merged_id=first.merged_id))


BREACHES: dict[str, Callable[[], Any]] = {
    "uq_person_citizen_number": same_number_twice,
    "ck_person_not_merged_into_itself": lambda: changed(merged_into_id="self"),
    "ck_person_not_family_of_itself": lambda: changed(family_member_of_id="self"),
    "ck_person_birth_date": lambda: changed(birth_date=date(1899, 12, 31)),
    "ck_person_sex_known": lambda: changed(sex="other"),
    "ck_person_hukou_known": lambda: changed(hukou="other"),
    "ck_person_education_known": lambda: changed(education="other"),
    "fk_person_residence_code": lambda: changed(residence_code="999999999"),
    "fk_person_family_member_of_id": lambda: changed(family_member_of_id=NOBODY),
    "fk_person_merged_into_id": lambda: changed(merged_into_id=NOBODY),
    "uq_disability_certificate_number": same_certificate_twice,
    "ck_disability_certificate_grade": lambda: db.session.add(certificate(grade=5)),
    "ck_disability_certificate_validity": lambda: db.session.add(
        certificate(expires_on=date(2020, 1, 1))
    ),
    "ck_disability_certificate_components_of_multiple": lambda: db.session.add(
        certificate(components=["visual", "mental"])
    ),
    "ck_disability_certificate_category_known": lambda: written(
        "disability_certificate", certificate(), category="other"
    ),
    "fk_disability_certificate_person_id": lambda: db.session.add(certificate(person_id=NOBODY)),
    "fk_guardian_person_id": lambda: db.session.add(guardian()),
    "uq_consent_live": lambda: same_person_twice(consent),
    "ck_consent_withdrawn_after_given": lambda: db.session.add(
        consent(withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC))
    ),
    "ck_consent_purpose_known": lambda: written("consent", consent(), purpose="other"),
    "fk_consent_person_id": lambda: db.session.add(consent(person_id=NOBODY)),
    "fk_consent_given_by_guardian_id": lambda: db.session.add(consent(given_by_guardian_id=NOBODY)),
    "ck_ability_assessment_scores_low": lambda: db.session.add(assessment(mobility=-1)),
    "ck_ability_assessment_scores_high": lambda: db.session.add(assessment(learning=101)),
    "fk_ability_assessment_person_id": lambda: db.session.add(assessment(person_id=NOBODY)),
    "uq_yearly_check_once": lambda: same_person_twice(check),
    "ck_yearly_check_year": lambda: db.session.add(check(year=1999)),
    "ck_yearly_check_employment_known": lambda: written("yearly_check", check(), employment="x"),
    "fk_yearly_check_person_id": lambda: db.session.add(check(person_id=NOBODY)),
    "uq_need_registration_once": lambda: same_person_twice(need),
    "ck_need_registration_year": lambda: db.session.add(need(year=2101)),
    "ck_need_registration_kind_known": lambda: written("need_registration", need(), kind="other"),
    "fk_need_registration_person_id": lambda: db.session.add(need(person_id=NOBODY)),
    "uq_account_request_waiting": lambda: same_person_twice(request),
    "ck_account_request_state_known": lambda: written("account_request", request(), state="x"),
    "fk_account_request_person_id": lambda: db.session.add(request(person_id=NOBODY)),
    "fk_account_request_account_id": lambda: db.session.add(request(account_id=NOBODY)),
    "uq_person_merge_merged_id": merged_twice,
    "fk_person_merge_kept_id": lambda: db.session.add(merge(kept_id=NOBODY)),
    "fk_person_merge_merged_id": lambda: db.session.add(merge(merged_id=NOBODY)),
}

TABLES = (
    "person",
    "disability_certificate",
    "guardian",
    "consent",
    "ability_assessment",
    "yearly_check",
    "need_registration",
    "account_request",
    "person_merge",
)


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_refused_and_explained(app: Flask, name: str) -> None:
    with pytest.raises(DomainError) as refused, unit_of_work():
        BREACHES[name]()
    broken = getattr(refused.value.__cause__, "orig", None)
    assert broken is not None
    assert broken.diag.constraint_name == name
    assert refused.value.message.endswith("。")


def test_no_constraint_is_left_out(app: Flask) -> None:
    declared: set[str] = set()
    for name in TABLES:
        table = Base.metadata.tables[name]
        kinds = (CheckConstraint, UniqueConstraint, ForeignKeyConstraint)
        declared |= {
            str(db.engine.dialect.identifier_preparer.format_constraint(one)).strip('"')
            for one in table.constraints
            if isinstance(one, kinds)
        }
        declared |= {str(index.name) for index in table.indexes if index.unique}
    assert declared == set(BREACHES)
