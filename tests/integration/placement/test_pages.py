"""The pages: scope, access, errors at their field, counts of queries, exports."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.placement import queries, services
from app.placement.models import EmploymentSpell, Evidence, FollowUp, FollowUpAttempt
from app.placement.types import (
    ContactMethod,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
    SpellState,
)
from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import Event
from tests import factories
from tests.integration.placement.conftest import Trainee, document, photo
from tests.queries import count_queries

SignIn = Callable[..., FlaskClient]
Make = Callable[..., EmploymentSpell]


def text_of(answer: Any) -> str:
    soup = BeautifulSoup(answer.text, "html.parser")
    return " ".join(soup.select_one("main").get_text(" ").split())


def error_at(answer: Any, field: str) -> str:
    soup = BeautifulSoup(answer.text, "html.parser")
    return soup.find(id=f"{field}-error").get_text()


@pytest.fixture
def township(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.TOWNSHIP)


# Scope


def urls_of(trainee: Trainee, spell: EmploymentSpell, evidence_ids: list[int]) -> list[str]:
    person, first = trainee.person.id, trainee.follow_ups[0].id
    return [
        f"/follow-ups/{first}",
        f"/follow-ups/{first}/contact",
        f"/follow-ups/{first}/exclude",
        f"/persons/{person}/employment",
        f"/persons/{person}/spells/new",
        f"/spells/{spell.id}",
        f"/spells/{spell.id}/edit",
        f"/spells/{spell.id}/end",
        f"/spells/{spell.id}/decide",
        f"/spells/{spell.id}/evidence/new",
        *(f"/evidence/{one}" for one in evidence_ids),
    ]


@pytest.fixture
def everything(trainee: Trainee, make_spell: Make) -> list[str]:
    """Addresses of all that is recorded of one trainee, the proof of an exclusion included."""
    spell = make_spell()
    exclusion = services.exclude(
        actor=factories.actor(Role.TOWNSHIP),
        follow_up=trainee.follow_ups[3],
        reason=ExclusionReason.INSTITUTION,
        since=date(2024, 6, 1),
        method=ContactMethod.VISIT,
        note="",
        document=document(EvidenceKind.OTHER, colour="red"),
    )
    db.session.commit()
    return urls_of(trainee, spell, [spell.evidence[0].id, exclusion.evidence[0].id])


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.TOWNSHIP, {"region_code": factories.OTHER_TOWNSHIP}),
        (Role.FEDERATION, {"region_code": "210602"}),
        (Role.PROVIDER, {}),
        (Role.TRAINEE, {}),
    ],
)
def test_what_is_out_of_scope_is_not_there(
    everything: list[str],
    sign_in: SignIn,
    role: Role,
    scope: dict[str, str],
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    for code in scope.values():
        factories.region(code)
    client = sign_in(role, **scope)
    for url in everything:
        for answer in (client.get(url), client.post(url)):
            assert answer.status_code in (404, 403, 405), url
            if answer.status_code == 403:
                assert role in (Role.TOWNSHIP, Role.PROVIDER, Role.TRAINEE), url


@pytest.mark.parametrize("role", [Role.FEDERATION])
def test_what_is_in_scope_answers(everything: list[str], sign_in: SignIn, role: Role) -> None:
    client = sign_in(role, region_code=factories.DISTRICT)
    assert [client.get(url).status_code for url in everything] == [200] * len(everything)


def test_a_base_sees_its_trainee_but_no_follow_ups_and_no_exclusion(
    trainee: Trainee, everything: list[str], sign_in: SignIn
) -> None:
    client = sign_in(Role.PROVIDER, provider_id=trainee.provider_id)
    answers = [client.get(url).status_code for url in everything]
    assert answers == [403, 403, 403, 200, 200, 200, 200, 200, 403, 200, 200, 404]
    assert "13800138000" not in client.get(everything[5]).text


def test_a_trainee_sees_the_own_work(
    trainee: Trainee, everything: list[str], sign_in: SignIn
) -> None:
    client = sign_in(Role.TRAINEE, person_id=trainee.person.id)
    assert "小梅网店" in text_of(client.get("/my-employment"))
    answers = [client.get(url).status_code for url in everything]
    assert answers == [403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 200, 404]


def test_an_auditor_reads_and_works_nothing(everything: list[str], sign_in: SignIn) -> None:
    client = sign_in(Role.AUDITOR)
    answers = [client.get(url).status_code for url in everything]
    assert answers == [200, 403, 403, 200, 403, 200, 403, 403, 403, 403, 200, 200]
    for page in ("/follow-ups", everything[0]):
        assert "tel:" not in client.get(page).text
        assert "13800138000" not in client.get(page).text


def test_lists_hold_only_the_own_town(
    everything: list[str], township: FlaskClient, sign_in: SignIn
) -> None:
    factories.region(factories.OTHER_TOWNSHIP)
    elsewhere = sign_in(Role.TOWNSHIP, region_code=factories.OTHER_TOWNSHIP)
    for url in ("/follow-ups?show=overdue", "/spells", "/spells/new?text=李"):
        assert "李小梅" in text_of(township.get(url))
        assert "李小梅" not in text_of(elsewhere.get(url))
    spoofed = elsewhere.get(f"/follow-ups?township={factories.TOWNSHIP}")
    assert "李小梅" not in text_of(spoofed)


# Follow-ups


def test_a_whole_telephone_is_shown_for_one_person_at_a_time_and_logged(
    trainee: Trainee, township: FlaskClient
) -> None:
    first = trainee.follow_ups[0]
    assert 'href="tel:13800138000"' in township.get(f"/follow-ups/{first.id}").text
    shown = db.session.scalars(select(Event).where(Event.action == "follow_up.phone_shown")).all()
    assert [event.subject_id for event in shown] == [first.id]


def test_the_work_list_has_a_count_and_a_masked_telephone(
    trainee: Trainee, township: FlaskClient
) -> None:
    answer = township.get("/follow-ups?show=overdue")
    assert "4 个待回访，其中 1 个已逾期" in text_of(answer)
    assert "138****8000" in answer.text
    assert "13800138000" not in answer.text
    assert "逾期 8 天" in text_of(answer)
    assert "没有符合条件的回访" in text_of(township.get("/follow-ups?text=没有此人"))


def contact(client: FlaskClient, trainee: Trainee, **changes: str) -> Any:
    url = f"/follow-ups/{trainee.follow_ups[0].id}/contact"
    fields = {"method": "phone", "on": "2024-6-3", "result": "no_answer", "note": "占线"}
    return client.submit(url, **(fields | changes))  # type: ignore[attr-defined]


def test_a_failed_call_stays_open(trainee: Trainee, township: FlaskClient) -> None:
    assert contact(township, trainee).status_code == 303
    shown = text_of(township.get(f"/follow-ups/{trainee.follow_ups[0].id}"))
    assert "电话，没联系上" in shown
    assert "逾期 8 天" in shown


def test_a_double_submit_is_one_attempt(trainee: Trainee, township: FlaskClient) -> None:
    for _ in range(2):
        assert contact(township, trainee, nonce="the-same").status_code == 303
    assert db.session.scalar(select(func.count()).select_from(FollowUpAttempt)) == 1


def test_work_found_offers_to_report_it(trainee: Trainee, township: FlaskClient) -> None:
    answer = contact(township, trainee, method="visit", result="employed", workplace="电商公司")
    shown = township.get(answer.location)
    link = BeautifulSoup(shown.text, "html.parser").find("a", string="登记就业")["href"]
    where = township.get(link)
    assert 'value="电商公司"' in where.text


def test_errors_stand_at_their_field_and_keep_what_was_typed(
    trainee: Trainee, township: FlaskClient
) -> None:
    answer = contact(township, trainee, on="2024-2-30", note="邻居说外出打工")
    assert answer.status_code == 422
    assert "没有 2024年2月30日 这一天" in error_at(answer, "on")
    assert "邻居说外出打工" in answer.text
    answer = contact(township, trainee, result="not_reached", note="三次都没人")
    assert answer.status_code == 422
    assert "满 3 次" in error_at(answer, "result")
    assert "三次都没人" in answer.text


def test_two_tabs_the_second_sees_what_the_first_did(
    trainee: Trainee, township: FlaskClient, sign_in: SignIn
) -> None:
    second = sign_in(Role.TOWNSHIP)
    contact(township, trainee, result="not_employed")
    answer = contact(second, trainee, result="refused", note="第二个人写的")
    assert answer.status_code == 422
    assert "已由测试账号结束，结果是“已联系，未就业”" in text_of(answer)
    assert "第二个人写的" in answer.text


def exclude(client: FlaskClient, trainee: Trainee, content: bytes, name: str) -> Any:
    answer = client.submit(  # type: ignore[attr-defined]
        f"/follow-ups/{trainee.follow_ups[0].id}/exclude",
        reason="education",
        since="2024.6.1",
        method="visit",
        note="录取到特教学院",
        file=(io.BytesIO(content), name),
    )
    # The test client keeps a large request in a temporary file and never closes it.
    answer.request.environ["wsgi.input"].close()
    return answer


def test_an_exclusion_closes_all_and_can_be_proven(trainee: Trainee, township: FlaskClient) -> None:
    assert exclude(township, trainee, photo(), "通知书.jpg").status_code == 303
    closed = db.session.scalars(select(FollowUp.outcome)).all()
    assert closed == [FollowUpOutcome.EXCLUDED] * 4
    shown = township.get(f"/follow-ups/{trainee.follow_ups[0].id}")
    assert "进入全日制教育" in text_of(shown)
    assert "通知书.jpg" in text_of(shown)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>hello</body></html>", "内容不是"),
        (b"\xff\xd8\xff\xe0<html>still not a photo</html>", "不是照片"),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), "超过 8 MB"),
        (b"", "空"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_at_its_field(
    trainee: Trainee, township: FlaskClient, content: bytes, message: str
) -> None:
    answer = exclude(township, trainee, content, "通知书.jpg")
    assert answer.status_code == 422
    assert message in error_at(answer, "file")
    assert "录取到特教学院" in answer.text
    assert 'value="2024-06-01"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Evidence)) == 0


# Spells

FACTS = {
    "form": "self_employed",
    "workplace": "小梅网店",
    "post": "店主",
    "started_on": "2024年5月6日",
    "monthly_wage": "3,200",
}


def report(client: FlaskClient, trainee: Trainee, **changes: Any) -> Any:
    url = f"/persons/{trainee.person.id}/spells/new?own=1"
    return client.submit(url, **(FACTS | changes))  # type: ignore[attr-defined]


def test_a_spell_is_reported_with_a_photo(trainee: Trainee, township: FlaskClient) -> None:
    file = (io.BytesIO(photo(exif=True)), "店铺.jpg")
    answer = report(township, trainee, kind="photo", file=file)
    shown = text_of(township.get(answer.location))
    for part in (
        "待核实",
        "小梅网店",
        "3,200.00 元",
        "“测试班期”",
        "D 本人承诺或其他材料",
        "营业执照",
    ):
        assert part in shown, part


def test_a_registered_employer_is_searched_and_chosen(
    trainee: Trainee, township: FlaskClient
) -> None:
    employer = factories.employer(name="鸭绿江食品有限公司")
    db.session.commit()
    start = f"/persons/{trainee.person.id}/spells/new"
    for text in ("食品", employer.credit_code):
        found = township.get(f"{start}?text={text}&follow_up=1")
        link = BeautifulSoup(found.text, "html.parser").find("a", string=employer.name)["href"]
        assert f"employer={employer.id}" in link
    fields = {name: value for name, value in FACTS.items() if name != "workplace"}
    answer = township.submit(link, **(fields | {"form": "proportional"}))  # type: ignore[attr-defined]
    assert answer.status_code == 303
    spell = db.session.scalar(select(EmploymentSpell))
    assert spell is not None
    assert (spell.employer_id, spell.workplace) == (employer.id, employer.name)
    assert township.get(f"{start}?employer=999999").status_code == 404
    assert "没有叫“不存在”的单位" in text_of(township.get(f"{start}?text=不存在"))


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"started_on": "2024-6-4"}, "started_on", "不能晚于今天"),
        ({"started_on": "昨天"}, "started_on", "看不出是哪一天"),
        ({"ended_on": "2024-5-1", "end_reason": "搬迁"}, "ended_on", "不能早于开始日"),
        ({"ended_on": "2024-5-31"}, "end_reason", "写明结束原因"),
        ({"form": "proportional"}, "form", "登记过的用人单位"),
        ({"post": " "}, "post", "请填写岗位"),
        ({"monthly_wage": "三千"}, "monthly_wage", "应为数字"),
        ({"contract_months": "601"}, "contract_months", "0 到 600"),
        ({"kind": "photo"}, "file", "请上传证明材料"),
    ],
)
def test_a_wrong_report_is_explained_and_kept(
    trainee: Trainee, township: FlaskClient, changes: dict[str, str], field: str, message: str
) -> None:
    answer = report(township, trainee, **changes)
    assert answer.status_code == 422
    assert message in error_at(answer, field)
    assert 'value="小梅网店"' in answer.text


def test_overlap_is_explained_at_the_field(trainee: Trainee, township: FlaskClient) -> None:
    report(township, trainee)
    answer = report(township, trainee, started_on="2024-5-20")
    assert answer.status_code == 422
    assert "时间重叠" in error_at(answer, "started_on")
    assert 'value="小梅网店"' in answer.text


def test_a_report_sent_twice_is_one(trainee: Trainee, township: FlaskClient) -> None:
    first, second = report(township, trainee), report(township, trainee)
    assert first.location == second.location


def test_verified_by_the_federation_and_corrected(make_spell: Make, sign_in: SignIn) -> None:
    spell = make_spell()
    federation, township = sign_in(Role.FEDERATION), sign_in(Role.TOWNSHIP)
    url = f"/spells/{spell.id}"
    answer = federation.submit(f"{url}/decide", decision="returned")
    assert "请写明退回原因" in error_at(answer, "comment")
    federation.submit(f"{url}/decide", decision="returned", comment="缺现场照片")
    assert "缺现场照片" in text_of(township.get(url))
    fields = FACTS | {"post": "网店店主"}
    assert township.submit(f"{url}/edit", **fields).status_code == 303
    assert federation.submit(f"{url}/decide", decision="verified").status_code == 303
    assert "已核实" in text_of(township.get(url))
    answer = township.submit(f"{url}/edit", **(fields | {"monthly_wage": "2800"}))
    assert "请写明更正原因" in error_at(answer, "reason")
    answer = township.submit(
        f"{url}/edit", **(fields | {"monthly_wage": "2800", "reason": "工资录错"})
    )
    shown = text_of(township.get(answer.location))
    for part in ("待核实", "更正，重新待核实", "工资录错", "3200.00", "2800.00", "网店店主"):
        assert part in shown, part


def test_who_reported_is_told_why_somebody_else_must_verify(
    trainee: Trainee, sign_in: SignIn
) -> None:
    federation = sign_in(Role.FEDERATION)
    file = (io.BytesIO(photo()), "执照.jpg")
    url = report(federation, trainee, kind="licence", file=file).location
    assert "须由另一位同事核实" in text_of(federation.get(url))
    answer = federation.submit(f"{url}/decide", decision="verified")
    assert answer.status_code == 422
    assert "另一位同事" in error_at(answer, "decision")
    spell = db.session.scalar(select(EmploymentSpell))
    assert spell is not None
    assert spell.state is SpellState.REPORTED


def test_the_end_of_work_is_told_once(make_spell: Make, township: FlaskClient) -> None:
    url = f"/spells/{make_spell().id}/end"
    answer = township.submit(url, ended_on="2024-5-1", reason="合同到期")
    assert answer.status_code == 422
    assert 'value="合同到期"' in answer.text
    assert township.submit(url, ended_on="2024-5-31", reason="合同到期").status_code == 303
    answer = township.submit(url, ended_on="2024-6-1", reason="改行")
    assert "已登记在 2024年5月31日 结束（合同到期）" in text_of(answer)


def test_evidence_is_an_attachment_and_opening_it_is_logged(
    make_spell: Make, township: FlaskClient
) -> None:
    evidence = make_spell().evidence[0]
    answer = township.get(f"/evidence/{evidence.id}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "image/jpeg"
    event = db.session.scalars(select(Event).where(Event.action == "evidence.opened")).one()
    assert event.subject_id == evidence.id


def test_a_lost_file_is_told_not_hidden(make_spell: Make, township: FlaskClient) -> None:
    evidence = make_spell().evidence[0]
    evidence.sha256 = "0" * 64
    db.session.commit()
    answer = township.get(f"/evidence/{evidence.id}")
    assert answer.status_code == 409
    assert "缺失" in answer.text


def test_upload_to_a_spell(make_spell: Make, township: FlaskClient) -> None:
    url = f"/spells/{make_spell().id}/evidence/new"
    html = township.submit(url, kind="photo", file=(io.BytesIO(b"<html></html>"), "店.jpg"))
    assert html.status_code == 422
    assert "内容不是" in error_at(html, "file")
    assert 'value="photo" selected' in html.text or 'selected value="photo"' in html.text
    file = (io.BytesIO(photo(colour="red")), "照片/店.jpg")
    assert township.submit(url, kind="photo", file=file).status_code == 303
    assert db.session.scalars(select(Evidence.filename).order_by(Evidence.id)).all()[-1] == "店.jpg"


# Start page, exports, queries


def test_start_pages_tell_what_is_due(trainee: Trainee, make_spell: Make, sign_in: SignIn) -> None:
    spell = make_spell()
    assert "回访已逾期" in text_of(sign_in(Role.TOWNSHIP).get("/start"))
    federation = sign_in(Role.FEDERATION)
    start = text_of(federation.get("/start"))
    assert "就业记录等待核实" in start
    assert "回访已逾期" in start
    federation.submit(f"/spells/{spell.id}/decide", decision="returned", comment="缺照片")
    for client in (
        sign_in(Role.TOWNSHIP),
        sign_in(Role.PROVIDER, provider_id=trainee.provider_id),
    ):
        assert "就业记录被退回" in text_of(client.get("/start"))
    assert "就业记录被退回" not in text_of(sign_in(Role.PROVIDER).get("/start"))


def sheet(answer: Any) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return list(book["数据"].iter_rows(values_only=True))


def test_exports_hold_what_the_list_shows(
    make_trainee: Callable[..., Trainee], make_spell: Make, township: FlaskClient
) -> None:
    make_trainee(name="王建国", completed_on=date(2024, 5, 20))
    make_spell()
    rows = sheet(township.get("/follow-ups/export?show=overdue"))
    assert [row[0] for row in rows] == ["姓名", "李小梅"]
    assert len(sheet(township.get("/follow-ups/export"))) == 9
    assert "13800138000" not in str(sheet(township.get("/follow-ups/export")))
    rows = sheet(township.get("/spells/export?form=self_employed"))
    assert rows[1][0] == "李小梅"
    assert rows[1][12:] == ("B 营业执照或工资记录", "待核实")
    assert len(sheet(township.get("/spells/export?form=rural"))) == 1


def test_filters_of_spells(make_spell: Make, sign_in: SignIn) -> None:
    make_spell()
    client = sign_in(Role.FEDERATION)
    shown = [
        "state=reported",
        "started_from=2024-5-1&started_to=2024-5-31",
        "text=小梅网",
        "text=lxm",
    ]
    hidden = ["state=verified", "started_from=2024-5-7", "text=别处", "form=rural"]
    for query in shown:
        assert "李小梅" in text_of(client.get(f"/spells?{query}")), query
    for query in hidden:
        assert "没有符合条件" in text_of(client.get(f"/spells?{query}")), query
    assert client.get("/spells?started_from=2024-2-30").status_code == 422


@pytest.mark.parametrize("url", ["/follow-ups", "/spells", "/spells/new?text=c"])
def test_the_number_of_queries_does_not_grow(
    make_trainee: Callable[..., Trainee],
    make_spell: Make,
    sign_in: SignIn,
    url: str,
) -> None:
    client = sign_in(Role.FEDERATION)

    def counted() -> int:
        with count_queries() as queried:
            assert client.get(url).status_code == 200
        return queried.count

    make_spell(of=make_trainee(name="陈一"))
    few = counted()
    for number in range(12):
        make_spell(of=make_trainee(name=f"陈{number}"))
    assert counted() == few


def test_a_page_of_a_list_holds_25(
    make_trainee: Callable[..., Trainee], township: FlaskClient
) -> None:
    for number in range(7):
        make_trainee(name=f"学员{number}")
    answer = township.get("/follow-ups")
    assert len(BeautifulSoup(answer.text, "html.parser").select("tbody tr")) == 25
    assert "第 1-25 条，共 28 条" in text_of(answer)
    last = BeautifulSoup(township.get("/follow-ups?page=2").text, "html.parser")
    assert len(last.select("tbody tr")) == 3


def test_the_completion_is_shown(trainee: Trainee, township: FlaskClient) -> None:
    assert "2024年4月26日" in text_of(township.get(f"/follow-ups/{trainee.follow_ups[2].id}"))
    assert queries.trainings_of(trainee.person.id)[0].completed_on == date(2024, 4, 26)
