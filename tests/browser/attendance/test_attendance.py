"""Roll call, results and completion in a real browser."""

import os
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.attendance.models import AttendanceMark
from app.attendance.types import Mark
from app.courses.models import ClassSession, TrainingClass
from app.courses.types import ClassState
from app.enrolment.queries import roster
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
TITLE = "直播带货第 1 期"
NAMES = ("安一", "白二", "陈三", "丁四")


def look(visitor: Visitor, name: str, *, heading: str) -> None:
    """Check the page once it has this heading, and keep a picture where SCREENSHOTS names a folder."""
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(heading)
    visitor.check()
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        width = visitor.page.viewport_size["width"]  # type: ignore[index]
        visitor.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


@pytest.fixture
def klass(committing_app: Flask) -> TrainingClass:
    """A running class of one lesson, which was yesterday."""
    yesterday = clock.today() - timedelta(days=1)
    course = factories.course(title="直播带货入门", assessment_required=True)
    klass = factories.training_class(
        of=course,
        by=factories.provider(name="振兴电商培训中心"),
        state=ClassState.RUNNING,
        title=TITLE,
        starts_on=yesterday,
        ends_on=yesterday,
    )
    for name in NAMES:
        factories.enrolment(factories.person(name=name), into=klass)
    db.session.commit()
    return klass


@pytest.fixture
def session(klass: TrainingClass) -> ClassSession:
    session = factories.class_session(klass)
    db.session.commit()
    return session


def marks() -> list[Mark]:
    db.session.rollback()
    rows = db.session.scalars(select(AttendanceMark).order_by(AttendanceMark.enrolment_id))
    return [row.mark for row in rows]


def focused(page: Page) -> str:
    """Name of the trainee whose group has the focus."""
    return str(
        page.evaluate(
            "document.activeElement.closest('fieldset')?.querySelector('legend').textContent"
        )
    )


