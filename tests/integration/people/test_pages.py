"""Pages of the register as offices, trainees and strangers see them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.people.models import DisabilityCertificate, Person
from app.people.types import Category
from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import Event
from tests import factories

SignIn = Callable[..., FlaskClient]


def send(
    client: Any, path: str, data: dict[str, Any], *, page: str | None = None, follow: bool = False
) -> Any:
    """Fill in the form of a page and post it."""
    answer = client.submit(path, page=page, **data)
    return client.get(answer.headers["Location"]) if follow else answer


def certificate_number(category: Category = Category.VISUAL, grade: int = 2) -> str:
    return f"{factories.citizen_number()}{list(Category).index(category) + 1}{grade}"


def registration(**changes: Any) -> dict[str, Any]:
    """What an officer types for a new person."""
    factories.region(factories.TOWNSHIP, "浪头镇")
    return {
        "number": certificate_number(),
        "issued_on": "2021-3-1",
        "name": "王小草",
        "residence_code": factories.TOWNSHIP,
        "hukou": "rural",
        "phone": "138 0041 5001",
        "consent_by": "self",
    } | changes


def person_named(name: str) -> Person:
    return db.session.scalars(select(Person).where(Person.name == name)).one()


def test_pages_of_a_person_open_for_township_federation_and_auditor(sign_in: SignIn) -> None:
    person = factories.person(name="张三")
    for role in (Role.TOWNSHIP, Role.FEDERATION, Role.AUDITOR):
        client = sign_in(role)
        for path in ("", "/consents", "/assessments", "/checks"):
            answer = client.get(f"/persons/{person.id}{path}")
            assert answer.status_code == 200, (role, path)
            assert person.citizen_number not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "edit",
        "certificates/new",
        "guardians/new",
        "consents/new",
        "assessments/new",
        "check",
        "family/new",
    ],
)
def test_forms_about_a_person_open_and_refuse_emptiness(sign_in: SignIn, path: str) -> None:
    person = factories.person()
    client = sign_in(Role.TOWNSHIP)
    assert client.get(f"/persons/{person.id}/{path}").status_code == 200
    answer = send(client, f"/persons/{person.id}/{path}", {"name": "", "residence_code": ""})
    assert answer.status_code == 422
    assert "处需要修改" in answer.text


def test_registering_a_person_derives_birth_date_sex_and_category(sign_in: SignIn) -> None:
    answer = send(sign_in(Role.TOWNSHIP), "/persons/new", registration())
    assert answer.status_code == 303
    person = person_named("王小草")
    assert (person.sex.label, person.birth_date.isoformat()) == ("女", "1985-06-15")
    assert person.pinyin == "wangxiaocao"
    assert person.phone == "13800415001"
    certificate = db.session.scalars(
        select(DisabilityCertificate).where(DisabilityCertificate.person_id == person.id)
    ).one()
    assert certificate.category is Category.VISUAL
    assert certificate.expires_on.isoformat() == "2031-03-01"


def test_a_wrong_number_is_told_at_the_field_and_what_was_typed_stays(sign_in: SignIn) -> None:
    number = certificate_number()
    wrong = number[:17] + ("0" if number[17] != "0" else "1") + number[18:]
    answer = send(sign_in(Role.TOWNSHIP), "/persons/new", registration(number=wrong))
    assert answer.status_code == 422
    assert f"身份证号第 18 位应为 {number[17]}，请核对。" in answer.text
    assert 'value="王小草"' in answer.text
    assert "13800415001" in answer.text


def test_csrf_is_on_in_the_form(app: Flask, sign_in: SignIn) -> None:
    assert 'name="csrf_token"' in sign_in(Role.TOWNSHIP).get("/persons/new").text


def test_a_person_registered_twice_is_refused_with_the_way_out(sign_in: SignIn) -> None:
    client = sign_in(Role.TOWNSHIP)
    data = registration(name="赵一")
    send(client, "/persons/new", data)
    answer = send(client, "/persons/new", data | {"different": "y"})
    assert answer.status_code == 422
    assert "已经登记过" in answer.text


def test_somebody_alike_is_shown_before_a_second_record_is_made(sign_in: SignIn) -> None:
    client = sign_in(Role.TOWNSHIP)
    send(client, "/persons/new", registration(name="钱二"))
    second = registration(name="钱二", phone="13900415002")
    answer = send(client, "/persons/new", second)
    assert answer.status_code == 422
    assert "可能已经登记过" in answer.text
    assert send(client, "/persons/new", second | {"different": "y"}).status_code == 303
    assert len(db.session.scalars(select(Person).where(Person.name == "钱二")).all()) == 2


def test_somebody_alike_in_another_town_is_told_without_details(sign_in: SignIn) -> None:
    other = factories.person(name="孙三", residence_code=factories.OTHER_TOWNSHIP)
    answer = send(sign_in(Role.TOWNSHIP), "/persons/new", registration(name="孙三"))
    assert answer.status_code == 422
    assert "其他镇街" in answer.text
    assert f"/persons/{other.id}" not in answer.text


def test_an_unknown_region_is_a_warning(sign_in: SignIn) -> None:
    client = sign_in(Role.TOWNSHIP)
    from app.people.rules import check_character

    digits = "99010119850615002"
    number = f"{digits}{check_character(digits)}12"
    answer = send(client, "/persons/new", registration(number=number), follow=True)
    assert answer.status_code == 200
    assert "号码前六位不在区划表里" in answer.text


@pytest.mark.parametrize("residence", [factories.OTHER_TOWNSHIP, factories.DISTRICT, "000000000"])
def test_a_township_registers_only_into_itself(sign_in: SignIn, residence: str) -> None:
    factories.region(factories.OTHER_TOWNSHIP)
    answer = send(sign_in(Role.TOWNSHIP), "/persons/new", registration(residence_code=residence))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/edit",
        "/certificates/new",
        "/family/new",
        "/guardians/new",
        "/consents",
        "/consents/new",
        "/assessments",
        "/assessments/new",
        "/checks",
        "/check",
    ],
)
def test_a_person_of_another_town_is_not_found(sign_in: SignIn, path: str) -> None:
    person = factories.person(residence_code=factories.OTHER_TOWNSHIP)
    client = sign_in(Role.TOWNSHIP)
    answer = client.get(f"/persons/{person.id}{path}")
    assert answer.status_code == 404


def test_the_number_of_a_person_of_another_town_is_not_shown(sign_in: SignIn) -> None:
    person = factories.person(residence_code=factories.OTHER_TOWNSHIP)
    client = sign_in(Role.TOWNSHIP)
    path = f"/persons/{person.id}/number"
    assert send(client, path, {"what": "citizen_number"}, page="/persons/find").status_code == 404
    assert not db.session.scalars(select(Event).where(Event.action == "person.number_shown")).all()


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.TRAINEE, Role.SYSADMIN, Role.JUDGE])
def test_the_register_is_closed_to_others(sign_in: SignIn, role: Role) -> None:
    person = factories.person()
    client = sign_in(role)
    for path in ("/persons", "/persons/export", "/persons/new", f"/persons/{person.id}"):
        assert client.get(path).status_code == 403


def test_an_auditor_reads_but_does_not_write(sign_in: SignIn) -> None:
    person = factories.person()
    client = sign_in(Role.AUDITOR)
    assert client.get("/persons").status_code == 200
    assert client.get(f"/persons/{person.id}/edit").status_code == 403
    assert (
        send(
            client, f"/persons/{person.id}/number", {"what": "phone"}, page="/persons/find"
        ).status_code
        == 403
    )
    assert "显示完整" not in client.get(f"/persons/{person.id}").text


def test_showing_a_number_is_a_deliberate_logged_act(sign_in: SignIn) -> None:
    person = factories.person()
    client = sign_in(Role.TOWNSHIP)
    assert client.get(f"/persons/{person.id}/number").status_code == 405
    answer = send(
        client, f"/persons/{person.id}/number", {"what": "citizen_number"}, page="/persons/find"
    )
    assert person.citizen_number in answer.text.replace(" ", "")
    assert answer.headers["Cache-Control"] == "no-store"
    event = db.session.scalars(select(Event).where(Event.action == "person.number_shown")).one()
    assert event.subject_id == person.id
    assert event.detail["what"] == "citizen_number"
    assert person.citizen_number not in str(event.detail)


def test_an_edit_shows_in_the_history_with_before_and_after(sign_in: SignIn) -> None:
    person = factories.person(name="李四")
    client = sign_in(Role.TOWNSHIP)
    answer = send(
        client,
        f"/persons/{person.id}/edit",
        {
            "name": "李四",
            "residence_code": factories.TOWNSHIP,
            "hukou": "urban",
            "phone": "13800415003",
            "flags": ["zero_employment_household"],
        },
        follow=True,
    )
    assert answer.status_code == 200
    assert "修改资料" in answer.text
    assert "<del>" in answer.text
    assert "农村" in answer.text
    assert "城镇" in answer.text
    assert "138****5003" in answer.text
    assert "13800415003" not in answer.text


def test_a_family_member_has_no_certificate(sign_in: SignIn) -> None:
    person = factories.person(name="周五")
    data = registration(number=factories.citizen_number(), name="周六")
    answer = send(sign_in(Role.TOWNSHIP), f"/persons/{person.id}/family/new", data)
    assert answer.status_code == 303
    member = person_named("周六")
    assert member.family_member_of_id == person.id
    text = sign_in(Role.TOWNSHIP).get(f"/persons/{member.id}").text
    assert "只能参加农村实用技术培训" in text


def test_finding_by_number_never_puts_it_into_the_address(sign_in: SignIn) -> None:
    person = factories.person()
    client = sign_in(Role.TOWNSHIP)
    answer = send(client, "/persons/find", {"number": person.citizen_number})
    assert answer.headers["Location"].endswith(f"/persons/{person.id}")
    refused = client.get("/persons", query_string={"words": person.citizen_number})
    assert refused.status_code == 422
    assert "按号码查找" in refused.text


def test_no_personal_number_reaches_the_event_log(sign_in: SignIn) -> None:
    client = sign_in(Role.TOWNSHIP)
    data = registration(name="吴七")
    send(client, "/persons/new", data)
    person = person_named("吴七")
    send(
        client,
        f"/persons/{person.id}/guardians/new",
        {"name": "吴八", "relation": "parent", "phone": "13800415004"},
    )
    details = " ".join(str(event.detail) for event in db.session.scalars(select(Event)))
    for secret in (data["number"], data["number"][:18], "13800415001", "13800415004"):
        assert secret not in details


def test_the_list_is_exported_with_masked_numbers(sign_in: SignIn) -> None:
    from io import BytesIO

    import openpyxl

    person = factories.person(name="=郑八", phone="13800415005")
    answer = sign_in(Role.FEDERATION).get("/persons/export")
    sheet = openpyxl.load_workbook(BytesIO(answer.data))["数据"]
    text = str([[cell.value for cell in row] for row in sheet.iter_rows()])
    assert "=郑八" in text
    assert person.citizen_number not in text
    assert "138****5005" in text


def test_yearly_check_and_needs_are_one_form_and_can_be_corrected(sign_in: SignIn) -> None:
    person = factories.person()
    client = sign_in(Role.TOWNSHIP)
    path = f"/persons/{person.id}/check"
    first = {
        "employment": "seeking",
        "needs": ["training"],
        "training_wish": "按摩",
        "checked_on": "2026-3-1",
    }
    assert send(client, path, first).status_code == 303
    again = client.get(path).text
    assert 'value="按摩"' in again
    second = first | {"employment": "employed", "needs": [], "training_wish": ""}
    assert send(client, path, second).status_code == 303
    text = client.get(f"/persons/{person.id}/checks").text
    assert "已就业" in text
    assert "按摩" not in text


def test_a_wish_written_without_its_box_is_a_need(sign_in: SignIn) -> None:
    person = factories.person()
    client = sign_in(Role.TOWNSHIP)
    data = {"employment": "seeking", "training_wish": "按摩", "checked_on": "2026-3-1"}
    assert send(client, f"/persons/{person.id}/check", data).status_code == 303
    assert "培训需求：按摩" in client.get(f"/persons/{person.id}/checks").text


def test_start_page_tells_what_waits(sign_in: SignIn) -> None:
    factories.person()
    text = sign_in(Role.TOWNSHIP).get("/start").text
    assert "还没核查的人" in text
    assert "在册人员" in text


def test_the_own_page_shows_and_withdraws(sign_in: SignIn) -> None:
    person = factories.person(name="冯九")
    other = factories.person(name="陈十")
    client = sign_in(Role.TRAINEE, person_id=person.id)
    text = client.get("/me").text
    assert "冯九" in text
    assert person.citizen_number not in text
    from app.people.models import Consent

    mine, foreign = (
        db.session.scalars(select(Consent).where(Consent.person_id == one.id)).one()
        for one in (person, other)
    )
    assert client.get(f"/me/consents/{foreign.id}/withdraw").status_code == 404
    assert client.get(f"/me/consents/{mine.id}/withdraw").status_code == 200
    assert send(client, f"/me/consents/{mine.id}/withdraw", {}).status_code == 303
    db.session.refresh(mine)
    assert mine.withdrawn_at is not None
    assert "已撤回" in client.get("/me").text
