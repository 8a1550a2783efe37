"""Applying and rosters in a real browser: by keyboard alone, at two widths, with axe."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.courses.models import TrainingClass
from app.people.models import Person
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
TITLE = "盲人保健按摩初级班"


def look(visitor: Visitor, name: str, *, heading: str) -> None:
    """Check the page once it has this heading, and keep a picture where SCREENSHOTS names a folder."""
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(heading)
    visitor.check()
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        width = visitor.page.viewport_size["width"]  # type: ignore[index]
        visitor.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def tab_to(page: Page, role: str, name: str, *, most: int = 40) -> None:
    """Press Tab until the control with this accessible name has the focus."""
    main = page.get_by_role("main")
    wanted = main.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by Tab")


@pytest.fixture
def klass(committing_app: Flask) -> TrainingClass:
    factories.region(factories.DISTRICT, "振兴区")
    factories.region(factories.TOWNSHIP, "浪头镇")
    course = factories.course(
        title="保健按摩", field=factories.TrainingField.MASSAGE, occupation="保健按摩师"
    )
    base = factories.provider(name="振兴盲人按摩培训中心")
    starts_on = clock.today() + timedelta(days=14)
    klass = factories.training_class(
        of=course,
        by=base,
        title=TITLE,
        capacity=2,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=20),
    )
    factories.class_session(klass)
    factories.class_session(klass, day=starts_on + timedelta(days=1))
    db.session.commit()
    return klass


@pytest.fixture
def person(committing_app: Flask) -> Person:
    return factories.person(name="王晓梅", phone="13912345678")


@pytest.mark.parametrize("width", [1280, 375])
def test_a_blind_trainee_applies_by_keyboard(
    visit: Visit, klass: TrainingClass, person: Person, width: int
) -> None:
    trainee = visit(Role.TRAINEE, person_id=person.id, width=width)
    page = trainee.page
    trainee.open(f"/open-classes/{klass.id}")
    tab_to(page, "link", "我要报名")
    page.keyboard.press("Enter")
    look(trainee, "apply", heading=f"报名：{TITLE}")
    # Nothing chosen: the summary is read first, its link leads to the question.
    tab_to(page, "button", "下一步：核对")
    page.keyboard.press("Enter")
    expect(page).to_have_title(f"错误：报名：{TITLE} - 启明")
    look(trainee, "apply-errors", heading=f"报名：{TITLE}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="有工作", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="没有工作")).to_be_checked()
    tab_to(page, "checkbox", "读屏软件：上课用的电脑能读出文字")
    page.keyboard.press("Space")
    tab_to(page, "button", "下一步：核对")
    page.keyboard.press("Enter")
    look(trainee, "check", heading="核对后提交报名")
    expect(page.get_by_role("main")).to_contain_text("没有工作")
    tab_to(page, "button", "提交报名")
    page.keyboard.press("Enter")
    look(trainee, "applied", heading="报名成功")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"BM\d{4}-\d{6}"))
    tab_to(page, "link", "我的报名")
    page.keyboard.press("Enter")
    look(trainee, "mine", heading="我的报名")
    expect(page.get_by_role("main")).to_contain_text("待安排")
    trainee.open(f"/classes/{klass.id}/apply")
    look(trainee, "apply-again", heading=f"报名：{TITLE}")
    page.get_by_role("link", name="查看已有的报名").click()
    look(trainee, "own-enrolment", heading=TITLE)
    page.get_by_role("link", name="退出班期").click()
    look(trainee, "withdraw", heading="退出班期")


@pytest.mark.parametrize("width", [1280, 375])
def test_a_township_officer_enrols_and_a_base_answers(
    visit: Visit, klass: TrainingClass, person: Person, width: int
) -> None:
    for name in ("安一", "白二"):
        factories.enrolment(factories.person(name=name, phone="13800138000"), into=klass)
    officer = visit(Role.TOWNSHIP, width=width)
    page = officer.page
    officer.open(f"/classes/{klass.id}/roster")
    look(officer, "roster-township", heading=f"名册：{TITLE}")
    page.get_by_role("link", name="代为报名").click()
    page.get_by_label("姓名、拼音或证件号").fill("wangxiaomei")
    page.get_by_role("button", name="查找").click()
    look(officer, "find-person", heading=f"代为报名：{TITLE}")
    page.get_by_role("link", name="王晓梅").click()
    page.get_by_role("radio", name="没有工作").check()
    page.get_by_role("checkbox", name=re.compile("引导员")).check()
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交报名").click()
    look(officer, "applied-waiting", heading="已排入候补")
    base = visit(Role.PROVIDER, provider_id=klass.provider_id, width=width)
    base.open(f"/classes/{klass.id}/roster?state=waiting")
    look(base, "roster-base-waiting", heading=f"名册：{TITLE}")
    expect(base.page.get_by_role("main")).to_contain_text("139****5678")
    base.page.get_by_role("link", name="王晓梅").click()
    look(base, "enrolment-base", heading="王晓梅的报名")
    base.page.get_by_role("link", name=re.compile("回复")).click()
    base.page.get_by_role("button", name="保存").click()
    look(base, "answer-errors", heading="安排帮助：引导员")
    base.page.get_by_role("radio", name="已安排").check()
    base.page.get_by_role("button", name="保存").click()
    look(base, "accommodations", heading="学员需要的帮助")
    base.open(f"/classes/{klass.id}/enrol")
    base.page.get_by_label("姓名").fill("王晓梅")
    base.page.get_by_label("残疾人证号").fill("21060319800101001442")
    base.page.get_by_role("button", name="下一步").click()
    look(base, "find-certificate-errors", heading=f"代为报名：{TITLE}")


def test_who_cannot_come_is_told_why(visit: Visit, klass: TrainingClass) -> None:
    person = factories.person(category=factories.Category.HEARING, consented=False)
    trainee = visit(Role.TRAINEE, person_id=person.id, width=375)
    trainee.open(f"/classes/{klass.id}/apply")
    look(trainee, "apply-blocked", heading=f"报名：{TITLE}")
    expect(trainee.page.get_by_role("main")).to_contain_text("只招收视力残疾人")
    expect(trainee.page.get_by_role("button", name="下一步：核对")).to_have_count(0)
