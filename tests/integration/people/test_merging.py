"""Two records of one person become one, and nothing is lost."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.enrolment.types import EnrolmentState
from app.oversight.models import AuditFinding
from app.people import queries, services
from app.people.models import (
    Consent,
    DisabilityCertificate,
    NeedRegistration,
    Person,
    PersonMerge,
    YearlyCheck,
)
from app.people.types import CheckedEmployment, ConsentPurpose, NeedKind
from app.platform.access import Role
from app.platform.db import Base, db
from app.platform.errors import DomainError
from app.platform.eventlog import Event
from tests import factories
from tests.integration.people.test_pages import send

SignIn = Callable[..., FlaskClient]


def merge(kept: Person, other: Person) -> PersonMerge:
    return services.merge_persons(actor=factories.actor(Role.FEDERATION), kept=kept, other=other)


def check(person: Person, day: date, employment: CheckedEmployment) -> YearlyCheck:
    row = YearlyCheck(
        person_id=person.id, year=day.year, checked_on=day, employment=employment, recorded_by_id=0
    )
    db.session.add(row)
    db.session.flush()
    return row


def need(person: Person, wish: str) -> None:
    db.session.add(
        NeedRegistration(
            person_id=person.id,
            year=2026,
            kind=NeedKind.TRAINING,
            wish=wish,
            registered_on=date(2026, 3, 1),
            recorded_by_id=0,
        )
    )
    db.session.flush()


def test_every_key_to_a_person_in_the_schema_is_moved(app: Flask) -> None:
    """A table that is added later and points to persons is found without anybody thinking of it."""
    person = Base.metadata.tables["person"]
    keys = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table is person
    }
    moved = {one.name for one in queries.person_references()}
    assert keys - moved == {"person_merge.kept_id", "person_merge.merged_id"}
    assert moved - keys == {"audit_finding.subject_id"}


def test_all_rows_move_and_are_recorded(app: Flask) -> None:
    kept, other = factories.person(), factories.person(phone="13800415001")
    enrolment = factories.enrolment(other)
    grant = factories.account(Role.TRAINEE, person_id=other.id)
    member = factories.person(category=None, family_member_of_id=other.id)
    finding = AuditFinding(
        subject_type="person",
        subject_id=other.id,
        text="请核对",
        noted_at=datetime(2026, 3, 1, tzinfo=UTC),
        noted_by_id=1,
        nonce="n1",
    )
    db.session.add(finding)
    db.session.flush()
    certificate_id = other.certificates[0].id
    record = merge(kept, other)
    assert enrolment.person_id == grant.person_id == member.family_member_of_id == kept.id
    assert finding.subject_id == kept.id
    assert db.session.get_one(DisabilityCertificate, certificate_id).person_id == kept.id
    assert other.merged_into_id == kept.id
    assert kept.phone == "13800415001"
    assert record.moved["enrolment.person_id"] == [enrolment.id]
    assert record.moved["disability_certificate.person_id"] == [certificate_id]
    assert record.moved["audit_finding.subject_id"] == [finding.id]


def test_two_checks_of_a_year_the_later_counts_and_the_other_is_kept(app: Flask) -> None:
    kept, other = factories.person(), factories.person()
    check(kept, date(2026, 1, 5), CheckedEmployment.SEEKING)
    check(other, date(2026, 2, 5), CheckedEmployment.EMPLOYED)
    check(other, date(2025, 2, 5), CheckedEmployment.SEEKING)
    merge(kept, other)
    mine = db.session.scalars(
        select(YearlyCheck).where(YearlyCheck.person_id == kept.id).order_by(YearlyCheck.year)
    ).all()
    assert [(one.year, one.employment) for one in mine] == [
        (2025, CheckedEmployment.SEEKING),
        (2026, CheckedEmployment.EMPLOYED),
    ]
    (left,) = db.session.scalars(select(YearlyCheck).where(YearlyCheck.person_id == other.id))
    assert left.employment is CheckedEmployment.SEEKING


def test_needs_of_both_are_joined(app: Flask) -> None:
    kept, other = factories.person(), factories.person()
    need(kept, "按摩")
    need(other, "直播")
    merge(kept, other)
    assert [one.wish for one in queries.needs_of(kept)] == ["按摩；直播"]


def test_a_later_withdrawal_in_either_record_is_the_last_word(app: Flask) -> None:
    kept, other = factories.person(), factories.person(consented=False)
    db.session.add(
        Consent(
            person_id=other.id,
            purpose=ConsentPurpose.TRAINING,
            wording="同意",
            given_at=datetime(2023, 1, 1, tzinfo=UTC),
            withdrawn_at=datetime(2024, 1, 1, tzinfo=UTC),
            recorded_by_id=0,
        )
    )
    db.session.flush()
    assert any("撤回" in text for text in services.plan_merge(kept=kept, other=other).settled)
    merge(kept, other)
    assert not queries.has_consent(kept.id, ConsentPurpose.TRAINING)


def test_two_consents_stay_one_that_counts(app: Flask) -> None:
    kept, other = factories.person(), factories.person()
    merge(kept, other)
    assert queries.has_consent(kept.id, ConsentPurpose.TRAINING)
    assert len(db.session.scalars(select(Consent)).all()) == 2


def test_two_places_in_one_class_are_refused_in_plain_words(app: Flask) -> None:
    kept, other = factories.person(), factories.person()
    klass = factories.training_class()
    factories.enrolment(kept, into=klass)
    second = factories.enrolment(other, into=klass)
    with pytest.raises(DomainError, match="请先让其中一个退出"):
        merge(kept, other)
    assert second.person_id == other.id
    assert other.merged_into_id is None
    second.state = EnrolmentState.WITHDRAWN
    second.withdrawn_at = datetime(2026, 3, 1, tzinfo=UTC)
    db.session.flush()
    merge(kept, other)
    assert second.person_id == kept.id


def test_work_that_overlaps_in_one_post_is_refused(app: Flask) -> None:
    from app.placement.models import EmploymentSpell
    from app.placement.types import EmploymentForm, SpellState

    kept, other = factories.person(), factories.person()
    for person in (kept, other):
        columns: dict[str, Any] = {
            "person_id": person.id,
            "form": EmploymentForm.FLEXIBLE,
            "workplace": "直播间",
            "post": "主播",
            "started_on": date(2025, 1, 1),
            "state": SpellState.REPORTED,
            "reported_at": datetime(2025, 1, 2, tzinfo=UTC),
            "reported_by_id": 0,
        }
        known = {column.key for column in EmploymentSpell.__table__.columns}
        db.session.add(EmploymentSpell(**{k: v for k, v in columns.items() if k in known}))
    db.session.flush()
    with pytest.raises(DomainError, match="重叠的就业时间"):
        merge(kept, other)


def test_a_person_and_a_family_member_are_two(app: Flask) -> None:
    kept = factories.person()
    member = factories.person(category=None, family_member_of_id=kept.id)
    with pytest.raises(DomainError, match="不是同一个人"):
        merge(kept, member)


def test_a_record_merges_once_and_not_with_itself(app: Flask) -> None:
    kept, other = factories.person(), factories.person()
    with pytest.raises(DomainError, match="自己"):
        merge(kept, kept)
    merge(kept, other)
    with pytest.raises(DomainError, match="已经合并过"):
        merge(kept, other)


def test_chains_of_merges_lead_to_the_last(app: Flask) -> None:
    first, second, third = (factories.person() for _ in range(3))
    merge(second, first)
    merge(third, second)
    assert queries.merged_into(first.id) == third.id
    assert queries.merged_into(second.id) == third.id


def test_the_page_shows_both_and_what_will_happen(sign_in: SignIn) -> None:
    kept = factories.person(name="张三")
    other = factories.person(name="张三", poverty_monitored=True)
    factories.enrolment(other)
    client = sign_in(Role.FEDERATION)
    assert "并排核对" in client.get("/persons/duplicates").text
    path = f"/persons/{kept.id}/merge/{other.id}"
    text = client.get(path).text
    assert "报名 1 条转到保留的记录" in text
    assert "防返贫监测" in text
    assert send(client, path, {}).status_code == 422
    assert send(client, path, {"same": "y"}).status_code == 303
    after = client.get(f"/persons/{other.id}")
    assert after.headers["Location"].endswith(f"/persons/{kept.id}")
    assert "合并重复记录" in client.get(f"/persons/{kept.id}").text
    event = db.session.scalars(select(Event).where(Event.action == "person.merged")).one()
    assert event.subject_id == kept.id
    assert "没有可能重复的记录" in client.get("/persons/duplicates").text


def test_a_refused_merge_shows_why_and_no_button(sign_in: SignIn) -> None:
    kept, other = factories.person(), factories.person()
    klass = factories.training_class()
    factories.enrolment(kept, into=klass)
    factories.enrolment(other, into=klass)
    text = sign_in(Role.FEDERATION).get(f"/persons/{kept.id}/merge/{other.id}").text
    assert "现在还不能合并" in text
    assert "已对照证件核实" not in text


def test_only_the_federation_merges_and_only_within_its_region(sign_in: SignIn) -> None:
    kept, other = factories.person(), factories.person(residence_code="210604101")
    path = f"/persons/{kept.id}/merge/{other.id}"
    assert sign_in(Role.TOWNSHIP).get(path).status_code == 403
    assert sign_in(Role.FEDERATION).get(path).status_code == 404
