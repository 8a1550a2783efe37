"""The list of the register and its reads."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.people import queries, services
from app.people.rules import WorkingAge
from app.people.types import (
    Category,
    CertificateFacts,
    CheckedEmployment,
    CheckFacts,
    ConsentPurpose,
    HouseholdFlag,
    Hukou,
    NeedKind,
    PersonFacts,
    Sex,
)
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories
from tests.queries import count_queries

SignIn = Callable[..., FlaskClient]


def register(name: str, **changes: object) -> int:
    """Register a person as a township does; the key."""
    factories.region(factories.TOWNSHIP)
    facts = PersonFacts(
        **({"name": name, "residence_code": factories.TOWNSHIP, "hukou": Hukou.RURAL} | changes)  # type: ignore[arg-type]
    )
    number = f"{factories.citizen_number()}12"
    return services.register_person(
        actor=factories.actor(Role.TOWNSHIP),
        facts=facts,
        certificate=CertificateFacts(number, date(2020, 1, 1)),
    ).id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("李𬭎", "𬭎"),
        ("李𬭎", "lihong"),
        ("李𬭎", "lh"),
        ("王䶮", "䶮"),
        ("王䶮", "WangYan"),
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("买买提·吐尔逊", "吐尔逊"),
        ("买买提·吐尔逊", "maimaiti"),
        ("买买提·吐尔逊", "mmttex"),
        ("曾国", "zengguo"),
        ("孟㛃", "㛃"),
        ("王𱀀", "𱀀"),
    ],
)
def test_rare_and_long_names_are_found(sign_in: SignIn, name: str, words: str) -> None:
    register(name)
    register("不相干")
    text = sign_in(Role.TOWNSHIP).get("/persons", query_string={"words": words}).text
    assert name in text
    assert "不相干" not in text


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "·"])
def test_signs_of_sql_are_only_signs(sign_in: SignIn, words: str) -> None:
    register("赵一")
    assert "赵一" not in sign_in(Role.TOWNSHIP).get("/persons", query_string={"words": words}).text


def test_the_list_is_narrowed(sign_in: SignIn) -> None:
    factories.person(name="甲一", category=Category.HEARING, zero_employment_household=True)
    factories.person(name="乙二", category=Category.VISUAL)
    client = sign_in(Role.FEDERATION)
    for query in ({"category": "hearing"}, {"flag": HouseholdFlag.ZERO_EMPLOYMENT.value}):
        text = client.get("/persons", query_string=query).text
        assert "甲一" in text
        assert "乙二" not in text
    elsewhere = factories.region(factories.OTHER_TOWNSHIP)
    text = client.get("/persons", query_string={"township": elsewhere.code}).text
    assert "没有符合条件的人" in text


def test_each_office_sees_its_own(sign_in: SignIn) -> None:
    factories.person(name="本镇人")
    factories.person(name="外镇人", residence_code=factories.OTHER_TOWNSHIP)
    factories.person(name="外区人", residence_code="210604101")
    shown = {}
    for role in (Role.TOWNSHIP, Role.FEDERATION, Role.AUDITOR):
        text = sign_in(role).get("/persons").text
        shown[role] = {name for name in ("本镇人", "外镇人", "外区人") if name in text}
    assert shown == {
        Role.TOWNSHIP: {"本镇人"},
        Role.FEDERATION: {"本镇人", "外镇人"},
        Role.AUDITOR: {"本镇人", "外镇人", "外区人"},
    }


def test_the_list_asks_the_same_number_of_times_for_one_row_and_for_many(sign_in: SignIn) -> None:
    client = sign_in(Role.FEDERATION)
    factories.person()
    client.get("/persons")
    with count_queries() as one:
        client.get("/persons")
    for _ in range(24):
        factories.person()
    with count_queries() as many:
        assert client.get("/persons").text.count('scope="row"') == 25
    assert many.count == one.count <= 6


def test_who_has_not_been_checked_this_year(app: Flask) -> None:
    with clock.frozen(datetime(2026, 3, 1, tzinfo=UTC)):
        township = factories.actor(Role.TOWNSHIP)
        due = factories.person(birth_date=date(1980, 1, 1))
        factories.person(birth_date=date(1960, 1, 1), sex=Sex.MALE)
        factories.person(birth_date=date(1980, 1, 1), deceased_on=date(2025, 1, 1))
        factories.person(category=None, family_member_of_id=due.id)
        factories.person(residence_code=factories.OTHER_TOWNSHIP)

        def missing() -> int:
            return queries.count_missing_checks(
                viewer=township, today=clock.today(), working_age=WorkingAge()
            )

        assert missing() == 1
        services.record_yearly_check(
            actor=township,
            person=due,
            facts=CheckFacts(
                date(2026, 3, 1), CheckedEmployment.SEEKING, wishes={NeedKind.TRAINING: "按摩"}
            ),
        )
        assert missing() == 0
        assert queries.count_needs(viewer=township, year=2026)[NeedKind.TRAINING] == 1


def test_a_check_is_not_of_tomorrow(app: Flask) -> None:
    with clock.frozen(datetime(2026, 3, 1, tzinfo=UTC)), pytest.raises(DomainError) as refused:
        services.record_yearly_check(
            actor=factories.actor(Role.TOWNSHIP),
            person=factories.person(),
            facts=CheckFacts(date(2026, 3, 2), CheckedEmployment.SEEKING),
        )
    assert refused.value.field == "checked_on"


def test_certificates_are_a_history(app: Flask) -> None:
    person = factories.person(certificate_issued_on=date(2014, 5, 1))
    actor = factories.actor(Role.TOWNSHIP)
    services.add_certificate(
        actor=actor,
        person=person,
        certificate=CertificateFacts(f"{person.citizen_number}21", date(2024, 4, 1)),
    )

    def category_on(day: date) -> Category | None:
        certificate = queries.certificate_on(person, day)
        return certificate.category if certificate else None

    assert category_on(date(2014, 4, 30)) is None
    assert category_on(date(2020, 1, 1)) is Category.VISUAL
    assert category_on(date(2024, 4, 1)) is Category.HEARING
    assert category_on(date(2034, 4, 1)) is Category.HEARING
    assert category_on(date(2034, 4, 2)) is None


def test_a_certificate_of_somebody_else_is_refused(app: Flask) -> None:
    person = factories.person()
    with pytest.raises(DomainError, match="前 18 位"):
        services.add_certificate(
            actor=factories.actor(Role.TOWNSHIP),
            person=person,
            certificate=CertificateFacts(f"{factories.citizen_number()}21", date(2024, 4, 1)),
        )


def test_a_multiple_disability_keeps_its_components(app: Flask) -> None:
    person = factories.person()
    certificate = services.add_certificate(
        actor=factories.actor(Role.TOWNSHIP),
        person=person,
        certificate=CertificateFacts(
            f"{person.citizen_number}71",
            date(2024, 4, 1),
            components=frozenset({Category.VISUAL, Category.HEARING}),
        ),
    )
    assert certificate.components == ["hearing", "visual"]


def test_a_family_member_with_a_certificate_is_no_longer_family_only(app: Flask) -> None:
    of = factories.person()
    member = factories.person(category=None, family_member_of_id=of.id)
    services.add_certificate(
        actor=factories.actor(Role.TOWNSHIP),
        person=member,
        certificate=CertificateFacts(f"{member.citizen_number}41", date(2024, 4, 1)),
    )
    assert member.family_member_of_id is None


def test_a_person_is_found_by_certificate_and_name_only_together(app: Flask) -> None:
    person = factories.person(name="买买提·吐尔逊")
    number = person.certificates[0].number
    found = queries.find_by_certificate
    assert found(number=number, name="买买提·吐尔逊") == person
    assert found(number=f"{number}B1", name="买买提·吐尔逊") == person
    assert found(number=number, name="买买提") is None
    assert found(number=number[:18], name="买买提·吐尔逊") is None
    member = factories.person(name="阿依", category=None, family_member_of_id=person.id)
    assert found(number=member.citizen_number, name="阿依") == member


def test_consent_counts_until_it_is_withdrawn(app: Flask) -> None:
    person = factories.person(consented=False)
    actor = factories.actor(Role.TOWNSHIP)
    purpose = ConsentPurpose.TRAINING
    assert not queries.has_consent(person.id, purpose)
    consent = services.record_consent(actor=actor, person=person, purpose=purpose)
    assert queries.has_consent(person.id, purpose)
    with pytest.raises(DomainError, match="不用再记"):
        services.record_consent(actor=actor, person=person, purpose=purpose)
    services.withdraw_consent(actor=actor, person=person, consent=consent)
    assert not queries.has_consent(person.id, purpose)
    services.record_consent(actor=actor, person=person, purpose=purpose)
    assert len(queries.consents_of(person)) == 2


def test_a_guardian_of_somebody_else_or_of_the_past_cannot_consent(app: Flask) -> None:
    from app.people.types import GuardianFacts

    person, other = factories.person(consented=False), factories.person(consented=False)
    actor = factories.actor(Role.TOWNSHIP)
    facts = GuardianFacts("王五", "父母", "13800415001")
    foreign = services.add_guardian(actor=actor, person=other, facts=facts)
    past = services.add_guardian(actor=actor, person=person, facts=facts)
    services.end_guardian(actor=actor, person=person, guardian=past)
    for guardian in (foreign, past):
        with pytest.raises(DomainError, match="不能代表此人"):
            services.record_consent(
                actor=actor, person=person, purpose=ConsentPurpose.TRAINING, given_by=guardian
            )


def test_what_was_stored_cannot_be_read_without_the_key(app: Flask) -> None:
    from sqlalchemy import text

    with unit_of_work():
        key = register("保密", phone="13800415009")
    row = db.session.execute(
        text("SELECT citizen_number, phone FROM person WHERE id = :id"), {"id": key}
    ).one()
    assert all(b"13800415009" not in bytes(one) and b"210603" not in bytes(one) for one in row)
