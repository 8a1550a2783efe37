"""The figures on screen, their rows, cases, targets, findings and the log."""

import io
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.attendance.models import AttendanceMark
from app.attendance.types import Mark
from app.enrolment.models import Enrolment
from app.identity.models import Account
from app.oversight.models import AuditFinding, Plan, Target
from app.oversight.types import TargetIndicator
from app.people.types import Category
from app.placement.models import EmploymentSpell, Exclusion, FollowUp
from app.placement.types import EmploymentForm, ExclusionReason, SpellState
from app.platform import eventlog
from app.platform.access import SYSTEM, Role
from app.platform.db import db
from benchmarks import recompute_indicators
from config import ROOT
from tests import factories

SignIn = Callable[..., FlaskClient]
PERIOD = "start=2024-01-01&end=2024-12-31&as_of=2025-12-31"


def trained_person(*, work: date | None = date(2024, 5, 20), **person: object) -> Enrolment:
    """Somebody who completed a class on 26 April 2024 and perhaps found verified work."""
    klass = factories.training_class()
    session = factories.class_session(klass)
    enrolment = factories.enrolment(factories.person(**person), into=klass)
    moment = datetime(2024, 3, 11, 1, tzinfo=UTC)
    db.session.add(
        AttendanceMark(
            session_id=session.id,
            enrolment_id=enrolment.id,
            mark=Mark.PRESENT,
            marked_at=moment,
            marked_by_id=0,
            nonce="n",
        )
    )
    factories.completion(enrolment)
    if work is not None:
        db.session.add(
            EmploymentSpell(
                person_id=enrolment.person_id,
                enrolment_id=enrolment.id,
                form=EmploymentForm.FLEXIBLE,
                workplace="测试网店",
                post="客服",
                started_on=work,
                state=SpellState.VERIFIED,
                reported_at=moment,
                reported_by_id=0,
                decided_at=moment,
                decided_by_id=0,
            )
        )
    db.session.commit()
    return enrolment


@pytest.mark.parametrize("by", ["", "provider", "kind", "category", "sex", "hukou", "township"])
def test_the_rate_and_its_parts_are_shown(app: Flask, sign_in: SignIn, by: str) -> None:
    trained_person()
    trained_person(work=None)
    answer = sign_in(Role.AUDITOR).get(f"/oversight?{PERIOD}&by={by}")
    assert answer.status_code == 200
    assert "50.0" in answer.text
    assert "/oversight/rows/converted" in answer.text


def test_each_number_opens_its_rows_and_each_row_its_case(app: Flask, sign_in: SignIn) -> None:
    found = trained_person(name="甲学员")
    trained_person(name="乙学员", work=None)
    client = sign_in(Role.AUDITOR)
    rows = client.get(f"/oversight/rows/converted?{PERIOD}&by=sex&group=female")
    assert "甲学员" in rows.text
    assert "乙学员" not in rows.text
    case = client.get(f"/oversight/cases/{found.id}")
    assert case.status_code == 200
    assert "测试网店" in case.text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER])
def test_each_row_leads_to_its_documents(app: Flask, sign_in: SignIn, role: Role) -> None:
    found = trained_person()
    scope = {
        Role.FEDERATION: {"region_code": "210603"},
        Role.TOWNSHIP: {"region_code": factories.TOWNSHIP},
        Role.PROVIDER: {"provider_id": found.training_class.provider_id},
    }
    client = sign_in(role, **scope.get(role, {}))
    case = BeautifulSoup(client.get(f"/oversight/cases/{found.id}").text, "html.parser")
    links = {str(link["href"]) for link in case.select("main h3 a, main p a, main li a")}
    assert {
        f"/enrolments/{found.id}",
        f"/enrolments/{found.id}/attendance",
        f"/classes/{found.class_id}",
    } <= links
    assert any(link.startswith("/spells/") for link in links) == (role is not Role.PROVIDER)
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_verified_placement_moves_the_rate_by_one(app: Flask, sign_in: SignIn) -> None:
    trained_person(work=None)
    client = sign_in(Role.AUDITOR)
    rows = f"/oversight/rows/converted?{PERIOD}"
    assert "共 0 行" in client.get(rows).text
    trained_person()
    assert "共 1 行" in client.get(rows).text


@pytest.mark.parametrize("role", [Role.TOWNSHIP, Role.PROVIDER, Role.FEDERATION])
def test_nobody_sees_rows_outside_the_own_scope(app: Flask, sign_in: SignIn, role: Role) -> None:
    theirs = trained_person(name="别处学员", residence_code="210681101")
    client = sign_in(role)
    assert client.get(f"/oversight/cases/{theirs.id}").status_code == 404
    assert "别处学员" not in client.get(f"/oversight/rows/cohort?{PERIOD}").text


