"""Applying, rosters and needs over HTTP."""

import re
from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from app.enrolment.models import Accommodation, Enrolment
from app.enrolment.types import AccommodationKind, AccommodationState, EnrolmentState
from app.people.types import Category
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.queries import count_queries

NOW = datetime(2024, 3, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(app):
    with clock.frozen(NOW):
        yield


def fields(response) -> dict[str, object]:
    """What the form of the page would send."""
    form = BeautifulSoup(response.text, "html.parser").select_one("main form[method=post]")
    found: dict[str, object] = {}
    for one in form.select("input[name]"):
        if one.get("type") in ("radio", "checkbox") and not one.has_attr("checked"):
            continue
        name, value = one["name"], one.get("value", "")
        found[name] = [*found.get(name, []), value] if name in found else [value]
    return found


@pytest.fixture
def klass():
    return factories.training_class(capacity=1, title="直播带货班")


@pytest.fixture
def trainee():
    return factories.person(name="王晓梅")


def apply(client, klass, **answers):
    """Through all three steps; the last answer."""
    url = f"/classes/{klass.id}/apply"
    first = client.get(url)
    checked = client.post(url, data=fields(first) | answers)
    assert checked.status_code == 200, checked.text
    return client.post(url, data=fields(checked) | {"step": "submit"}, follow_redirects=True)


def test_a_trainee_applies_in_three_steps(sign_in, klass, trainee):
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    answer = apply(client, klass, employed="no", needs=["screen_reader", "guide"])
    assert answer.status_code == 200
    assert "报名成功" in answer.text
    assert re.search(r"BM2024-\d{6}", answer.text)
    enrolment = db.session.scalars(select(Enrolment)).one()
    assert enrolment.state is EnrolmentState.ENROLLED
    assert not enrolment.employed_at_enrolment
    assert [one.kind for one in enrolment.accommodations] == [
        AccommodationKind.SCREEN_READER,
        AccommodationKind.GUIDE,
    ]
    for url in ("/enrolments/mine", f"/enrolments/{enrolment.id}", "/start"):
        assert client.get(url).status_code == 200


def test_what_was_chosen_survives_going_back(sign_in, klass, trainee):
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    url = f"/classes/{klass.id}/apply"
    answers = {"employed": "yes", "needs": ["braille"]}
    checked = client.post(url, data=fields(client.get(url)) | answers)
    again = client.post(url, data=fields(checked) | {"step": "edit"})
    assert again.status_code == 200
    sent = fields(again)
    assert sent["employed"] == ["yes"]
    assert sent["needs"] == ["braille"]


def test_a_form_without_answer_says_so_at_the_field(sign_in, klass, trainee):
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    url = f"/classes/{klass.id}/apply"
    answer = client.post(url, data=fields(client.get(url)) | {"needs": ["guide"]})
    assert answer.status_code == 422
    assert "请选择现在有没有工作" in answer.text
    assert fields(answer)["needs"] == ["guide"]


def test_pressing_twice_shows_the_same_enrolment(sign_in, klass, trainee):
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    url = f"/classes/{klass.id}/apply"
    checked = client.post(url, data=fields(client.get(url)) | {"employed": "no"})
    data = fields(checked) | {"step": "submit"}
    first, second = client.post(url, data=data), client.post(url, data=data)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location


def test_applying_again_leads_to_what_is_there(sign_in, klass, trainee):
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    apply(client, klass, employed="no")
    page = client.get(f"/classes/{klass.id}/apply")
    enrolment = db.session.scalars(select(Enrolment)).one()
    assert "已经报过" in page.text
    assert f'href="/enrolments/{enrolment.id}"' in page.text


def test_the_second_one_is_told_the_place_on_the_waiting_list(sign_in, klass, trainee):
    factories.enrolment(into=klass)
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    answer = apply(client, klass, employed="no")
    assert "候补第 1 位" in answer.text
    assert "候补第 1 位" in client.get("/enrolments/mine").text


def test_without_consent_the_page_says_what_to_do(sign_in, klass):
    person = factories.person(consented=False)
    page = sign_in(Role.TRAINEE, person_id=person.id).get(f"/classes/{klass.id}/apply")
    assert page.status_code == 200
    assert "签署同意书" in page.text
    assert "下一步" not in page.text


def test_a_township_officer_enrols_a_person_of_the_town(sign_in, klass, trainee):
    factories.person(name="王别处", residence_code=factories.OTHER_TOWNSHIP)
    client = sign_in(Role.TOWNSHIP)
    url = f"/classes/{klass.id}/enrol"
    answer = client.post(url, data=fields(client.get(url)) | {"words": "王"})
    assert "王晓梅" in answer.text
    assert "王别处" not in answer.text
    link = BeautifulSoup(answer.text, "html.parser").find("a", string="王晓梅")["href"]
    checked = client.post(link, data=fields(client.get(link)) | {"employed": "no"})
    done = client.post(link, data=fields(checked) | {"step": "submit"}, follow_redirects=True)
    assert "报名成功" in done.text
    assert db.session.scalars(select(Enrolment)).one().applied_by.value == "township"
    assert client.post(url, data=fields(client.get(url))).status_code == 422


def test_a_base_finds_a_person_by_number_and_name_only(sign_in, klass, trainee):
    client = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    url = f"/classes/{klass.id}/enrol"
    number = trainee.certificates[0].number
    wrong = client.post(url, data=fields(client.get(url)) | {"name": "王小梅", "number": number})
    assert wrong.status_code == 422
    assert "都相符" in wrong.text
    right = client.post(url, data=fields(client.get(url)) | {"name": "王晓梅", "number": number})
    assert right.status_code == 303
    page = client.get(right.location)
    assert "王晓梅" in page.text
    assert number[:18] not in page.text


def test_an_address_signed_for_another_account_is_not_found(sign_in, klass, trainee):
    client = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    url = f"/classes/{klass.id}/enrol"
    number = trainee.certificates[0].number
    data = fields(client.get(url)) | {"name": "王晓梅", "number": number}
    link = client.post(url, data=data).location
    other = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    assert other.get(link).status_code == 404
    assert client.get(link + "x").status_code == 404


def test_what_belongs_to_another_base_or_town_is_not_found(sign_in, klass):
    enrolment = factories.enrolment(into=klass)
    need = Accommodation(enrolment_id=enrolment.id, kind=AccommodationKind.GUIDE)
    db.session.add(need)
    db.session.flush()
    base = sign_in(Role.PROVIDER)
    for path in (
        f"/classes/{klass.id}/roster",
        f"/classes/{klass.id}/roster/export",
        f"/classes/{klass.id}/enrol",
        f"/enrolments/{enrolment.id}",
        f"/enrolments/{enrolment.id}/applied",
        f"/enrolments/{enrolment.id}/withdraw",
        f"/accommodations/{need.id}/answer",
    ):
        assert base.get(path).status_code == 404, path
    factories.region(factories.OTHER_TOWNSHIP)
    town = sign_in(Role.TOWNSHIP, region_code=factories.OTHER_TOWNSHIP)
    assert town.get(f"/enrolments/{enrolment.id}").status_code == 404
    assert "测试学员" not in town.get(f"/classes/{klass.id}/roster").text
    stranger = sign_in(Role.TRAINEE)
    assert stranger.get(f"/enrolments/{enrolment.id}").status_code == 404
    assert stranger.get(f"/enrolments/{enrolment.id}/withdraw").status_code == 404


def test_a_base_reads_needs_but_no_diagnosis(sign_in):
    klass = factories.training_class(of=factories.course(field=factories.TrainingField.MASSAGE))
    person = factories.person(name="王晓梅", phone="13912345678", category=Category.MULTIPLE)
    client = sign_in(Role.TRAINEE, person_id=person.id)
    apply(client, klass, employed="no", needs=["screen_reader"])
    enrolment = db.session.scalars(select(Enrolment)).one()
    base = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    for path in (
        f"/classes/{klass.id}/roster",
        f"/enrolments/{enrolment.id}",
        "/accommodations",
        f"/enrolments/{enrolment.id}/attendance",
        f"/classes/{klass.id}/attendance",
    ):
        text = BeautifulSoup(base.get(path).text, "html.parser").main.get_text()
        for secret in ("视力", "多重", "肢体", "2 级", "210603", "13912345678", "2345"):
            assert secret not in text, (path, secret)
    roster = base.get(f"/classes/{klass.id}/roster").text
    assert "139****5678" in roster
    assert "读屏软件" in roster
    assert "待安排" in roster
    officer = sign_in(Role.FEDERATION).get(f"/classes/{klass.id}/roster").text
    assert "多重 2 级" in officer
    assert "视力残疾" in sign_in(Role.TOWNSHIP).get(f"/enrolments/{enrolment.id}").text
    assert person.citizen_number not in officer


def test_the_workbook_of_a_base_has_no_column_of_diagnosis(sign_in, klass):
    factories.enrolment(into=klass)
    base = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    officer = sign_in(Role.FEDERATION)
    headings = [
        [cell.value for cell in openpyxl.load_workbook(BytesIO(client.get(url).data)).active[1]]
        for client in (base, officer)
        for url in (f"/classes/{klass.id}/roster/export",)
    ]
    assert "残疾类别" not in headings[0]
    assert "残疾类别" in headings[1]


def test_a_base_answers_a_need(sign_in, klass, trainee):
    apply(sign_in(Role.TRAINEE, person_id=trainee.id), klass, employed="no", needs=["braille"])
    need = db.session.scalars(select(Accommodation)).one()
    base = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    assert "等待安排" in base.get("/start").text
    url = f"/accommodations/{need.id}/answer"
    page = base.get(url)
    unmet = base.post(url, data=fields(page) | {"state": "unmet", "answer": ""})
    assert unmet.status_code == 422
    assert "请写明为什么" in unmet.text
    answered = base.post(url, data=fields(page) | {"state": "arranged", "answer": "已印好讲义"})
    assert answered.status_code == 303
    assert need.state is AccommodationState.ARRANGED
    mine = sign_in(Role.TRAINEE, person_id=trainee.id).get("/enrolments/mine").text
    assert "已印好讲义" in mine


def test_withdrawing_says_what_will_happen_and_asks_why(sign_in, klass, trainee):
    client = sign_in(Role.TRAINEE, person_id=trainee.id)
    apply(client, klass, employed="no")
    enrolment = db.session.scalars(select(Enrolment)).one()
    url = f"/enrolments/{enrolment.id}/withdraw"
    page = client.get(url)
    assert "让给候补" in page.text
    assert client.post(url, data=fields(page)).status_code == 422
    answer = client.post(url, data=fields(page) | {"reason": "家中有事"}, follow_redirects=True)
    assert "已退出" in answer.text
    assert client.post(url, data=fields(page) | {"reason": "x"}).status_code == 303
    # A reason may tell of an illness: it is not for the base.
    shown = f"/enrolments/{enrolment.id}"
    assert "家中有事" in sign_in(Role.TOWNSHIP).get(shown).text
    base = sign_in(Role.PROVIDER, provider_id=klass.provider_id)
    assert "家中有事" not in base.get(shown).text


def test_rosters_filter_page_and_cost_the_same_queries(sign_in):
    klass = factories.training_class(capacity=40)
    client = sign_in(Role.FEDERATION)
    url = f"/classes/{klass.id}/roster"
    for number in range(3):
        factories.enrolment(factories.person(name=f"学员{number}"), into=klass)
    client.get(url)
    with count_queries() as few:
        client.get(url)
    for number in range(3, 30):
        factories.enrolment(factories.person(name=f"学员{number}"), into=klass)
    with count_queries() as many:
        page = client.get(url)
    assert few.count == many.count
    assert "第 1-25 条，共 30 条" in page.text
    assert "学员7" in client.get(url + "?text=学员7").text
    assert "没有符合条件的人" in client.get(url + "?state=waiting").text
