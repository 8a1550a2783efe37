"""Pages about the catalogue and classes: who reaches them, what they refuse, and that lists stay cheap."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from app.courses import queries
from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.types import ClassState, Level, SessionPart, TrainingField
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from app.providers.types import TrainingKind
from tests import factories
from tests.factories import courses as build
from tests.queries import count_queries

DAY = date(2024, 3, 11)


@pytest.fixture
def base(app):
    factories.region(factories.DISTRICT, "振兴区")
    return factories.provider(name="振兴电商培训中心")


@pytest.fixture
def staff(sign_in, base):
    return sign_in(Role.PROVIDER, provider_id=base.id)


@pytest.fixture
def officer(sign_in):
    return sign_in(Role.FEDERATION)


def kept(row):
    """The row, committed: a refused command rolls back to the last commit."""
    db.session.commit()
    return row


# ---- catalogue


def new_course(**changes):
    values = {
        "title": "互联网营销师（五级）",
        "code": "DS-05",
        "kind": "employability",
        "field": "live_streaming",
        "occupation": "互联网营销师",
        "level": "five",
        "theory_hours": "40",
        "practice_hours": "60",
        "minimum_attendance": "80",
        "assessment_required": "y",
        "certificate_title": "结业证书",
    }
    return values | changes


def test_a_course_below_the_usual_hours_is_saved_with_a_warning(officer):
    answer = officer.submit("/courses/new", **new_course())
    assert answer.status_code == 303
    page = officer.get(answer.location).text
    assert "一般不少于 120 课时，这里是 100 课时" in page
    course = db.session.scalar(select(Course).where(Course.code == "DS-05"))
    assert (course.level, course.minimum_attendance) == (Level.FIVE, Decimal(80))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"theory_hours": "0", "practice_hours": "0"}, "加起来应大于 0"),
        ({"theory_hours": "-1"}, "理论课时应在 0 到 2000 之间"),
        ({"theory_hours": ""}, "请填写理论课时，没有就填 0。"),
        ({"minimum_attendance": "101"}, "应在 0 到 100 之间"),
        ({"minimum_attendance": "八成"}, "应为数字"),
        ({"kind": "unknown"}, "请从列出的选项中选择培训类别"),
        ({"title": " "}, "请填写课程名称"),
    ],
)
def test_what_a_course_refuses_and_that_it_keeps_what_was_typed(officer, changes, told):
    answer = officer.submit("/courses/new", **new_course(**changes))
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="DS-05"' in answer.text


def test_a_course_of_practice_alone_is_a_course(officer):
    assert officer.submit("/courses/new", **new_course(theory_hours="0")).status_code == 303


def test_a_code_is_used_once(officer):
    factories.course(code="DS-05")
    answer = officer.submit("/courses/new", **new_course())
    assert answer.status_code == 422
    assert "这个课程编号已经用过" in answer.text


def test_a_course_is_retired_and_comes_back(officer, staff):
    course = factories.course(title="盲文速记")
    assert officer.submit(f"/courses/{course.id}/retire", on="2024-1-1").status_code == 303
    assert "盲文速记" not in officer.get("/courses").text
    assert "盲文速记" in officer.get("/courses?retired=y").text
    assert "盲文速记" not in staff.get("/classes/new").text
    assert (
        officer.submit(f"/courses/{course.id}/restore", page=f"/courses/{course.id}").status_code
        == 303
    )
    assert "盲文速记" in staff.get("/classes/new").text


def test_only_the_federation_keeps_the_catalogue(staff, sign_in):
    course = factories.course()
    for client in (staff, sign_in(Role.AUDITOR), sign_in(Role.TOWNSHIP)):
        assert client.get("/courses").status_code == 200
        assert client.get(f"/courses/{course.id}").status_code == 200
        for url in ("/courses/new", f"/courses/{course.id}/edit", f"/courses/{course.id}/retire"):
            assert client.get(url).status_code == 403
    assert sign_in(Role.TRAINEE).get("/courses").status_code == 403


def test_a_course_that_does_not_exist_is_404(officer):
    for url in ("/courses/999999", "/courses/999999/edit", "/courses/999999/retire"):
        assert officer.get(url).status_code == 404


# ---- classes


def new_class(base, **changes):
    values = {
        "course_id": factories.course().id,
        "title": "直播带货 2024 年第 1 期",
        "starts_on": "2024年3月11日",
        "ends_on": "2024-4-26",
        "capacity": "20",
        "venue_id": factories.venue(base).id,
    }
    return values | changes


def test_a_base_proposes_plans_and_submits_and_the_federation_decides(staff, officer, base):
    teacher = build.teacher_of(base.id)
    answer = staff.submit("/classes/new", **new_class(base))
    assert answer.status_code == 303
    klass = db.session.scalar(select(TrainingClass))
    assert klass.number == "2024-ZX-0001"
    lesson = {
        "day": "2024.3.11", "starts": "8:30", "lesson_hours": "2", "part": "theory", "topic": "选品",
        "venue_id": klass.venue_id, "teacher_id": teacher.id,
    }  # fmt: skip
    assert staff.submit(f"/classes/{klass.id}/sessions/new", **lesson).status_code == 303
    weekly = {
        "weekdays": ["2", "4"], "first_day": "2024-3-11", "starts": "8:30", "lesson_hours": "1",
        "part": "practice", "until_hours": "2", "topic": "开播", "venue_id": klass.venue_id,
        "teacher_id": teacher.id,
    }  # fmt: skip
    assert staff.submit(f"/classes/{klass.id}/sessions/repeat", **weekly).status_code == 303
    days = [queries.slot_of(one).day for one in queries.sessions_of(klass.id)]
    assert days == [DAY, date(2024, 3, 13), date(2024, 3, 15)]
    assert staff.submit(f"/classes/{klass.id}/submit").status_code == 303
    assert "等待审批" in officer.get("/classes").text
    db.session.commit()
    answer = officer.submit(f"/classes/{klass.id}/decide", decision="return", comment="")
    assert answer.status_code == 422
    assert "退回时请写明" in answer.text
    officer.submit(f"/classes/{klass.id}/decide", decision="return", comment="请换大一点的教室")
    assert "请换大一点的教室" in staff.get(f"/classes/{klass.id}").text
    assert staff.submit(f"/classes/{klass.id}/submit").status_code == 303
    assert officer.submit(f"/classes/{klass.id}/decide", decision="approve").status_code == 303
    assert staff.submit(f"/classes/{klass.id}/open-enrolment").status_code == 303
    assert staff.submit(f"/classes/{klass.id}/start").status_code == 303
    db.session.refresh(klass)
    assert klass.state is ClassState.RUNNING


def test_an_unready_class_shows_what_is_missing_and_is_refused(staff, base):
    klass = kept(factories.training_class(by=base, state=ClassState.DRAFT))
    page = staff.get(f"/classes/{klass.id}/submit")
    assert "理论课时应为 2，已排 0，少 2 课时" in page.text
    assert "回到班期去补齐" in page.text
    answer = staff.submit(f"/classes/{klass.id}/submit")
    assert answer.status_code == 422
    assert "还不能提交" in answer.text


def test_a_second_press_is_explained(staff, base):
    klass = kept(build.complete_plan(by=base.id))
    first = staff.get(f"/classes/{klass.id}/submit").text
    assert "提交审批" in first
    assert staff.submit(f"/classes/{klass.id}/submit").status_code == 303
    answer = staff.submit(f"/classes/{klass.id}/submit")
    assert answer.status_code == 422
    assert "已经是“待审批”" in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ends_on": "2024-03-10"}, "结束日期早于开课日期"),
        ({"starts_on": "2024-2-30"}, "没有 2024年2月30日 这一天"),
        ({"starts_on": "明天"}, "看不出是哪一天"),
        ({"capacity": "501"}, "在 1 到 500 之间"),
        ({"course_id": "999999"}, "请从列出的选项中选择课程"),
        ({"title": ""}, "请填写班期名称"),
    ],
)
def test_what_a_class_refuses(staff, base, changes, told):
    answer = staff.submit("/classes/new", **new_class(base, **changes))
    assert answer.status_code == 422
    assert told in answer.text
    for typed in changes.values():
        assert typed == "999999" or f'value="{typed}"' in answer.text


def test_another_bases_venue_is_not_a_choice(staff, base):
    answer = staff.submit(
        "/classes/new", **new_class(base, venue_id=factories.venue(factories.provider()).id)
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"day": "2024-3-9"}, "day", "不在班期之内"),
        ({"day": "2024-4-31"}, "day", "没有 2024年4月31日 这一天"),
        ({"ends": "8:00"}, "ends", "不晚于开始时间"),
        ({"ends": "10:30"}, "ends", "不是 45 分钟的整数倍"),
        ({"ends": "17:30"}, "ends", "一天最多 8 课时"),
        ({"ends": ""}, "ends", "请填写结束时间，或者填写课时数"),
        ({"starts": "早上"}, "starts", "看不出是几点几分"),
        ({"topic": ""}, "topic", "请填写课题"),
    ],
)
def test_what_a_session_refuses_at_which_field(staff, base, changes, field, told):
    klass = factories.training_class(by=base, state=ClassState.DRAFT)
    teacher = kept(build.teacher_of(base.id))
    lesson = {
        "day": "2024-3-11", "starts": "8:30", "ends": "10:00", "part": "theory", "topic": "选品",
        "venue_id": klass.venue_id, "teacher_id": teacher.id,
    }  # fmt: skip
    answer = staff.submit(f"/classes/{klass.id}/sessions/new", **(lesson | changes))
    assert answer.status_code == 422
    error = answer.text.split(f'id="{field}-error"')[1].split("</div>")[0]
    assert told in error


def test_a_collision_names_what_collides_at_the_field(staff, base):
    other = build.complete_plan(by=base.id)
    klass = factories.training_class(by=base, state=ClassState.DRAFT)
    teacher = kept(build.teacher_of(base.id))
    lesson = {
        "day": "2024-3-11", "starts": "9:00", "lesson_hours": "1", "part": "theory", "topic": "选品",
        "venue_id": other.venue_id, "teacher_id": teacher.id,
    }  # fmt: skip
    answer = staff.submit(f"/classes/{klass.id}/sessions/new", **lesson)
    assert answer.status_code == 422
    assert f"2024年3月11日 8:30-10:00 班期 {other.number}" in answer.text
    assert 'value="09:00"' in answer.text


def test_hours_that_do_not_fit_are_told_at_the_field(staff, base):
    klass = factories.training_class(by=base, state=ClassState.DRAFT)
    teacher = kept(build.teacher_of(base.id))
    weekly = {
        "weekdays": ["5"], "first_day": "2024-3-11", "starts": "8:30", "lesson_hours": "4",
        "part": "practice", "until_hours": "100", "topic": "开播", "venue_id": klass.venue_id,
        "teacher_id": teacher.id,
    }  # fmt: skip
    answer = staff.submit(f"/classes/{klass.id}/sessions/repeat", **weekly)
    assert answer.status_code == 422
    assert "只排得下 24 课时，还差 76 课时" in answer.text
    answer = staff.submit(f"/classes/{klass.id}/sessions/repeat", **(weekly | {"weekdays": []}))
    assert "请至少选择一天" in answer.text


def test_a_session_is_changed_and_removed(staff, base):
    klass = build.complete_plan(by=base.id)
    session = queries.sessions_of(klass.id)[0]
    url = f"/sessions/{session.id}"
    lesson = {
        "day": "2024-3-12", "starts": "13:00", "ends": "14:30", "part": "theory", "topic": "新课题",
        "venue_id": session.venue_id, "teacher_id": session.teacher_id,
    }  # fmt: skip
    assert staff.submit(f"{url}/edit", **lesson).status_code == 303
    page = staff.get(f"/classes/{klass.id}").text
    assert "新课题" in page
    assert "2024-03-11 08:30-10:00 改为 2024-03-12 13:00-14:30" in page
    assert staff.submit(f"{url}/remove").status_code == 303
    assert staff.get(f"{url}/edit").status_code == 404


def test_the_federation_cancels_with_a_reason_and_the_public_reads_it(officer, client, base):
    klass = kept(build.complete_plan(by=base.id, state=ClassState.ENROLLING))
    assert officer.submit(f"/classes/{klass.id}/cancel", reason="").status_code == 422
    assert officer.submit(f"/classes/{klass.id}/cancel", reason="场地漏水").status_code == 303
    page = client.get(f"/open-classes/{klass.id}").text
    assert "这个班已经取消。场地漏水" in page
    assert klass.title not in client.get("/open-classes").text


def urls_of(klass, session):
    return [
        f"/classes/{klass.id}",
        *(
            f"/classes/{klass.id}/{name}"
            for name in (
                "edit",
                "submit",
                "open-enrolment",
                "start",
                "sessions/new",
                "sessions/repeat",
            )
        ),
        f"/sessions/{session.id}/edit",
        f"/sessions/{session.id}/remove",
    ]


def test_another_bases_class_is_unknown_at_every_address(staff, sign_in):
    other = build.complete_plan(by=factories.provider().id)
    for url in urls_of(other, queries.sessions_of(other.id)[0]):
        assert staff.get(url).status_code == 404, url
        if url != f"/classes/{other.id}":
            assert staff.post(url).status_code in (400, 404), url
    factories.region("210602")
    far = sign_in(Role.FEDERATION, region_code="210602")
    for name in ("", "/decide", "/archive", "/cancel"):
        assert far.get(f"/classes/{other.id}{name}").status_code == 404, name


def test_what_the_roles_may_not_do(staff, officer, sign_in, base):
    klass = build.complete_plan(by=base.id)
    for name in ("decide", "archive", "cancel"):
        assert staff.get(f"/classes/{klass.id}/{name}").status_code == 403
    for url in urls_of(klass, queries.sessions_of(klass.id)[0])[1:]:
        assert officer.get(url).status_code == 403, url
        assert sign_in(Role.AUDITOR).get(url).status_code == 403, url
    assert sign_in(Role.TRAINEE).get("/classes").status_code == 403
    assert sign_in(Role.TOWNSHIP).get(f"/classes/{klass.id}").status_code == 404


def test_the_list_filters_sorts_and_exports(officer, base):
    build.complete_plan(by=base.id, title="甲班", state=ClassState.SUBMITTED)
    build.complete_plan(
        by=base.id, title="乙班", starts_on=date(2025, 3, 10), ends_on=date(2025, 3, 14)
    )
    assert "甲班" in officer.get("/classes?state=submitted").text
    assert "乙班" not in officer.get("/classes?state=submitted").text
    assert "甲班" not in officer.get("/classes?since=2025-1-1").text
    assert "乙班" in officer.get(f"/classes?provider_id={base.id}&text=乙&kind=employability").text
    assert "没有符合条件的班期" in officer.get("/classes?until=2020-1-1").text
    assert officer.get("/classes/export?state=submitted").data.startswith(b"PK")
    assert officer.get("/courses/export").data.startswith(b"PK")


def test_an_impossible_date_in_a_filter_is_told(officer):
    answer = officer.get("/classes?since=2024-2-30")
    assert answer.status_code == 422
    assert "没有 2024年2月30日 这一天" in answer.text


@pytest.mark.parametrize("url", ["/classes", "/courses", "/open-classes", "/"])
def test_a_list_asks_the_database_as_often_for_two_rows_as_for_twenty(officer, base, url):
    def count() -> int:
        with count_queries() as counted:
            assert officer.get(url).status_code == 200
        return counted.count

    for _ in range(2):
        build.complete_plan(by=base.id, state=ClassState.ENROLLING)
    few = count()
    for _ in range(18):
        build.complete_plan(by=factories.provider().id, state=ClassState.ENROLLING)
    assert count() == few


def test_a_class_asks_as_often_for_two_sessions_as_for_twenty(staff, base):
    def count() -> int:
        with count_queries() as counted:
            assert staff.get(f"/classes/{klass.id}").status_code == 200
        return counted.count

    klass = build.complete_plan(by=base.id)
    few = count()
    for day in range(12, 27):
        factories.class_session(
            klass, day=date(2024, 3, day), teacher_id=build.teacher_of(base.id).id,
            venue_id=factories.venue(base).id,
        )  # fmt: skip
    assert count() == few


# ---- public


def test_the_public_reads_a_class_in_plain_words(client, base):
    venue = factories.venue(
        base, name="一楼直播间", way_there="坐 12 路到振兴路站", accessible_toilet=True
    )
    klass = build.complete_plan(
        by=base.id, state=ClassState.ENROLLING, venue_id=venue.id, title="直播入门"
    )
    assert "直播入门" in client.get("/").text
    assert "直播入门" in client.get("/open-classes?field=ecommerce").text
    assert "没有正在报名的班" in client.get("/open-classes?field=planting").text
    page = client.get(f"/open-classes/{klass.id}").text
    for told in (
        "有残疾人证的人", "每周一 8:30-10:00", "没有台阶", "坐 12 路到振兴路站", "有无障碍卫生间",
        "免费", "还有 20 个名额",
    ):  # fmt: skip
        assert told in page, told


def test_a_full_class_says_that_one_can_wait(client, base):
    klass = build.complete_plan(by=base.id, state=ClassState.ENROLLING, capacity=1)
    kept(factories.enrolment(into=klass))
    assert "已报满，可以候补" in client.get(f"/open-classes/{klass.id}").text


@pytest.mark.parametrize("state", [ClassState.DRAFT, ClassState.SUBMITTED, ClassState.APPROVED])
def test_the_public_does_not_see_what_is_not_published(client, base, state):
    klass = build.complete_plan(by=base.id, state=state)
    assert client.get(f"/open-classes/{klass.id}").status_code == 404


def test_empty_public_pages_say_so(client):
    assert "现在没有正在报名的班" in client.get("/").text
    assert "现在没有正在报名的班" in client.get("/open-classes").text


# ---- start page


def test_the_start_page_tells_each_what_waits(staff, officer, base):
    build.complete_plan(by=base.id, state=ClassState.SUBMITTED)
    build.complete_plan(by=base.id, state=ClassState.RETURNED)
    build.complete_plan(by=base.id)
    build.complete_plan(by=base.id, state=ClassState.APPROVED)
    build.complete_plan(by=base.id, state=ClassState.RUNNING)
    with clock.frozen(datetime(2024, 3, 11, 1, tzinfo=UTC)):
        assert "开班申请等待审批" in officer.get("/start").text
        page = staff.get("/start").text
        for told in ("今天的课", "被退回的班期要修改", "已批准，可以开放报名", "草稿要写完"):
            assert told in page, told
        assert "测试课次" in staff.get("/classes/today").text
    assert "今天没有课" in staff.get("/classes/today").text


# ---- constraints


def course(**changes):
    values = {
        "code": "X", "title": "x", "kind": TrainingKind.RURAL, "field": TrainingField.PLANTING, "occupation": "x",
        "level": Level.NONE, "theory_hours": 1, "practice_hours": 1, "minimum_attendance": Decimal(80),
        "assessment_required": False,
    }  # fmt: skip
    return Course(**(values | changes))


def klass_of(base, **changes):
    values = {
        "course_id": factories.course().id, "provider_id": base.id, "number": "N", "title": "t", "starts_on": DAY,
        "ends_on": DAY, "capacity": 5, "created_by_id": 0,
    }  # fmt: skip
    return TrainingClass(**(values | changes))


def lesson_of(base, **changes):
    """A session at the time, place and teacher of one that exists."""
    klass = factories.training_class(by=base)
    like = factories.class_session(klass, starts=time(20))
    values = {
        "class_id": klass.id, "venue_id": like.venue_id, "teacher_id": like.teacher_id, "during": like.during,
        "topic": "t", "part": SessionPart.THEORY, "lesson_hours": 2,
    }  # fmt: skip
    return ClassSession(**(values | changes))


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (lambda base: course(code=factories.course().code), "uq_course_code"),
        (lambda base: course(theory_hours=-1, practice_hours=2), "ck_course_hours"),
        (lambda base: course(theory_hours=0, practice_hours=0), "ck_course_some_hours"),
        (lambda base: course(minimum_attendance=Decimal(101)), "ck_course_minimum_attendance"),
        (
            lambda base: klass_of(base, number=factories.training_class().number),
            "uq_training_class_number",
        ),
        (lambda base: klass_of(base, ends_on=date(2024, 3, 10)), "ck_training_class_dates"),
        (lambda base: klass_of(base, capacity=0), "ck_training_class_capacity"),
        (lambda base: klass_of(base, seats_taken=6), "ck_training_class_seats"),
        (
            lambda base: lesson_of(base, lesson_hours=9, during=period(5)),
            "ck_class_session_lesson_hours",
        ),
        (lambda base: lesson_of(base, during=period(0)), "ck_class_session_during"),
        (
            lambda base: lesson_of(base, teacher_id=factories.teacher(base).id),
            "ex_class_session_venue",
        ),
        (
            lambda base: lesson_of(base, venue_id=factories.venue(base).id),
            "ex_class_session_teacher",
        ),
    ],
)
def test_the_database_holds_each_rule_and_the_user_is_told(base, broken, name):
    with pytest.raises(DomainError) as refused, unit_of_work():
        db.session.add(broken(base))
    assert refused.value.__cause__.orig.diag.constraint_name == name
    assert refused.value.message.endswith("。")


def period(hours):
    begin = datetime(2024, 3, 12, tzinfo=UTC)
    return Range(begin, begin + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("course", "kind", "x"),
        ("course", "field", "x"),
        ("course", "level", "x"),
        ("training_class", "state", "x"),
        ("class_session", "part", "x"),
        ("class_session", "state", "x"),
    ],
)
def test_the_database_knows_every_word(base, table, column, value):
    build.complete_plan(by=base.id)
    with pytest.raises(IntegrityError, match=f"ck_{table}_{column}_known"):
        db.session.execute(text(f"UPDATE {table} SET {column} = :value"), {"value": value})