@pytest.mark.parametrize("role", [Role.TRAINEE, Role.JUDGE])
def test_others_are_refused(app: Flask, sign_in: SignIn, role: Role) -> None:
    client = sign_in(role)
    for path in ("/oversight", "/oversight/targets", "/oversight/events", "/oversight/findings"):
        assert client.get(path).status_code == 403


def test_a_period_that_ends_before_it_begins_is_told(app: Flask, sign_in: SignIn) -> None:
    answer = sign_in(Role.AUDITOR).get("/oversight?start=2024-05-01&end=2024-04-01")
    assert answer.status_code == 422
    assert "结束日期不能早于开始日期" in answer.text


def test_the_workbook_holds_the_figures_and_the_rows(app: Flask, sign_in: SignIn) -> None:
    found = trained_person()
    answer = sign_in(Role.AUDITOR).get(f"/oversight/export?{PERIOD}&by=hukou")
    book = load_workbook(io.BytesIO(answer.get_data()))
    figures = {row[0]: row[1] for row in book["指标"].iter_rows(min_row=2, values_only=True)}
    assert figures["培训后就业转化率：分子"] == 1
    assert [row[0] for row in book["培训"].iter_rows(min_row=2, values_only=True)] == [found.id]


def test_the_recomputation_runs_as_its_description_says(
    app: Flask, sign_in: SignIn, tmp_path: Path
) -> None:
    trained_person()
    book = tmp_path / "indicators.xlsx"
    file = sign_in(Role.AUDITOR).get(f"/oversight/export?{PERIOD}")
    assert file.status_code == 200
    book.write_bytes(file.get_data())
    command = [sys.executable, "-m", "benchmarks.recompute_indicators", str(book)]
    assert " ".join(command[1:3]) in (recompute_indicators.__doc__ or "")
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "= 培训人数: 1 / 1" in ran.stdout


def test_targets_show_what_was_reached(app: Flask, sign_in: SignIn) -> None:
    factories.region(factories.DISTRICT)
    plan = Plan(
        title="测试方案",
        region_code=factories.DISTRICT,
        starts_on=date(2022, 1, 1),
        ends_on=date(2024, 12, 31),
        source="测试",
    )
    plan.targets = [Target(indicator=i, value=8) for i in TargetIndicator]
    db.session.add(plan)
    trained_person()
    client = sign_in(Role.FEDERATION)
    answer = client.get("/oversight/targets")
    assert "12.50 %" in answer.text
    assert "测试网店" in client.get(f"/oversight/plans/{plan.id}/newly-employed").text


def test_only_auditors_note_findings_and_pressing_twice_notes_one(
    app: Flask, sign_in: SignIn
) -> None:
    found = trained_person()
    path = f"/oversight/cases/{found.id}"
    assert sign_in(Role.FEDERATION).post(path, data={"text": "x", "nonce": "1"}).status_code in (
        400,
        403,
    )
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        auditor = sign_in(Role.AUDITOR)
        for _ in range(2):
            assert auditor.post(path, data={"text": "签名相同", "nonce": "n1"}).status_code == 303
        assert auditor.post(path, data={"text": "", "nonce": "n2"}).status_code == 422
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    (finding,) = db.session.scalars(db.select(AuditFinding)).all()
    assert "签名相同" in sign_in(Role.FEDERATION).get(path).text
    settle = f"/oversight/findings/{finding.id}"
    assert sign_in(Role.FEDERATION).get(settle).status_code == 403
    assert auditor.get(settle).status_code == 200


def test_the_log_is_read_and_searched_in_words(app: Flask, sign_in: SignIn) -> None:
    auditor = sign_in(Role.AUDITOR)
    who = db.session.scalars(db.select(Account).order_by(Account.id.desc())).first()
    assert who is not None
    eventlog.record(actor=SYSTEM, action="account.unlocked", subject=who)
    db.session.flush()
    for query in ("text=解除", f"subject=账户+{who.id}", f"subject=account+{who.id}"):
        shown = auditor.get(f"/oversight/events?{query}").text
        assert "解除锁定" in shown
        assert f"账户 {who.id}" in shown
        assert "account.unlocked" not in shown
    assert "解除锁定" not in auditor.get(f"/oversight/events?subject=账户+{'9' * 30}").text


def test_the_log_is_for_auditors_alone(app: Flask, sign_in: SignIn) -> None:
    assert sign_in(Role.AUDITOR).get("/oversight/events?subject=account+1").status_code == 200
    assert sign_in(Role.SYSADMIN).get("/oversight/events").status_code == 403
    assert sign_in(Role.FEDERATION).get("/oversight/events").status_code == 403


