"""Signing in as people do it: by role and label, by keyboard, with a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.platform import outbox
from app.platform.access import Role
from app.platform.db import db
from tests.browser.conftest import Visitor

PASSWORD = "Haikou-9981"
OTHER = "Langtou-7716"

Visit = Callable[..., Visitor]


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_an_officer_signs_in_and_out(
    visit: Visit, make_account: Callable[..., Any], width: int
) -> None:
    make_account("wangfang", Role.FEDERATION, password=PASSWORD)
    officer = visit(width=width)
    page = officer.page
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    officer.check("sign-in")
    page.get_by_label("用户名").fill("wangfang")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我的账户")
    officer.check("account")
    page.get_by_role("button", name="退出", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("您已退出")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")


def test_everything_goes_by_keyboard(visit: Visit, make_account: Callable[..., Any]) -> None:
    make_account("wangfang", Role.FEDERATION, password=PASSWORD)
    page = visit().page
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type("wangfang")
    page.keyboard.press("Tab")
    page.keyboard.type("Wrong-Password-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("用户名")).to_be_focused()
    expect(page.get_by_label("用户名")).to_have_value("wangfang")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/start")


def test_a_wrong_password_is_told_and_then_the_lock_until_when(
    visit: Visit, make_account: Callable[..., Any]
) -> None:
    make_account("wangfang", Role.FEDERATION, password=PASSWORD)
    visitor = visit(width=375)
    page = visitor.page
    for _ in range(4):
        sign_in(page, "wangfang", "Wrong-Password-1")
        expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    expect(page).to_have_title(re.compile("^错误：登录"))
    visitor.check("wrong-password")
    sign_in(page, "wangfang", "Wrong-Password-1")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"\d+:\d\d 之前不能登录"))
    visitor.check("locked")


def test_an_initial_password_is_changed_first(
    visit: Visit, make_account: Callable[..., Any]
) -> None:
    initial = make_account("new", Role.JUDGE)
    visitor = visit(width=375)
    page = visitor.page
    sign_in(page, "new", initial)
    expect(page.get_by_role("heading", level=1)).to_have_text("请先修改初始密码")
    visitor.check("initial-password")
    page.goto("/start")
    expect(page.get_by_role("heading", level=1)).to_have_text("请先修改初始密码")
    page.get_by_label("现在的密码").fill(initial)
    page.get_by_label("新密码", exact=True).fill("12345")
    page.get_by_label("再填一次新密码").fill("12345")
    page.get_by_role("button", name="保存新密码").click()
    page.get_by_role("alert").get_by_role("link", name=re.compile("至少 10 位")).click()
    expect(page.get_by_label("新密码", exact=True)).to_be_focused()
    visitor.check("poor-password")
    page.get_by_label("现在的密码").fill(initial)
    page.get_by_label("新密码", exact=True).fill(PASSWORD)
    page.get_by_label("再填一次新密码").fill(PASSWORD)
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_role("status")).to_contain_text("密码已修改")


def test_a_role_is_chosen(visit: Visit, make_account: Callable[..., Any]) -> None:
    make_account("two", Role.FEDERATION, Role.JUDGE, password=PASSWORD)
    visitor = visit()
    page = visitor.page
    sign_in(page, "two", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("选择身份")
    visitor.check("switch-role")
    page.get_by_role("radio", name="裁判").check()
    page.get_by_role("button", name="用这个身份继续").click()
    page.wait_for_url("**/start")
    expect(page.get_by_role("banner")).to_contain_text("裁判")
    page.get_by_role("link", name="切换身份").click()
    expect(page.get_by_role("radio", name="裁判")).to_be_checked()


def test_the_time_out_is_announced_and_extended(
    visit: Visit, make_account: Callable[..., Any]
) -> None:
    make_account("wangfang", Role.FEDERATION, password=PASSWORD)
    visitor = visit()
    page = visitor.page
    page.clock.install()
    sign_in(page, "wangfang", PASSWORD)
    page.wait_for_url("**/start")
    dialog = page.get_by_role("dialog", name="您还在吗？")
    expect(dialog).to_be_hidden()
    page.clock.fast_forward("28:30")
    expect(dialog).to_be_visible()
    visitor.check("time-out")
    with page.expect_response("**/session/extend") as answer:
        dialog.get_by_role("button", name="继续使用").press("Enter")
    assert answer.value.status == 204
    expect(dialog).to_be_hidden()


def test_a_trainee_resets_the_password_with_a_phone(
    visit: Visit, make_account: Callable[..., Any]
) -> None:
    make_account("xy0000001", Role.TRAINEE, password=PASSWORD, phone="13800000001")
    visitor = visit(width=375)
    page = visitor.page
    page.goto("/sign-in")
    page.get_by_role("link", name="用手机验证码重设密码").click()
    visitor.check("forgot-password")
    page.get_by_label("用户名或手机号").fill("13800000001")
    page.get_by_label("登记的手机号").fill("13800000001")
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("填写验证码和新密码")
    db.session.rollback()
    code = re.search(r"\d{6}", outbox.undelivered()[-1].body)
    assert code is not None
    page.get_by_label("验证码").fill(f"{(int(code[0]) + 1) % 1_000_000:06d}")
    page.get_by_label("新密码", exact=True).fill(OTHER)
    page.get_by_label("再填一次新密码").fill(OTHER)
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_role("alert")).to_contain_text("验证码不对或已失效")
    visitor.check("wrong-code")
    page.get_by_label("验证码").fill(code[0])
    page.get_by_label("新密码", exact=True).fill(OTHER)
    page.get_by_label("再填一次新密码").fill(OTHER)
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_role("status")).to_contain_text("密码已重设")
    sign_in(page, "13800000001", OTHER)
    page.wait_for_url("**/start")
