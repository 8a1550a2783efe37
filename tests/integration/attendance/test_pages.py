"""Roll call, results and completion over HTTP."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from app.attendance.models import AssessmentResult, AttendanceMark, Completion
from app.attendance.types import CompletionState, Mark
from app.courses.types import ClassState, SessionState
from app.enrolment.types import EnrolmentState
from app.platform import clock
from app.platform.access import Role
from app.platform.db import Base, db
from app.platform.eventlog import Event
from tests import factories
from tests.queries import count_queries

#: 10:00 in China on the first day of the class.
NOW = datetime(2024, 3, 11, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(app):
    with clock.frozen(NOW):
        yield


def fields(response) -> dict[str, list[str]]:
    form = BeautifulSoup(response.text, "html.parser").select_one("main form[method=post]")
    found: dict[str, list[str]] = {}
    for one in form.select("input[name]"):
        if one.get("type") in ("radio", "checkbox") and not one.has_attr("checked"):
            continue
        found.setdefault(one["name"], []).append(one.get("value", ""))
    return found


@pytest.fixture
def klass():
    return factories.training_class(state=ClassState.RUNNING, title="直播带货班", capacity=40)


@pytest.fixture
def session(klass):
    return factories.class_session(klass)


@pytest.fixture
def enrolments(klass):
    rows = [
        factories.enrolment(factories.person(name=name), into=klass) for name in ("安一", "白二")
    ]
    # A refused command rolls back to here.
    db.session.commit()
    return rows


@pytest.fixture
def base(sign_in, klass):
    return sign_in(Role.PROVIDER, provider_id=klass.provider_id)


def token(client, session) -> str:
    return fields(client.get(f"/sessions/{session.id}/roll-call"))["csrf_token"][0]


def marks() -> dict[int, Mark]:
    db.session.expire_all()
    return {one.enrolment_id: one.mark for one in db.session.scalars(select(AttendanceMark))}


def events(action: str) -> list[Event]:
    return list(db.session.scalars(select(Event).where(Event.action == action)))


def save(client, session, enrolment, mark: str, nonce: str):
    return client.post(
        f"/sessions/{session.id}/marks",
        data={"enrolment_id": enrolment.id, "mark": mark, "nonce": nonce},
    )


def test_the_whole_roll_is_saved_by_the_form(base, session, enrolments):
    url = f"/sessions/{session.id}/roll-call"
    first, second = enrolments
    assert "点名" in base.get("/attendance").text
    data = fields(base.get(url)) | {f"mark_{first.id}": "present", f"mark_{second.id}": "absent"}
    answer = base.post(url, data=data, follow_redirects=True)
    assert "到课 1 人，缺课 1 人" in answer.text
    assert marks() == {first.id: Mark.PRESENT, second.id: Mark.ABSENT}
    assert len(events("attendance.marked")) == 2


def test_the_same_roll_twice_is_once(base, session, enrolments):
    url = f"/sessions/{session.id}/roll-call"
    data = fields(base.get(url)) | {f"mark_{enrolments[0].id}": "present"}
    assert base.post(url, data=data).status_code == 303
    assert base.post(url, data=data).status_code == 303
    assert len(events("attendance.marked")) == 1


def test_one_mark_is_saved_and_corrected_with_history(base, session, enrolments):
    csrf = {"X-CSRFToken": token(base, session)}
    url = f"/sessions/{session.id}/marks"
    first = enrolments[0]

    def send(mark, nonce):
        return base.post(
            url, json={"enrolment_id": first.id, "mark": mark, "nonce": nonce}, headers=csrf
        )

    assert send("absent", "a").json == {"mark": "absent", "label": "缺课"}
    assert send("late", "b").status_code == 200
    assert marks() == {first.id: Mark.LATE}
    # The first message arrives once more, after the correction: it changes nothing.
    assert send("absent", "a").status_code == 200
    assert send("late", "b").status_code == 200
    assert marks() == {first.id: Mark.LATE}
    twin = Base.metadata.tables["attendance_mark_history"]
    assert db.session.scalars(select(twin.c.mark)).all() == ["absent"]
    corrected = events("attendance.corrected")
    assert [one.detail["before"] for one in corrected] == ["absent"]
    page = base.get(f"/sessions/{session.id}/roll-call").text
    assert "更正记录" in page


def test_a_mark_without_token_is_refused(base, session, enrolments):
    assert save(base, session, enrolments[0], "present", "n").status_code == 400
    assert marks() == {}


@pytest.mark.parametrize("sent", [{}, {"mark": "asleep"}, {"nonce": ""}, {"enrolment_id": "x"}])
def test_a_senseless_mark_is_refused(base, session, enrolments, sent):
    data = {"enrolment_id": enrolments[0].id, "mark": "present", "nonce": "n"} | sent
    if not sent:
        data = {}
    csrf = {"X-CSRFToken": token(base, session)}
    answer = base.post(f"/sessions/{session.id}/marks", json=data, headers=csrf)
    assert answer.status_code == 422
    assert answer.json["message"]


def test_marks_of_another_base_or_class_are_not_found(base, session, enrolments, sign_in):
    csrf = {"X-CSRFToken": token(base, session)}
    elsewhere = factories.enrolment()
    answer = base.post(
        f"/sessions/{session.id}/marks",
        json={"enrolment_id": elsewhere.id, "mark": "present", "nonce": "n"},
        headers=csrf,
    )
    assert answer.status_code == 404
    stranger = sign_in(Role.PROVIDER)
    klass = session.training_class
    for path in (
        f"/sessions/{session.id}/roll-call",
        f"/classes/{klass.id}/attendance",
        f"/classes/{klass.id}/attendance/export",
        f"/classes/{klass.id}/results",
        f"/classes/{klass.id}/completion",
        f"/enrolments/{enrolments[0].id}/attendance",
    ):
        assert stranger.get(path).status_code == 404, path
    factories.region("210604")
    for path in ("confirm", "return"):
        other = sign_in(Role.FEDERATION, region_code="210604")
        assert other.get(f"/classes/{klass.id}/completion/{path}").status_code == 404
    assert (
        sign_in(Role.TRAINEE).get(f"/enrolments/{enrolments[0].id}/attendance").status_code == 404
    )


def refused_because(base, session, enrolment) -> str:
    """The message of a mark that is refused; the page shows the same."""
    facts = base.get(f"/sessions/{session.id}/roll-call").text
    csrf = {"X-CSRFToken": fields_token(base)}
    answer = base.post(
        f"/sessions/{session.id}/marks",
        json={"enrolment_id": enrolment.id, "mark": "present", "nonce": "n"},
        headers=csrf,
    )
    assert answer.status_code == 409, answer.text
    assert answer.json["message"] in facts
    return answer.json["message"]


def fields_token(client) -> str:
    return BeautifulSoup(client.get("/attendance").text, "html.parser").find(
        "input", attrs={"name": "csrf_token"}
    )["value"]


def test_no_marks_before_the_class_was_started(base, session, enrolments):
    session.training_class.state = ClassState.ENROLLING
    db.session.flush()
    assert "先在班期页面办理“开课”" in refused_because(base, session, enrolments[0])


def test_no_marks_for_a_day_to_come_or_a_cancelled_session(base, klass, enrolments):
    tomorrow = factories.class_session(klass, day=date(2024, 3, 12))
    assert "还没有到上课的日子" in refused_because(base, tomorrow, enrolments[0])
    cancelled = factories.class_session(klass, starts=time(14), state=SessionState.CANCELLED)
    assert "已取消" in refused_because(base, cancelled, enrolments[0])


def test_no_marks_after_completion(base, session, enrolments):
    session.training_class.state = ClassState.COMPLETED
    db.session.flush()
    assert "不能再改" in refused_because(base, session, enrolments[0])


def test_the_grid_shows_hours_and_costs_the_same_queries(base, klass, session, enrolments):
    db.session.add(mark_row(session, enrolments[0], Mark.LATE))
    db.session.flush()
    url = f"/classes/{klass.id}/attendance"
    base.get(url)
    with count_queries() as few:
        page = base.get(url)
    row = BeautifulSoup(page.text, "html.parser").find("a", string="安一").find_parent("tr")
    assert "2 / 2" in row.get_text()
    assert "迟到" in row.get_text()
    for number in range(20):
        factories.enrolment(factories.person(name=f"学员{number}"), into=klass)
        factories.class_session(
            klass, day=date(2024, 3, 12), starts=time(number, 0), lesson_hours=1
        )
    with count_queries() as many:
        base.get(url)
    assert few.count == many.count
    assert base.get(f"/classes/{klass.id}/attendance/export").status_code == 200


def mark_row(session, enrolment, mark: Mark) -> AttendanceMark:
    return AttendanceMark(
        session_id=session.id,
        enrolment_id=enrolment.id,
        mark=mark,
        marked_at=NOW,
        marked_by_id=0,
        nonce=f"row-{session.id}-{enrolment.id}",
    )


def test_results_are_entered_corrected_and_checked(base, klass, enrolments):
    url = f"/classes/{klass.id}/results"
    first = enrolments[0]
    data = fields(base.get(url)) | {f"theory_{first.id}": "59.5", f"practice_{first.id}": "101"}
    wrong = base.post(url, data=data)
    assert wrong.status_code == 422
    assert "应在 0 到 100 之间" in wrong.text
    assert 'value="59.5"' in wrong.text
    right = base.post(url, data=data | {f"practice_{first.id}": "88"}, follow_redirects=True)
    assert "改动 2 项" in right.text
    again = base.post(url, data=data | {f"practice_{first.id}": "90"}, follow_redirects=True)
    assert "改动 1 项" in again.text
    points = {r.part.value: r.points for r in db.session.scalars(select(AssessmentResult))}
    assert points == {"theory": Decimal("59.5"), "practice": Decimal(90)}
    early = base.post(url, data=data | {f"practice_{first.id}": "91", "assessed_on": "2024-3-1"})
    assert early.status_code == 422


def test_completion_from_the_last_lesson_to_the_end(base, klass, session, enrolments, sign_in):
    url = f"/classes/{klass.id}/completion"
    told = base.get(url).text
    assert "还缺 2 个点名" in told or "还有" in told
    refused = base.post(url, data={"csrf_token": fields_token(base)})
    assert refused.status_code == 422
    db.session.add_all(
        [
            mark_row(session, enrolments[0], Mark.PRESENT),
            mark_row(session, enrolments[1], Mark.ABSENT),
        ]
    )
    db.session.commit()
    with clock.frozen(datetime(2024, 3, 11, 9, tzinfo=UTC)):
        assert "班期上完课，等待提交结业" in base.get("/start").text
        answer = base.post(url, data=fields(base.get(url)), follow_redirects=True)
        assert "等待区残联确认" in answer.text
        assert base.get("/completions").status_code == 200
        # The roll is closed now.
        assert "请区残联先退回" in base.get(f"/sessions/{session.id}/roll-call").text
        officer = sign_in(Role.FEDERATION)
        assert "结业名单等待确认" in officer.get("/start").text
        back = f"{url}/return"
        assert officer.post(back, data=fields(officer.get(back))).status_code == 422
        officer.post(back, data=fields(officer.get(back)) | {"comment": "白二的点名请核对"})
        assert "白二的点名请核对" in base.get(url).text
        base.post(url, data=fields(base.get(url)))
        confirm = f"{url}/confirm"
        data = fields(officer.get(confirm))
        first = officer.post(confirm, data=data, follow_redirects=True)
        assert "已确认 2 人" in first.text
        second = officer.post(confirm, data=data, follow_redirects=True)
        assert second.status_code == 200
    completions = {one.enrolment_id: one for one in db.session.scalars(select(Completion))}
    assert [completions[e.id].outcome.value for e in enrolments] == ["passed", "failed"]
    assert all(one.state is CompletionState.CONFIRMED for one in completions.values())
    assert completions[enrolments[0].id].completed_on == date(2024, 3, 11)
    assert klass.state is ClassState.COMPLETED
    assert len(events("completion.confirmed")) == 2
    person_id = enrolments[0].person_id
    mine = sign_in(Role.TRAINEE, person_id=person_id).get(
        f"/enrolments/{enrolments[0].id}/attendance"
    )
    assert "结业" in mine.text


def test_the_other_roles_read_but_do_not_write(klass, session, enrolments, sign_in):
    for role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR):
        client = sign_in(role)
        for path in ("attendance", "results", "completion"):
            assert client.get(f"/classes/{klass.id}/{path}").status_code == 200
        page = client.get(f"/classes/{klass.id}/completion")
        csrf = BeautifulSoup(page.text, "html.parser").find("input", attrs={"name": "csrf_token"})
        sent = {"csrf_token": csrf["value"]}
        assert client.post(f"/classes/{klass.id}/completion", data=sent).status_code == 403
        assert client.post(f"/classes/{klass.id}/results", data=sent).status_code == 403
        assert client.get(f"/sessions/{session.id}/roll-call").status_code == 403


def test_the_lists_of_a_base_cost_the_same_queries(base, klass, session, enrolments):
    def grow(number: int) -> None:
        for _ in range(number):
            other = factories.training_class(by=klass.provider, state=ClassState.RUNNING)
            factories.class_session(other, day=date(2024, 3, 4), starts=time(8), lesson_hours=1)
            factories.class_session(other, day=date(2024, 3, 11), starts=time(8), lesson_hours=1)
            factories.enrolment(into=other)

    for path in ("/attendance", "/completions", "/accommodations"):
        grow(1)
        base.get(path)
        with count_queries() as few:
            base.get(path)
        grow(3)
        with count_queries() as many:
            assert base.get(path).status_code == 200
        assert few.count == many.count, path


def test_a_trainee_with_many_classes_costs_the_same_queries(sign_in):
    person = factories.person()
    client = sign_in(Role.TRAINEE, person_id=person.id)

    def grow(number: int) -> None:
        for _ in range(number):
            enrolled = factories.training_class(state=ClassState.RUNNING)
            factories.class_session(enrolled, day=date(2024, 3, 20))
            factories.enrolment(person, into=enrolled)
            factories.enrolment(person, state=EnrolmentState.WAITING)

    grow(1)
    client.get("/enrolments/mine")
    with count_queries() as few:
        client.get("/enrolments/mine")
    grow(3)
    with count_queries() as many:
        assert client.get("/enrolments/mine").status_code == 200
    assert few.count == many.count


@pytest.mark.parametrize(
    "body",
    [
        r'{"enrolment_id": 1, "mark": "present", "nonce": "\ud800"}',
        r'{"enrolment_id": 1, "mark": "present", "nonce": "a\u0000"}',
        '{"enrolment_id": 1e999, "mark": "present", "nonce": "a"}',
        '{"enrolment_id": 99999999999999999999, "mark": "present", "nonce": "a"}',
        '{"enrolment_id": [], "mark": {}, "nonce": 1}',
        "[]",
        "null",
    ],
)
def test_what_no_page_of_ours_sends_is_refused(app, base, session, body, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    answer = base.post(f"/sessions/{session.id}/marks", data=body, content_type="application/json")
    assert answer.status_code == 422