@pytest.mark.parametrize("width", [375, 1280])
def test_a_roll_is_called_by_letters(visit: Visit, session: ClassSession, width: int) -> None:
    teacher = visit(Role.PROVIDER, provider_id=session.training_class.provider_id, width=width)
    page = teacher.page
    teacher.open("/attendance")
    look(teacher, "today", heading="点名")
    page.get_by_role("link", name=re.compile("测试课次")).click()
    look(teacher, "roll-call", heading=f"点名：{TITLE}")
    page.get_by_role("group", name="安一").get_by_role("radio", name="到课").focus()
    for letter, name in zip("plqa", NAMES, strict=True):
        assert focused(page) == name
        page.keyboard.press(letter)
    expect(page.get_by_role("button", name="保存并结束点名")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("已点 4 / 4 人")
    expect(page.get_by_role("status")).to_contain_text("已保存")
    look(teacher, "roll-call-done", heading=f"点名：{TITLE}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("到课 1 人，迟到 1 人，请假 1 人，缺课 1 人")
    assert marks() == list(Mark)
    # A correction by the arrow keys is saved at once, and remembered.
    teacher.open(f"/sessions/{session.id}/roll-call")
    page.get_by_role("group", name="丁四").get_by_role("radio", name="缺课").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("status")).to_contain_text("丁四 请假，已保存")
    page.reload()
    look(teacher, "roll-call-corrected", heading=f"点名：{TITLE}")
    expect(page.get_by_role("heading", name="更正记录")).to_be_visible()


def test_what_could_not_be_sent_waits_and_is_sent_later(
    visit: Visit, session: ClassSession
) -> None:
    teacher = visit(Role.PROVIDER, provider_id=session.training_class.provider_id, width=375)
    page = teacher.page
    teacher.open(f"/sessions/{session.id}/roll-call")
    page.context.set_offline(True)
    page.get_by_role("group", name="安一").get_by_role("radio", name="到课").check()
    expect(page.get_by_role("status")).to_contain_text("网络不通，1 人还没有保存")
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("安一 到课，已保存", timeout=15_000)
    assert marks() == [Mark.PRESENT]


def test_without_script_the_roll_is_one_form(
    browser: Browser, visit: Visit, session: ClassSession
) -> None:
    teacher = visit(Role.PROVIDER, provider_id=session.training_class.provider_id)
    context = browser.new_context(
        java_script_enabled=False,
        viewport={"width": 375, "height": 800},
        storage_state=teacher.page.context.storage_state(),
    )
    page = context.new_page()
    page.goto(f"{teacher.address}/sessions/{session.id}/roll-call")
    for name in NAMES:
        page.get_by_role("group", name=name).get_by_role("radio", name="到课").check()
    page.get_by_role("button", name="保存并结束点名").click()
    expect(page.get_by_role("main")).to_contain_text("到课 4 人")
    context.close()
    assert marks() == [Mark.PRESENT] * 4


@pytest.mark.parametrize("width", [1280, 375])
def test_from_results_to_a_confirmed_completion(
    visit: Visit, session: ClassSession, width: int
) -> None:
    klass = session.training_class
    moment = datetime.combine(klass.starts_on, time(9), clock.SHANGHAI)
    for number, enrolment in enumerate(one.id for one in roster(klass.id)):
        db.session.add(
            AttendanceMark(
                session_id=session.id,
                enrolment_id=enrolment,
                mark=Mark.ABSENT if number == 3 else Mark.PRESENT,
                marked_at=moment,
                marked_by_id=0,
                nonce=f"n{enrolment}",
            )
        )
    db.session.commit()
    base = visit(Role.PROVIDER, provider_id=klass.provider_id, width=width)
    page = base.page
    base.open(f"/classes/{klass.id}/attendance")
    look(base, "grid", heading=f"出勤：{TITLE}")
    base.open(f"/classes/{klass.id}/completion")
    look(base, "completion-not-ready", heading=f"结业：{TITLE}")
    expect(page.get_by_role("main")).to_contain_text("还有 3 人缺考核成绩")
    base.open(f"/classes/{klass.id}/results")
    page.get_by_label("安一理论").fill("一百")
    page.get_by_role("button", name="保存成绩").click()
    look(base, "results-errors", heading=f"考核成绩：{TITLE}")
    for name, points in zip(NAMES[:3], ("90", "75.5", "59"), strict=True):
        page.get_by_label(f"{name}理论").fill(points)
        page.get_by_label(f"{name}实操").fill("80")
    page.get_by_role("button", name="保存成绩").click()
    look(base, "results", heading=f"考核成绩：{TITLE}")
    base.open(f"/classes/{klass.id}/completion")
    look(base, "completion-ready", heading=f"结业：{TITLE}")
    page.get_by_role("button", name="提交结业名单").click()
    look(base, "completion-proposed", heading=f"结业：{TITLE}")
    officer = visit(Role.FEDERATION, width=width)
    officer.open("/completions?stage=to_confirm")
    look(officer, "completions", heading="结业办理")
    officer.page.get_by_role("link", name=TITLE).click()
    officer.page.get_by_role("link", name="退回更正").click()
    officer.page.get_by_role("button", name="退回").click()
    look(officer, "return-errors", heading="退回结业名单")
    officer.open(f"/classes/{klass.id}/completion/confirm")
    look(officer, "confirm", heading="确认结业")
    officer.page.get_by_role("button", name="确认结业").click()
    expect(officer.page.get_by_role("main")).to_contain_text("已确认 4 人的结业结果")
    look(officer, "completion-confirmed", heading=f"结业：{TITLE}")
    officer.page.get_by_role("link", name="安一").click()
    look(officer, "of-trainee", heading="安一的出勤和成绩")


def test_a_wide_table_scrolls_by_itself_and_not_the_page(
    visit: Visit, klass: TrainingClass
) -> None:
    for hour in range(8, 20):
        factories.class_session(klass, starts=time(hour), lesson_hours=1)
    db.session.commit()
    base = visit(Role.PROVIDER, provider_id=klass.provider_id, width=375)
    base.open(f"/classes/{klass.id}/attendance")
    look(base, "grid-wide", heading=f"出勤：{TITLE}")
    table = base.page.get_by_role("region", name="每人每次课的出勤")
    assert table.evaluate("element => element.scrollWidth > element.clientWidth")
    table.focus()
    expect(table).to_be_focused()