def test_the_start_page_of_an_auditor_says_how_the_plan_stands(app: Flask, sign_in: SignIn) -> None:
    trained_person()
    assert sign_in(Role.AUDITOR).get("/start").status_code == 200


def csrf(client: FlaskClient, path: str) -> str:
    field = BeautifulSoup(client.get(path).text, "html.parser").find(
        "input", {"name": "csrf_token"}
    )
    assert field is not None
    return str(field["value"])


def test_a_federation_enters_and_changes_a_plan(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(Role.FEDERATION)
    path = "/oversight/plans/new"
    plan = {
        "title": "甲方案",
        "starts_on": "2025.1.1",
        "ends_on": "2027年12月31日",
        "source": "文件",
        "trained": "５０",
    }
    token = csrf(client, path)
    wrong = client.post(path, data=plan | {"ends_on": "2024-1-1", "csrf_token": token})
    assert wrong.status_code == 422
    assert "结束日期应晚于开始日期" in wrong.text
    assert "甲方案" in wrong.text
    assert client.post(path, data=plan | {"csrf_token": token}).status_code == 303
    assert client.post(path, data=plan | {"csrf_token": token}).status_code == 422
    (entered,) = db.session.scalars(db.select(Plan)).all()
    edit = f"/oversight/plans/{entered.id}/edit"
    assert (
        client.post(
            edit, data=plan | {"trained": "", "employed": "30", "csrf_token": token}
        ).status_code
        == 303
    )
    db.session.expire_all()
    assert {t.indicator: t.value for t in entered.targets} == {TargetIndicator.EMPLOYED: 30}
    assert (
        sign_in(Role.FEDERATION, region_code=factories.region("210681").code).get(edit).status_code
        == 404
    )
    assert sign_in(Role.AUDITOR).get(edit).status_code == 403


def test_a_base_learns_no_diagnosis_by_group_filter_or_file(app: Flask, sign_in: SignIn) -> None:
    klass_of = trained_person(name="甲学员", category=Category.MENTAL)
    base = klass_of.training_class.provider_id
    client = sign_in(Role.PROVIDER, provider_id=base)
    for query in ("by=category", "by=township", "category=mental&by=category"):
        answer = client.get(f"/oversight?{PERIOD}&{query}")
        assert answer.status_code == 422, query
        assert "精神" not in answer.text, query
    assert (
        client.get(f"/oversight/rows/trained?{PERIOD}&by=category&group=mental").status_code == 404
    )
    # A filter that is not a base's narrows nothing, so that its answer tells nothing.
    rows = client.get(f"/oversight/rows/trained?{PERIOD}&category=visual")
    assert "甲学员" in rows.text
    rows = client.get(f"/oversight/rows/trained?{PERIOD}&region=210602001")
    assert "甲学员" in rows.text
    file = client.get(f"/oversight/export?{PERIOD}&category=mental")
    cells = {
        str(cell)
        for sheet in load_workbook(io.BytesIO(file.data))
        if sheet.title != "指标定义"
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    }
    assert not cells & {"精神", "mental", factories.TOWNSHIP, "测试网店"}
    assert "单位 1" in cells


def test_a_base_is_not_told_why_somebody_left_the_cohort(app: Flask, sign_in: SignIn) -> None:
    enrolment = trained_person(work=None)
    follow_up = FollowUp(
        enrolment_id=enrolment.id,
        person_id=enrolment.person_id,
        months=1,
        due_on=date(2024, 5, 26),
    )
    db.session.add(follow_up)
    db.session.flush()
    db.session.add(
        Exclusion(
            enrolment_id=enrolment.id,
            reason=ExclusionReason.INSTITUTION,
            since=date(2024, 5, 1),
            recorded_at_follow_up_id=follow_up.id,
            recorded_by_id=0,
        )
    )
    db.session.commit()
    base = sign_in(Role.PROVIDER, provider_id=enrolment.training_class.provider_id)
    for path in (f"/oversight/rows/excluded?{PERIOD}", f"/oversight/cases/{enrolment.id}"):
        answer = base.get(path)
        assert answer.status_code == 200, path
        assert "住院" not in answer.text, path
        assert "住院" in sign_in(Role.AUDITOR).get(path).text, path


def test_the_converted_are_told_by_the_grade_of_their_evidence(app: Flask, sign_in: SignIn) -> None:
    trained_person(name="无证学员")
    client = sign_in(Role.AUDITOR)
    assert "没有证明材料" in client.get(f"/oversight?{PERIOD}").text
    assert "无证学员" in client.get(f"/oversight/rows/converted?{PERIOD}&grade=none").text
    assert "无证学员" not in client.get(f"/oversight/rows/converted?{PERIOD}&grade=A").text
    assert client.get(f"/oversight/rows/converted?{PERIOD}&grade=E").status_code == 404
