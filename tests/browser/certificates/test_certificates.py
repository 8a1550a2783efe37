"""Certificates in a real browser: by keyboard, at two widths, with axe."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.certificates.models import Certificate
from app.employers.models import Employer
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.certificates.conftest import Scene
from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]


def look(visitor: Visitor, name: str, *, title: str | None = None) -> None:
    """Check the page once it has this title, and keep a picture of it where SCREENSHOTS names a folder."""
    if title is not None:
        expect(visitor.page).to_have_title(f"{title} - 启明")
    visitor.watched.check()
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        width = visitor.page.viewport_size["width"]  # type: ignore[index]
        visitor.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def tab_to(page: Page, name: str, *, role: str, most: int = 30) -> None:
    """Press Tab until the control with this accessible name has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by Tab")


@pytest.mark.parametrize("width", [1280, 375])
def test_a_stranger_verifies_by_keyboard_alone(visit: Visit, scene: Scene, width: int) -> None:
    stranger = visit(width=width, allowed=(404,))
    page = stranger.page
    stranger.open("/verify")
    look(stranger, "verify")
    # First with nothing typed: the summary takes the focus, its link leads to the field.
    tab_to(page, "查验", role="button")
    page.keyboard.press("Enter")
    expect(page).to_have_title("错误：查验证书 - 启明")
    look(stranger, "verify-errors")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="证书编号")).to_be_focused()
    page.keyboard.type(scene.valid.number.lower().replace("-", " "))
    page.keyboard.press("Tab")
    page.keyboard.type("王铉")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("没有查到这张证书")
    look(stranger, "verify-unknown")
    tab_to(page, "持证人姓名", role="textbox")
    page.keyboard.press("Control+a")
    page.keyboard.type("王𬭎")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("证书有效")
    expect(page.get_by_role("main")).to_contain_text("电子商务与直播带货")
    look(stranger, "verify-valid")


@pytest.mark.parametrize("width", [1280, 375])
def test_what_the_qr_code_shows(visit: Visit, scene: Scene, width: int) -> None:
    stranger = visit(width=width, allowed=(404,))
    page = stranger.page
    stranger.open(f"/verify/{scene.valid.verification_token}")
    expect(page.get_by_role("heading", level=1)).to_have_text("证书有效")
    expect(page.get_by_role("main")).not_to_contain_text("王𬭎")
    look(stranger, "qr-valid")
    page.get_by_role("textbox", name="持证人姓名").fill("王𬭎")
    page.get_by_role("button", name="查验").click()
    expect(page.get_by_role("main")).to_contain_text("王𬭎")
    stranger.open(f"/verify/{scene.revoked.verification_token}")
    expect(page.get_by_role("heading", level=1)).to_have_text("证书已撤销")
    look(stranger, "qr-revoked")
    stranger.open("/verify/" + "x" * 22)
    expect(page.get_by_role("heading", level=1)).to_have_text("没有查到这张证书")
    look(stranger, "qr-unknown")


@pytest.mark.parametrize("width", [1280, 375])
def test_the_federation_issues_and_revokes(visit: Visit, scene: Scene, width: int) -> None:
    officer = visit(Role.FEDERATION, width=width)
    page = officer.page
    officer.open("/certificates/awaiting")
    look(officer, "awaiting")
    page.get_by_role("link", name="直播带货 2024 第 2 期").click()
    look(officer, "class", title="本班的证书")
    page.get_by_role("button", name="发放 1 张证书").click()
    expect(page.get_by_role("status")).to_contain_text("已发放 1 张证书")
    look(officer, "class-issued")
    page.get_by_role("link", name=re.compile("重新发证.*欧阳建国")).click()
    look(officer, "issue", title="发放证书")
    page.get_by_role("button", name="发放证书").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("证书 ZX-")
    number = page.get_by_role("heading", level=1).inner_text().removeprefix("证书 ")
    look(officer, "show", title=f"证书 {number}")
    page.get_by_role("link", name="撤销证书").click()
    look(officer, "revoke", title=f"撤销证书 {number}")
    page.get_by_role("button", name="撤销证书").click()
    expect(page.get_by_role("link", name="请填写撤销原因。")).to_be_visible()
    look(officer, "revoke-errors")
    page.get_by_role("textbox", name="撤销原因").fill("姓名印错，见更正申请")
    page.get_by_role("button", name="撤销证书").click()
    expect(page.get_by_role("main")).to_contain_text("不能再作为结业凭证")
    look(officer, "show-revoked")
    officer.open("/certificates")
    look(officer, "index")
    officer.open("/certificates?issued_from=2024-2-30")
    look(officer, "index-errors")
    officer.open("/certificates?words=无此人")
    look(officer, "index-empty")


@pytest.mark.parametrize("width", [1280, 375])
def test_other_roles_see_their_part(visit: Visit, scene: Scene, width: int) -> None:
    trainee = visit(Role.TRAINEE, width=width, person_id=scene.valid.person_id)
    trainee.open("/certificates/mine")
    look(trainee, "mine")
    with trainee.page.expect_download() as download:
        trainee.page.get_by_role("link", name="下载 PDF").click()
    assert download.value.suggested_filename == f"结业证书 {scene.valid.number}.pdf"
    taken_away = visit(Role.TRAINEE, width=width, person_id=scene.revoked.person_id, allowed=(409,))
    taken_away.open("/certificates/mine")
    look(taken_away, "mine-revoked")
    taken_away.open(f"/certificates/{scene.revoked.id}/pdf")
    look(taken_away, "download-revoked")
    nobody = visit(Role.TRAINEE, width=width)
    nobody.open("/certificates/mine")
    look(nobody, "mine-empty")
    base = visit(Role.PROVIDER, width=width, provider_id=scene.klass.provider_id)
    for path, name in (
        ("/certificates", "base-index"),
        (f"/classes/{scene.klass.id}/certificates", "base-class"),
        (f"/certificates/{scene.valid.id}", "base-show"),
    ):
        base.open(path)
        look(base, name)
    auditor = visit(Role.AUDITOR, width=width)
    auditor.open(f"/certificates/{scene.valid.id}")
    look(auditor, "auditor-show")


@pytest.mark.parametrize("width", [1280, 375])
def test_employers_by_keyboard(visit: Visit, scene: Scene, width: int) -> None:
    factories.region(factories.DISTRICT, "振兴区")
    for _ in range(27):
        factories.employer()
    db.session.commit()
    officer = visit(Role.FEDERATION, width=width)
    page = officer.page
    officer.open("/employers")
    look(officer, "employers")
    tab_to(page, "登记用人单位", role="link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("登记用人单位")
    look(officer, "employer-form")
    tab_to(page, "登记", role="button", most=40)
    page.keyboard.press("Enter")
    look(officer, "employer-errors", title="错误：登记用人单位")
    tab_to(page, "单位名称", role="textbox")
    page.keyboard.type("丹东市演示服装有限公司")
    page.keyboard.press("Tab")
    page.keyboard.type("9111 0000 6000 3734 1l")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("86")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("丹东市演示服装有限公司")
    look(officer, "employer")
    assert db.session.query(Employer).filter_by(credit_code="91110000600037341L").count() == 1
    assert db.session.query(Certificate).count() == 2
