"""The whole chain in a browser, by role and label only: from a proposed class to a conversion that moved by one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader, PdfWriter

from app.courses.types import Level
from app.people.types import ConsentPurpose
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from app.regions.models import Region
from tests import factories
from tests.browser.conftest import Visitor
from tests.factories import courses as build

CLASS = "直播带货第 1 期"
SELF, BROUGHT = "李小梅", "王𬭎"
#: The class was taught some weeks ago, so that its first follow-up is due and work has begun since.
DAYS_AGO = (40, 36)


class Calendar:
    """The day that the served application takes for today; the real one once `moment` is None.

    The clock is frozen by context, so it is done within each request, in the thread of the server.
    """

    def __init__(self, app: Flask) -> None:
        self.moment: datetime | None = None
        self._answer = app.wsgi_app
        app.wsgi_app = self._frozen  # type: ignore[method-assign]

    def _frozen(self, environ: Any, start_response: Any) -> Any:
        if self.moment is None:
            return self._answer(environ, start_response)
        with clock.frozen(self.moment):
            return self._answer(environ, start_response)

    def turn_to(self, day: date) -> None:
        self.moment = datetime.combine(day, time(18), clock.SHANGHAI)


@dataclass(frozen=True)
class Cast:
    """Everybody of the journey, each at a browser of the own."""

    base: Visitor
    officer: Visitor
    second_officer: Visitor
    township: Visitor
    trainee: Visitor
    auditor: Visitor
    stranger: Visitor


@pytest.fixture
def cast(committing_app: Flask, visit: Callable[..., Visitor]) -> Cast:
    """A district with one base, one course and two persons; one of them has not consented to anything yet."""
    factories.region(factories.DISTRICT, "振兴区")
    factories.region(factories.TOWNSHIP, "浪头镇")
    provider = factories.provider(name="振兴电商培训中心")
    factories.venue(provider, name="一楼直播间", way_there="坐 12 路公交到振兴路站，东门进")
    build.teacher_of(provider.id, name="李老师")
    factories.course(title="直播带货入门", level=Level.FIVE, assessment_required=True)
    person = factories.person(name=SELF, phone="13800138000", consented=False)
    factories.person(name=BROUGHT)
    db.session.commit()
    assert db.session.get(Region, factories.TOWNSHIP) is not None
    return Cast(
        base=visit(Role.PROVIDER, provider_id=provider.id, name="基地教师"),
        officer=visit(Role.FEDERATION, name="培训科"),
        second_officer=visit(Role.FEDERATION, name="就业科"),
        township=visit(Role.TOWNSHIP, name="镇街专干"),
        trainee=visit(Role.TRAINEE, person_id=person.id, width=375),
        auditor=visit(Role.AUDITOR, name="审计员"),
        stranger=visit(width=375),
    )


@pytest.fixture
def calendar(committing_app: Flask) -> Calendar:
    return Calendar(committing_app)


def test_from_a_proposed_class_to_an_audited_conversion(
    calendar: Calendar, cast: Cast, tmp_path: Path
) -> None:
    question = _question()
    before = _conversion(cast.auditor, question)
    calendar.turn_to(_day(0) - timedelta(days=10))
    class_url = propose(cast.base)
    approve(cast.officer)
    move(cast.base, class_url, "开放报名", "已开放报名")
    consent(cast.township)
    enrol_oneself(cast.trainee)
    enrol_on_behalf(cast.township)
    calendar.turn_to(_day(0))
    move(cast.base, class_url, "开课", "已开课")
    calendar.turn_to(_day(1))
    call_the_rolls(cast.base)
    hand_in(cast.base, class_url)
    confirm(cast.officer)
    number = certify(cast.officer)
    download(cast.trainee, number, tmp_path / "certificate.pdf")
    verify(cast.stranger, number)
    calendar.moment = None
    trained = _conversion(cast.auditor, question)
    assert (trained[0], trained[1]) == (before[0], before[1] + 2)
    follow_up(cast.township)
    spell_url = report_work(cast.township, tmp_path)
    assert _conversion(cast.auditor, question) == trained, "work that nobody verified counts"
    verify_work(cast.second_officer, spell_url)
    assert _conversion(cast.auditor, question) == (trained[0] + 1, trained[1])
    open_the_evidence(cast.auditor, question)


# ---- the base and the federation: a class


def propose(staff: Visitor) -> str:
    page = staff.page
    staff.open("/start")
    _main_menu(page, "班期")
    page.get_by_role("link", name="申请开班").click()
    page.get_by_label("课程", exact=True).select_option(
        label="直播带货入门（五级（初级工），4 课时）"
    )
    page.get_by_label("班期名称").fill(CLASS)
    page.get_by_label("开课日期").fill(_day(0).isoformat())
    page.get_by_label("结束日期").fill(_day(1).isoformat())
    page.get_by_label("计划招收人数").fill("15")
    page.get_by_role("radio", name="一楼直播间").check()
    page.get_by_label("考核方案").fill("理论笔试、实操开播，60 分合格")
    page.get_by_role("button", name="保存草稿").click()
    _told(page, "班期草稿已保存")
    url = page.url
    for day, part in ((_day(0), "理论"), (_day(1), "实操")):
        page.get_by_role("link", name="添加课次").click()
        page.get_by_label("日期").fill(day.isoformat())
        page.get_by_label("开始时间").fill("08:30")
        page.get_by_label("课时数").fill("2")
        page.get_by_role("radio", name=part).check()
        page.get_by_label("课题").fill(f"{part}课")
        page.get_by_role("radio", name="李老师").check()
        page.get_by_role("button", name="保存").click()
        _told(page, "课次已添加")
    page.get_by_role("link", name="提交审批").click()
    page.get_by_role("button", name="提交审批").click()
    _told(page, "等待区残联审批")
    staff.check()
    return url


def approve(officer: Visitor) -> None:
    page = officer.page
    officer.open("/start")
    page.get_by_role("link", name=re.compile("开班申请等待审批")).click()
    page.get_by_role("link", name=CLASS).click()
    page.get_by_role("link", name="审批", exact=True).click()
    page.get_by_role("radio", name="批准").check()
    page.get_by_role("button", name="提交意见").click()
    _told(page, "班期已批准")
    officer.check()


def move(staff: Visitor, class_url: str, command: str, told: str) -> None:
    page = staff.page
    page.goto(class_url)
    page.get_by_role("link", name=command, exact=True).click()
    page.get_by_role("button", name=command).click()
    _told(page, told)


# ---- trainees


def consent(officer: Visitor) -> None:
    """The township records that the trainee agreed, without which nobody can be enrolled."""
    page = officer.page
    officer.open("/start")
    _main_menu(page, "人员")
    page.get_by_role("link", name=SELF).click()
    page.get_by_role("link", name="同意记录").click()
    page.get_by_role("link", name="记录同意").click()
    page.get_by_role("radio", name=ConsentPurpose.TRAINING.label).check()
    page.get_by_role("radio", name="本人").check()
    page.get_by_role("checkbox", name=re.compile("已向对方读出")).check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("同意记录")


def enrol_oneself(trainee: Visitor) -> None:
    page = trainee.page
    trainee.open("/open-classes")
    page.get_by_role("link", name=CLASS).click()
    trainee.check()
    page.get_by_role("link", name="我要报名").click()
    page.get_by_role("radio", name="没有工作").check()
    page.get_by_role("checkbox", name=re.compile("大字材料")).check()
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_text("大字材料：讲义和试卷用大字")).to_be_visible()
    page.get_by_role("button", name="提交报名").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("报名成功")
    trainee.check()


def enrol_on_behalf(officer: Visitor) -> None:
    page = officer.page
    officer.open("/start")
    _main_menu(page, "开班信息")
    page.get_by_role("link", name=CLASS).click()
    page.get_by_role("link", name="代为报名").click()
    page.get_by_label("姓名、拼音或证件号").fill(BROUGHT)
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name=BROUGHT).click()
    page.get_by_role("radio", name="没有工作").check()
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交报名").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("报名成功")
    officer.check()


# ---- teaching and completion


def call_the_rolls(staff: Visitor) -> None:
    page = staff.page
    for lesson in ("理论课", re.compile(rf"^点名\s*：{CLASS}")):
        staff.open("/start")
        _main_menu(page, "点名")
        page.get_by_role("link", name=lesson).click()
        for name in (SELF, BROUGHT):
            group = page.get_by_role("group", name=name)
            group.get_by_role("radio", name="到课").check()
            expect(page.get_by_role("status").last).to_contain_text(f"{name} 到课，已保存")
        expect(page.get_by_role("status").last).to_contain_text("已点 2 / 2 人")
        staff.check()
        page.get_by_role("button", name="保存并结束点名").click()
        _told(page, "点名已保存：到课 2 人")


def hand_in(staff: Visitor, class_url: str) -> None:
    page = staff.page
    page.goto(class_url)
    page.get_by_role("link", name="考核成绩").click()
    for name in (SELF, BROUGHT):
        page.get_by_label(f"{name}理论").fill("85")
        page.get_by_label(f"{name}实操").fill("72.5")
    page.get_by_role("button", name="保存成绩").click()
    _told(page, "考核成绩已保存")
    staff.check()
    page.get_by_role("link", name="结业", exact=True).click()
    page.get_by_role("button", name="提交结业名单").click()
    _told(page, "等待区残联确认")
    staff.check()


def confirm(officer: Visitor) -> None:
    page = officer.page
    officer.open("/start")
    page.get_by_role("link", name=re.compile("结业名单等待确认")).click()
    page.get_by_role("link", name=CLASS).click()
    officer.check()
    page.get_by_role("link", name="确认结业").click()
    page.get_by_role("button", name="确认结业").click()
    _told(page, "已确认 2 人")


# ---- certificates


def certify(officer: Visitor) -> str:
    """Issue for the class; the number of the certificate of who enrolled on her own."""
    page = officer.page
    officer.open("/start")
    page.get_by_role("link", name=re.compile("结业已确认，等待发证")).click()
    page.get_by_role("link", name=CLASS).click()
    page.get_by_role("button", name="发放 2 张证书").click()
    _told(page, "已发放 2 张证书")
    officer.check()
    row = page.get_by_role("row", name=re.compile(SELF))
    return row.get_by_role("link").inner_text()


def download(trainee: Visitor, number: str, target: Path) -> None:
    page = trainee.page
    trainee.open("/certificates/mine")
    page.get_by_role("link", name="直播带货入门").click()
    with page.expect_download() as event:
        page.get_by_role("link", name="下载 PDF").click()
    event.value.save_as(target)
    text = "".join(one.extract_text() for one in PdfReader(target).pages)
    assert SELF in text
    assert number in text


def verify(stranger: Visitor, number: str) -> None:
    page = stranger.page
    stranger.open("/")
    page.get_by_label("证书编号").fill(number.lower())
    page.get_by_label("持证人姓名").fill(SELF)
    page.get_by_role("button", name="查验").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("证书有效")
    stranger.check()


# ---- after the training


def follow_up(officer: Visitor) -> None:
    page = officer.page
    officer.open("/start")
    _main_menu(page, "回访")
    page.get_by_role("link", name=re.compile(SELF)).first.click()
    page.get_by_role("link", name="记录联系情况").click()
    page.get_by_role("radio", name="电话").check()
    page.get_by_role("radio", name="联系上了，在业").check()
    page.get_by_label("在哪里工作").fill("小梅直播间")
    page.get_by_role("button", name="保存").click()
    _told(page, "请接着登记就业")
    officer.check()


def report_work(officer: Visitor, folder: Path) -> str:
    """Report work from the follow-up that was just closed, with a document."""
    page = officer.page
    page.get_by_role("link", name="登记就业").click()
    page.get_by_role("link", name="不选单位，继续填写").click()
    expect(page.get_by_label("工作单位或经营名称")).to_have_value("小梅直播间")
    page.get_by_role("radio", name="个体就业（自主创业）").check()
    page.get_by_role("textbox", name="岗位").fill("店主")
    page.get_by_label("开始日", exact=True).fill((clock.today() - timedelta(days=20)).isoformat())
    page.get_by_label("材料种类").select_option(label="营业执照")
    page.get_by_label("证明材料", exact=False).last.set_input_files(_licence(folder))
    page.get_by_role("button", name="登记就业").click()
    _told(page, "就业已登记，等待区残联核实")
    officer.check()
    return page.url


def verify_work(officer: Visitor, spell_url: str) -> None:
    page = officer.page
    page.goto(spell_url)
    page.get_by_role("link", name="核实或退回").click()
    page.get_by_role("radio", name="核实无误").check()
    page.get_by_role("button", name="保存决定").click()
    _told(page, "就业已核实")
    officer.check()


# ---- the auditor


def _conversion(auditor: Visitor, question: str) -> tuple[int, int]:
    """Numerator and denominator of the conversion as the page prints them."""
    auditor.open(question)
    auditor.check()
    shown = [
        _numerator(auditor.page).get_attribute("aria-label") or "",
        auditor.page.get_by_role("link", name=re.compile(r"^培训后就业转化率.*分母")).get_attribute(
            "aria-label"
        )
        or "",
    ]
    numbers = [re.search(r"分[子母] (\d+)", one) for one in shown]
    return tuple(int(one[1]) for one in numbers if one)  # type: ignore[return-value]


def _numerator(page: Page) -> Locator:
    return page.get_by_role("link", name=re.compile(r"^培训后就业转化率.*分子"))


def open_the_evidence(auditor: Visitor, question: str) -> None:
    """Cell, rows, case: three steps lead to the document."""
    page = auditor.page
    auditor.open(question)
    _numerator(page).click()
    auditor.check()
    page.get_by_role("link", name=SELF).click()
    expect(page.get_by_text("小梅直播间").first).to_be_visible()
    auditor.check()
    with page.expect_download() as event:
        page.get_by_role("link", name=re.compile("licence.pdf")).click()
    assert event.value.path().read_bytes().startswith(b"%PDF")


# ---- small matters


def _day(index: int) -> date:
    return clock.today() - timedelta(days=DAYS_AGO[index])


def _question() -> str:
    """The indicators of this and last year on a day by which everybody is matured."""
    today = clock.today()
    start, as_of = _day(0) - timedelta(days=365), today + timedelta(days=200)
    return f"/oversight?start={start}&end={today}&as_of={as_of}&conversion_days=60"


def _main_menu(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="主导航").get_by_role("link", name=name, exact=True).click()


def _told(page: Page, text: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(text)


def _licence(folder: Path) -> Any:
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    path = folder / "licence.pdf"
    writer.write(path)
    return path
