"""The administrator opens an account, grants a role, and closes it again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.conftest import Visitor
from tests.browser.identity.test_sign_in import PASSWORD, sign_in

Visit = Callable[..., Visitor]


@pytest.mark.parametrize("width", [1280, 375])
def test_an_account_from_opening_to_closing(
    visit: Visit, make_account: Callable[..., Any], width: int
) -> None:
    make_account("admin1", Role.SYSADMIN, password=PASSWORD)
    factories.region(factories.DISTRICT, "振兴区")
    factories.region(factories.TOWNSHIP, "浪头镇")
    db.session.commit()
    admin = visit(width=width)
    page = admin.page
    sign_in(page, "admin1", PASSWORD)
    page.goto("/accounts")
    admin.check("accounts")
    page.get_by_role("link", name="新建账户").click()
    page.get_by_role("button", name="开立账户").click()
    expect(page.get_by_role("alert")).to_be_focused()
    admin.check("new-account-errors")
    page.get_by_label("用户名").fill("lina")
    page.get_by_label("姓名").fill("李娜")
    page.get_by_role("button", name="开立账户").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("账户已开立")
    admin.check("initial-password-shown")
    page.get_by_role("link", name="继续：查看账户和授予身份").click()
    admin.check("account-without-role")
    page.get_by_role("link", name="授予身份").click()
    admin.check("choose-role")
    page.get_by_role("radio", name="镇街").check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="授予身份").click()
    expect(page.get_by_role("alert")).to_be_visible()
    admin.check("grant-errors")
    page.get_by_label("负责的区划").select_option(label="浪头镇")
    page.get_by_role("button", name="授予身份").click()
    expect(page.get_by_role("status")).to_contain_text("已授予镇街身份")
    expect(page.get_by_role("rowheader", name="镇街：")).to_be_visible()
    admin.check("account-with-role")
    page.get_by_role("link", name="关闭账户").click()
    admin.check("close-account")
    page.get_by_role("button", name="关闭账户").click()
    expect(page.get_by_role("status")).to_contain_text("账户已关闭")
    page.get_by_role("button", name="重新启用").click()
    expect(page.get_by_role("status")).to_contain_text("重新启用")


def test_the_list_is_narrowed_by_its_address(
    visit: Visit, make_account: Callable[..., Any]
) -> None:
    make_account("admin1", Role.SYSADMIN, password=PASSWORD)
    make_account("sunli", Role.JUDGE, password=PASSWORD)
    admin = visit()
    page = admin.page
    sign_in(page, "admin1", PASSWORD)
    page.goto("/accounts")
    page.get_by_label("身份").select_option(label="裁判")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_role("link", name="sunli")).to_be_visible()
    expect(page.get_by_role("rowheader", name="admin1")).to_have_count(0)
    admin.check("accounts-narrowed")
    page.get_by_label("用户名或姓名").fill("没有这个人")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_text("没有符合条件的账户")).to_be_visible()
    admin.check("accounts-empty")
