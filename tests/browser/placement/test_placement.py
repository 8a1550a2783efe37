"""Journeys through follow-ups and employment by role and label, and axe on every page."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from app.placement import queries, services
from app.placement.types import (
    ContactMethod,
    Document,
    EmploymentForm,
    EvidenceKind,
    FollowUpOutcome,
    SpellFacts,
)
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]


def look(visitor: Visitor, name: str) -> None:
    """Check the page; keep a picture of it where PLACEMENT_PICTURES names a folder."""
    visitor.watched.check(where=name)
    folder = os.environ.get("PLACEMENT_PICTURES")
    if folder:
        width = visitor.page.viewport_size["width"]  # type: ignore[index]
        visitor.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_an_officer_with_a_phone_finds_out_that_somebody_works(
    visit: Visit, make_trained: Callable[..., Any], photo: dict[str, Any]
) -> None:
    make_trained()
    officer = visit(Role.TOWNSHIP, width=375)
    page = officer.page
    officer.open("/start")
    page.get_by_role("link", name="回访已逾期").click()
    look(officer, "follow-ups")
    page.get_by_role("link", name="第 1 个月的回访").click()
    expect(page.get_by_role("link", name="打电话给李小梅")).to_be_visible()
    look(officer, "follow-up")

    page.get_by_role("link", name="记录联系情况").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look(officer, "contact-errors")
    page.get_by_role("group", name="怎样联系的").get_by_label("电话").check()
    page.get_by_label("没联系上，以后再联系").check()
    page.get_by_label("备注").fill("响铃无人接")
    look(officer, "contact")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("回访仍在待办中")
    expect(page.get_by_text("电话，没联系上")).to_be_visible()

    page.get_by_role("link", name="记录联系情况").click()
    page.get_by_label("上门").check()
    page.get_by_label("联系上了，在业").check()
    page.get_by_label("在哪里工作").fill("小梅网店")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("回访已完成：在业")
    look(officer, "follow-up-employed")

    page.get_by_role("link", name="登记就业").click()
    expect(page.get_by_label("单位名称或统一社会信用代码")).to_have_value("小梅网店")
    look(officer, "workplace")
    page.get_by_role("link", name="不选单位，继续填写").click()
    expect(page.get_by_label("工作单位或经营名称")).to_have_value("小梅网店")
    page.get_by_label("个体就业（自主创业）").check()
    page.get_by_label("岗位", exact=True).fill("店主")
    page.get_by_label("月收入（元）").fill("3,200")
    page.get_by_label("材料种类").select_option("营业执照")
    page.get_by_label("证明材料", exact=False).last.set_input_files(photo)
    page.get_by_role("button", name="登记就业").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写开始日")
    expect(page.get_by_label("岗位", exact=True)).to_have_value("店主")
    look(officer, "report-errors")
    started = clock.today() - timedelta(days=20)
    page.get_by_label("开始日", exact=True).fill(started.isoformat())
    page.get_by_label("证明材料", exact=False).last.set_input_files(photo)
    page.get_by_role("button", name="登记就业").click()
    expect(page.get_by_role("status")).to_contain_text("就业已登记")
    expect(page.get_by_text("“直播带货第 2 期”")).to_be_visible()
    expect(page.get_by_text("B 营业执照或工资记录")).to_be_visible()
    look(officer, "spell")


def test_a_call_is_recorded_by_keyboard_alone(
    visit: Visit, make_trained: Callable[..., Any]
) -> None:
    follow_up = queries.follow_ups_of(make_trained().id)[0]
    officer = visit(Role.TOWNSHIP)
    page = officer.page
    officer.open(f"/follow-ups/{follow_up.id}/contact")

    def tab_to(target: Locator) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{target} is out of reach of the keyboard")

    tab_to(page.get_by_role("radio", name="电话"))
    page.keyboard.press("Space")
    tab_to(page.get_by_role("radio", name="没联系上，以后再联系"))
    page.keyboard.press("Space")
    tab_to(page.get_by_label("备注"))
    page.keyboard.type("占线")
    tab_to(page.get_by_role("button", name="保存"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("回访仍在待办中")
    expect(page.get_by_text("占线")).to_be_visible()


def report(person: Any, number: int, role: Role = Role.TOWNSHIP) -> Any:
    target = factories.employer(name=f"鸭绿江第{number}食品有限公司")
    spell = services.report_spell(
        actor=factories.actor(role),
        person_id=person.id,
        birth_date=person.birth_date,
        facts=SpellFacts(
            form=EmploymentForm.PROPORTIONAL,
            employer_id=target.id,
            workplace=target.name,
            post="包装工",
            started_on=clock.today() - timedelta(days=25),
        ),
        document=None,
    )
    db.session.commit()
    return spell


def test_the_federation_verifies_what_an_officer_reported(
    visit: Visit, make_trained: Callable[..., Any], photo: dict[str, Any]
) -> None:
    spell = report(make_trained().person, 1)
    federation = visit(Role.FEDERATION)
    page = federation.page
    federation.open("/start")
    page.get_by_role("link", name="就业记录等待核实").click()
    page.get_by_role("link", name="李小梅").click()
    page.get_by_role("link", name="核实或退回").click()
    page.get_by_label("核实无误").check()
    page.get_by_role("button", name="保存决定").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有证明材料，不能核实")
    look(federation, "decide-errors")
    services.add_evidence(
        actor=factories.actor(Role.TOWNSHIP),
        spell=spell,
        document=Document(EvidenceKind.CONTRACT, "合同.jpg", photo["buffer"]),
    )
    db.session.commit()
    page.get_by_role("button", name="保存决定").click()
    expect(page.get_by_role("status")).to_contain_text("就业已核实")
    look(federation, "spell-verified")
    page.get_by_role("link", name="更正").click()
    page.get_by_label("岗位", exact=True).fill("质检员")
    page.get_by_label("更正原因").fill("岗位录错")
    look(federation, "correct")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("待核实").first).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="岗位录错")).to_contain_text("包装工")
    look(federation, "spell-corrected")


PAGES = {
    Role.TOWNSHIP: ["/start", "/follow-ups", "/follow-ups?show=closed", "/spells", "/spells/new"],
    Role.FEDERATION: ["/start", "/follow-ups", "/spells"],
    Role.AUDITOR: ["/follow-ups", "/spells"],
    Role.PROVIDER: ["/start", "/spells", "/spells/new?text=李"],
    Role.TRAINEE: ["/my-employment"],
}


def test_empty_pages(visit: Visit) -> None:
    for role, paths in PAGES.items():
        visitor = visit(role, width=375)
        for path in paths:
            visitor.open(path)
            expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
            look(visitor, f"empty-{role.value}{path.replace('/', '-').replace('?', '-')}")


@pytest.mark.parametrize("width", [320, 1280])
def test_full_pages(
    visit: Visit, make_trained: Callable[..., Any], photo: dict[str, Any], width: int
) -> None:
    trained = [make_trained(name=f"学员{number}", days_ago=40 + number) for number in range(26)]
    spells = [report(one.person, number) for number, one in enumerate(trained)]
    first = trained[0]
    follow_ups = queries.follow_ups_of(first.id)
    actor = factories.actor(Role.TOWNSHIP)
    services.close_follow_up(
        actor=actor,
        follow_up=follow_ups[0],
        outcome=FollowUpOutcome.NOT_EMPLOYED,
        method=ContactMethod.VISIT,
        on=clock.today(),
        note="在家照顾老人",
    )
    services.add_evidence(
        actor=actor,
        spell=spells[0],
        document=Document(EvidenceKind.PHOTO, "厂房.jpg", photo["buffer"]),
    )
    db.session.commit()
    person = first.person_id
    base_id = first.training_class.provider_id
    paths = {
        Role.TOWNSHIP: [
            *PAGES[Role.TOWNSHIP],
            f"/follow-ups/{follow_ups[0].id}",
            f"/follow-ups/{follow_ups[1].id}",
            f"/follow-ups/{follow_ups[1].id}/exclude",
            f"/persons/{person}/employment",
            f"/persons/{person}/spells/new?text=食品",
            f"/spells/{spells[0].id}",
            f"/spells/{spells[0].id}/edit",
            f"/spells/{spells[0].id}/end",
            f"/spells/{spells[0].id}/evidence/new",
            "/spells/new?text=学员",
        ],
        Role.FEDERATION: [
            *PAGES[Role.FEDERATION],
            "/spells?state=reported&text=学员1",
            "/spells?started_from=2024-2-30",
            f"/spells/{spells[0].id}/decide",
        ],
        Role.AUDITOR: [*PAGES[Role.AUDITOR], f"/follow-ups/{follow_ups[0].id}"],
        Role.PROVIDER: [*PAGES[Role.PROVIDER], f"/spells/{spells[0].id}"],
        Role.TRAINEE: [*PAGES[Role.TRAINEE], f"/spells/{spells[0].id}"],
    }
    scopes: dict[Role, dict[str, int]] = {
        Role.PROVIDER: {"provider_id": base_id},
        Role.TRAINEE: {"person_id": person},
    }
    roles = (Role.TOWNSHIP, Role.TRAINEE) if width == 320 else tuple(paths)[1:]
    for role in roles:
        visitor = visit(role, width=width, **scopes.get(role, {}))
        for path in paths[role]:
            visitor.open(path)
            expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
            look(visitor, f"full-{role.value}{path.replace('/', '-').replace('?', '-')}")
