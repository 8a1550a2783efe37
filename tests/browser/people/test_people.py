"""Journeys through the register by role and label, and axe on every page."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app.people.models import AccountRequest, Person, YearlyCheck
from app.people.types import CheckedEmployment, GuardianFacts, NeedKind
from app.platform.access import Role
from app.platform.crypto import blind_index
from app.platform.db import db
from tests import factories
from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
WIDTHS = (1280, 375)


def look(visitor: Visitor, name: str) -> None:
    """Check the page; keep a picture of it where PEOPLE_PICTURES names a folder."""
    visitor.watched.check(where=name)
    folder = os.environ.get("PEOPLE_PICTURES")
    if folder:
        width = visitor.page.viewport_size["width"]  # type: ignore[index]
        visitor.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def towns() -> None:
    factories.region(factories.TOWNSHIP).name = "浪头镇"
    factories.region(factories.OTHER_TOWNSHIP).name = "安民镇"
    db.session.commit()


def full_person(name: str = "买买提·吐尔逊") -> Person:
    """A person with something on every page."""
    from app.people import services
    from app.people.types import AssessmentFacts, CheckFacts

    phone = "13800415001"
    person = factories.person(
        name=name,
        phone=phone,
        phone_index=blind_index(phone),
        zero_employment_household=True,
        certificate_issued_on=date(2021, 3, 1),
    )
    actor = factories.actor(Role.TOWNSHIP)
    services.add_guardian(
        actor=actor, person=person, facts=GuardianFacts("吐尔逊·买买提", "父母", "13800415002")
    )
    services.record_yearly_check(
        actor=actor,
        person=person,
        facts=CheckFacts(
            date(2026, 3, 1), CheckedEmployment.SEEKING, wishes={NeedKind.TRAINING: "盲人按摩"}
        ),
    )
    services.record_assessment(
        actor=actor,
        person=person,
        facts=AssessmentFacts(date(2026, 3, 1), "李医生", 80, 70, 60, 50, "适合保健按摩"),
    )
    db.session.commit()
    return person


def test_an_officer_registers_a_person_with_the_keyboard_on_a_phone(
    committing_app: Flask, visit: Visit
) -> None:
    towns()
    officer = visit(Role.TOWNSHIP, width=375)
    officer.open("/persons")
    page, keys = officer.page, officer.page.keyboard
    page.get_by_role("link", name="登记新人员").first.focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("登记新人员")
    number = f"{factories.citizen_number()}12"
    page.get_by_label("残疾人证号").focus()
    keys.type(number)
    keys.press("Tab")
    page.get_by_label("发证日期").evaluate("field => field.type = 'text'")
    keys.type("2021年3月1日")
    page.get_by_label("姓名").focus()
    keys.type("李𬭎")
    keys.press("Tab")
    keys.press("ArrowDown")
    page.get_by_role("radio", name="农村").focus()
    keys.press("Space")
    page.get_by_label("电话").focus()
    keys.type("138 0041 5001")
    page.get_by_role("radio", name="本人同意").focus()
    keys.press("Space")
    page.get_by_role("button", name="登记").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("李𬭎")
    expect(page.get_by_text("已登记李𬭎。")).to_be_visible()
    look(officer, "registered")
    db.session.expire_all()
    person = db.session.scalars(select(Person).where(Person.name == "李𬭎")).one()
    assert person.residence_code == factories.TOWNSHIP
    assert person.phone == "13800415001"


def test_the_yearly_check_at_the_door(committing_app: Flask, visit: Visit) -> None:
    towns()
    person = factories.person(name="王小草")
    officer = visit(Role.TOWNSHIP, width=375)
    officer.open(f"/persons/{person.id}")
    page = officer.page
    page.get_by_role("link", name="核查和需求登记").click()
    look(officer, "check")
    page.get_by_role("radio", name="未就业，有意愿").check()
    page.get_by_role("checkbox", name="培训需求").check()
    page.get_by_label("想学什么").fill("直播带货")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("王小草的年度核查已保存")
    look(officer, "after-check")
    db.session.expire_all()
    row = db.session.scalars(select(YearlyCheck)).one()
    assert row.employment is CheckedEmployment.SEEKING


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_empty_and_full(committing_app: Flask, visit: Visit, width: int) -> None:
    towns()
    officer = visit(Role.FEDERATION, width=width)
    officer.open("/persons")
    look(officer, "list-empty")
    for _ in range(27):
        factories.person(name="买买提·吐尔逊", poverty_monitored=True)
    db.session.commit()
    officer.open("/persons")
    look(officer, "list")
    officer.open("/persons?words=mmttex&category=visual&page=2")
    look(officer, "list-narrowed")
    officer.open("/persons?words=210603198001010014")
    expect(officer.page.get_by_role("alert")).to_contain_text("按号码查找")
    look(officer, "list-refused")
    officer.open("/persons?category=mental")
    look(officer, "list-none")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_person_and_all_pages_about_one(committing_app: Flask, visit: Visit, width: int) -> None:
    towns()
    person = full_person()
    officer = visit(Role.TOWNSHIP, width=width)
    for path in (
        "",
        "edit",
        "consents",
        "consents/new",
        "assessments",
        "assessments/new",
        "checks",
        "check",
        "certificates/new",
        "guardians/new",
        "family/new",
    ):
        officer.open(f"/persons/{person.id}/{path}".rstrip("/"))
        look(officer, f"person-{path.replace('/', '-') or 'show'}")
    page = officer.page
    officer.open(f"/persons/{person.id}")
    page.get_by_role("link", name="停止代办").click()
    look(officer, "guardian-end")
    officer.open(f"/persons/{person.id}/consents")
    page.get_by_role("link", name="撤回这项同意").click()
    look(officer, "withdraw")
    officer.open(f"/persons/{person.id}")
    page.get_by_role("button", name="显示完整身份证号").click()
    expect(page.get_by_text("已经记入操作记录")).to_be_visible()
    look(officer, "number")


@pytest.mark.parametrize("width", WIDTHS)
def test_forms_with_errors(committing_app: Flask, visit: Visit, width: int) -> None:
    towns()
    person = full_person()
    officer = visit(Role.TOWNSHIP, width=width)
    for path, button in (
        ("/persons/new", "登记"),
        ("/persons/find", "查找"),
        (f"/persons/{person.id}/certificates/new", "登记"),
        (f"/persons/{person.id}/guardians/new", "登记"),
        (f"/persons/{person.id}/consents/new", "保存"),
        (f"/persons/{person.id}/assessments/new", "保存"),
    ):
        officer.open(path)
        officer.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
        expect(officer.page.get_by_role("alert")).to_contain_text("需要修改")
        look(officer, "error-" + path.strip("/").replace("/", "-").replace(str(person.id), "x"))


@pytest.mark.parametrize("width", WIDTHS)
def test_two_records_side_by_side(committing_app: Flask, visit: Visit, width: int) -> None:
    towns()
    kept = full_person("王小草")
    other = factories.person(name="王小草", residence_code=factories.OTHER_TOWNSHIP)
    factories.enrolment(other)
    db.session.commit()
    officer = visit(Role.FEDERATION, width=width)
    officer.open("/persons/duplicates")
    look(officer, "duplicates")
    page = officer.page
    page.get_by_role("link", name="并排核对").click()
    look(officer, "merge")
    page.get_by_role("button", name="合并").click()
    look(officer, "merge-error")
    page.get_by_role("checkbox", name="已对照证件核实").check()
    page.get_by_role("button", name="合并").click()
    expect(page.get_by_text("两份记录已合并")).to_be_visible()
    look(officer, "merged")
    assert page.url.endswith(f"/persons/{kept.id}")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_stranger_asks_for_an_account_and_the_township_opens_it(
    committing_app: Flask, visit: Visit, width: int
) -> None:
    towns()
    person = factories.person(name="王小草")
    number = person.certificates[0].number
    db.session.commit()
    stranger = visit(width=width)
    stranger.open("/register")
    page = stranger.page
    look(stranger, "account")
    page.get_by_role("button", name="下一步").click()
    look(stranger, "account-error")
    page.get_by_label("残疾人证号").fill(number)
    page.get_by_label("姓名", exact=True).fill("王小草")
    page.get_by_label("手机号").fill("13900415002")
    page.get_by_role("checkbox", name="我已读过并同意").check()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("输入验证码")
    look(stranger, "account-code")
    page.get_by_role("button", name="开通账户").click()
    look(stranger, "account-code-error")
    officer = visit(Role.TOWNSHIP, width=width)
    officer.open("/account-requests")
    look(officer, "requests")
    officer.page.get_by_role("link", name="王小草").click()
    look(officer, "request")
    officer.page.get_by_role("button", name="已核对，开通账户").click()
    expect(officer.page.get_by_role("heading", level=1)).to_have_text("账户已开通")
    look(officer, "request-opened")
    officer.open("/account-requests")
    look(officer, "requests-empty")
    assert db.session.scalars(select(AccountRequest)).one()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_own_page(committing_app: Flask, visit: Visit, width: int) -> None:
    towns()
    person = full_person()
    trainee = visit(Role.TRAINEE, width=width, person_id=person.id)
    trainee.open("/me")
    look(trainee, "me")
    trainee.page.get_by_role("link", name="撤回这项同意").click()
    look(trainee, "me-withdraw")
    trainee.page.get_by_role("button", name="撤回同意").click()
    expect(trainee.page.get_by_role("status")).to_contain_text("同意已撤回")
    look(trainee, "me-withdrawn")
