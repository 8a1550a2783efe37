"""A base proposes a class by keyboard alone, the federation returns it and then approves it; axe on every page."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.courses.models import TrainingClass
from app.courses.types import ClassState
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.axe import Watched
from tests.factories import courses as build

SIZES = {"desk": (1280, 900), "phone": (375, 800)}


@pytest.fixture
def open_as(
    committing_app: Flask, browser: Browser, address: str
) -> Iterator[Callable[..., Watched]]:
    """`open_as(Role.PROVIDER, provider_id=…)`: a page of a browser that is signed in; None for a stranger."""
    contexts = []

    def make(
        role: Role | None, size: str = "desk", allowed: tuple[int, ...] = (), **scope: Any
    ) -> Watched:
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=address, viewport={"width": width, "height": height}, locale="zh-CN"
        )
        contexts.append(context)
        if role is not None:
            client = factories.signed_in_client(committing_app, role, **scope)
            cookie = client.get_cookie("session")
            assert cookie is not None
            context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
        return Watched(context.new_page(), allowed=allowed)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def base(committing_app: Flask) -> Any:
    factories.region(factories.DISTRICT, "振兴区")
    found = factories.provider(name="振兴电商培训中心")
    factories.venue(
        found, name="一楼直播间", way_there="坐 12 路公交到振兴路站，东门进", accessible_toilet=True
    )
    build.teacher_of(found.id, name="李老师")
    factories.course(title="直播带货入门", summary="学做直播卖货。")
    db.session.commit()
    return found


def to_field(page: Page, label: str) -> None:
    """Go on by Tab until the field with this label has the focus."""
    field = page.get_by_label(label, exact=False).first
    for _ in range(80):
        if field.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{label} is not reached by Tab")


def type_into(page: Page, label: str, text: str) -> None:
    to_field(page, label)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def type_date(page: Page, label: str, day: date) -> None:
    """Type into the segments of a native date field, in the order that this Chromium (English) shows them."""
    to_field(page, label)
    page.keyboard.type(f"{day:%m%d%Y}")


def type_time(page: Page, label: str, hour: int, minute: int) -> None:
    """Type into the segments of a native time field: hour, minute, half of the day."""
    to_field(page, label)
    page.keyboard.type(f"{(hour - 1) % 12 + 1:02d}{minute:02d}{'AM' if hour < 12 else 'PM'}")


def choose(page: Page, label: str) -> None:
    """Reach the group of a radio button by Tab, the button by the arrows, and take it."""
    target = page.get_by_role("radio", name=label).first
    for _ in range(80):
        if target.evaluate("element => element.name === document.activeElement.name"):
            break
        page.keyboard.press("Tab")
    for _ in range(8):
        if target.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{label} is not reached by the arrows")


def press(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    """Reach a button or link by Tab and press Enter."""
    target = page.get_by_role(role, name=name, exact=True).first
    for _ in range(120):
        if target.evaluate("element => element === document.activeElement"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by Tab")


def test_a_class_is_proposed_by_keyboard_returned_and_approved(
    base: Any, open_as: Callable[..., Watched]
) -> None:
    staff, officer = open_as(Role.PROVIDER, provider_id=base.id), open_as(Role.FEDERATION)
    page = staff.page
    page.goto("/classes")
    staff.check()
    press(page, "link", "申请开班")
    press(page, "button", "保存草稿")
    expect(page.get_by_role("alert")).to_contain_text("请填写班期名称")
    staff.check(where="empty proposal")
    to_field(page, "课程")
    page.keyboard.press("ArrowDown")
    type_into(page, "班期名称", "直播带货第 1 期")
    type_date(page, "开课日期", date(2027, 3, 8))
    type_date(page, "结束日期", date(2027, 3, 12))
    type_into(page, "计划招收人数", "15")
    choose(page, "一楼直播间")
    press(page, "button", "保存草稿")
    expect(page.get_by_role("heading", level=1)).to_have_text("直播带货第 1 期")
    staff.check(where="draft")

    press(page, "link", "添加课次")
    staff.check(where="new session")
    type_time(page, "开始时间", 8, 30)
    type_time(page, "结束时间", 10, 20)
    choose(page, "理论")
    type_into(page, "课题", "选品")
    choose(page, "李老师")
    press(page, "button", "保存")
    expect(page.get_by_role("alert")).to_contain_text("不是 45 分钟的整数倍")
    staff.check(where="session with an odd end")
    type_time(page, "结束时间", 10, 0)
    press(page, "button", "保存")

    press(page, "link", "按周重复排课")
    staff.check(where="repeat")
    to_field(page, "周二")
    page.keyboard.press("Space")
    to_field(page, "周四")
    page.keyboard.press("Space")
    type_time(page, "开始时间", 13, 0)
    type_into(page, "每次课时", "1")
    choose(page, "实操")
    type_into(page, "一共排多少课时", "2")
    type_into(page, "课题", "开播练习")
    choose(page, "李老师")
    press(page, "button", "保存")
    expect(page.get_by_role("status")).to_contain_text("已添加 2 次课")

    press(page, "link", "提交审批")
    staff.check(where="submit")
    press(page, "button", "提交审批")
    expect(page.get_by_role("status")).to_contain_text("等待区残联审批")

    desk = officer.page
    desk.goto("/start")
    press(desk, "link", re.compile("开班申请等待审批"))
    press(desk, "link", "直播带货第 1 期")
    press(desk, "link", "审批")
    officer.check(where="decide")
    choose(desk, "退回修改")
    press(desk, "button", "提交意见")
    expect(desk.get_by_role("alert")).to_contain_text("退回时请写明")
    officer.check(where="return without comment")
    type_into(desk, "说明", "请写明考核方式")
    press(desk, "button", "提交意见")
    expect(desk.get_by_role("status")).to_contain_text("班期已退回")

    page.reload()
    expect(page.get_by_text("请写明考核方式").first).to_be_visible()
    press(page, "link", "提交审批")
    press(page, "button", "提交审批")
    desk.reload()
    press(desk, "link", "审批")
    choose(desk, "批准")
    press(desk, "button", "提交意见")
    expect(desk.get_by_role("status")).to_contain_text("班期已批准")
    officer.check(where="approved")
    db.session.expire_all()
    assert db.session.scalar(select(TrainingClass.state)) is ClassState.APPROVED


PAGES = {
    None: ["/", "/open-classes", "/open-classes?field=planting", "/open-classes/{open}", "/open-classes/{cancelled}"],
    Role.FEDERATION: [
        "/classes", "/classes?text=没有", "/classes?since=2024-2-30", "/classes/{open}", "/classes/{submitted}",
        "/classes/{submitted}/decide", "/classes/{open}/decide", "/classes/{open}/cancel",
        "/classes/{completed}/archive",
        "/courses", "/courses?retired=y", "/courses/new", "/courses/{course}", "/courses/{course}/edit",
        "/courses/{course}/retire", "/providers", "/providers?text=没有", "/providers/new", "/providers/{base}",
        "/providers/{base}/edit", "/providers/{base}/accreditations/new",
    ],
    Role.PROVIDER: [
        "/classes", "/classes/today", "/classes/new", "/classes/{draft}", "/classes/{draft}/edit",
        "/classes/{draft}/submit", "/classes/{empty}/submit", "/classes/{draft}/sessions/new",
        "/classes/{draft}/sessions/repeat", "/sessions/{session}/edit", "/sessions/{session}/remove",
        "/classes/{submitted}/start", "/providers/own", "/providers/{base}/venues/new", "/venues/{venue}/edit",
        "/providers/{base}/teachers/new", "/teachers/{teacher}/edit", "/teachers/{teacher}/qualifications/new",
    ],
    Role.AUDITOR: ["/classes", "/classes/{open}", "/providers", "/providers/{base}", "/courses/{course}"],
}  # fmt: skip


def furnish(base: Any) -> dict[str, int]:
    """Classes in the states that the pages show, and thirty more to fill a list."""
    made = {
        name: build.complete_plan(
            by=base.id, state=state, title=f"班期 {name}", ends_on=date(2024, 3, 29)
        )
        for name, state in {
            "draft": ClassState.DRAFT,
            "submitted": ClassState.SUBMITTED,
            "open": ClassState.ENROLLING,
            "completed": ClassState.COMPLETED,
            "cancelled": ClassState.CANCELLED,
        }.items()
    }
    made["cancelled"].decision_comment = "教师生病"
    made["empty"] = factories.training_class(by=base, state=ClassState.DRAFT)
    for number in range(30):
        factories.training_class(
            by=base, title=f"电子商务运营 2024 年第 {number} 期", of=made["draft"].course
        )
    session = made["draft"].sessions[0]
    ids = {name: klass.id for name, klass in made.items()}
    ids |= {
        "session": session.id, "venue": session.venue_id, "teacher": session.teacher_id, "base": base.id,
        "course": made["draft"].course_id,
    }  # fmt: skip
    db.session.commit()
    return ids


@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_nothing_on_any_page(
    base: Any, open_as: Callable[..., Watched], size: str
) -> None:
    ids = furnish(base)
    for role, paths in PAGES.items():
        watched = open_as(role, size, **({"provider_id": base.id} if role is Role.PROVIDER else {}))
        for path in paths:
            watched.page.goto(path.format(**ids))
            watched.check(where=f"{role} {path} {size}")


def test_axe_finds_nothing_on_refused_forms(base: Any, open_as: Callable[..., Watched]) -> None:
    ids = furnish(base)
    staff = open_as(Role.PROVIDER, provider_id=base.id)
    officer = open_as(Role.FEDERATION)
    for watched, path, button in (
        (staff, "/classes/{draft}/sessions/new", "保存"),
        (staff, "/classes/{draft}/sessions/repeat", "保存"),
        (staff, "/providers/{base}/venues/new", "保存"),
        (staff, "/teachers/{teacher}/qualifications/new", "保存"),
        (officer, "/courses/new", "保存"),
        (officer, "/providers/new", "保存"),
        (officer, "/providers/{base}/accreditations/new", "保存"),
        (officer, "/classes/{open}/cancel", "取消班期"),
        (officer, "/classes/{submitted}/decide", "提交意见"),
    ):
        watched.page.goto(path.format(**ids))
        watched.page.get_by_role("button", name=button, exact=True).click()
        expect(watched.page.get_by_role("alert")).to_be_visible()
        watched.check(where=f"refused {path}")


def test_axe_finds_nothing_on_empty_pages(
    committing_app: Flask, open_as: Callable[..., Watched]
) -> None:
    base = factories.provider()
    db.session.commit()
    for role, paths in {
        None: ["/", "/open-classes"],
        Role.FEDERATION: ["/classes", "/courses", "/providers/{base}"],
        Role.PROVIDER: ["/classes", "/classes/new", "/providers/own", "/classes/today"],
    }.items():
        watched = open_as(role, **({"provider_id": base.id} if role is Role.PROVIDER else {}))
        for path in paths:
            watched.page.goto(path.format(base=base.id))
            watched.check(where=f"empty {role} {path}")
