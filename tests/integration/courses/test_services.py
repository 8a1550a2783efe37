"""Commands on classes and sessions, and what they refuse."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from app.courses import queries, rules, services
from app.courses.models import ClassSession, TrainingClass
from app.courses.types import ClassState, SessionPart, SessionState, Slot
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError, TransitionRefused
from app.platform.eventlog import history_of
from app.providers.types import TrainingKind
from tests import factories
from tests.factories import courses as build

DAY = date(2024, 3, 11)


@pytest.fixture
def staff(app):
    factories.region(factories.DISTRICT, "振兴区")
    return factories.actor(Role.PROVIDER)


@pytest.fixture
def officer(app):
    return factories.actor(Role.FEDERATION)


def propose(staff, **changes):
    values = {
        "course_id": factories.course().id,
        "venue_id": build.venue_of(staff.provider_id).id,
        "title": "直播带货 2024 第 1 期",
        "starts_on": DAY,
        "ends_on": date(2024, 4, 26),
        "capacity": 20,
        "assessment_plan": "",
    }
    return services.propose_class(actor=staff, **(values | changes))


def test_numbers_run_on_within_the_district_and_the_year(staff):
    numbers = [propose(staff).number, propose(staff).number]
    other_year = propose(staff, starts_on=date(2025, 1, 6), ends_on=date(2025, 1, 8)).number
    assert numbers == ["2024-ZX-0001", "2024-ZX-0002"]
    assert other_year == "2025-ZX-0001"


def test_a_class_goes_its_way_and_the_log_tells_it(staff, officer):
    klass = build.complete_plan(by=staff.provider_id)
    services.submit_class(actor=staff, klass=klass)
    services.return_class(actor=officer, klass=klass, comment="请改教室")
    services.submit_class(actor=staff, klass=klass)
    services.approve_class(actor=officer, klass=klass)
    services.open_enrolment(actor=staff, klass=klass)
    services.start_class(actor=staff, klass=klass)
    services.complete_class(actor=officer, klass=klass)
    services.archive_class(actor=officer, klass=klass)
    assert klass.state is ClassState.ARCHIVED
    told = [event.action for event in reversed(history_of(klass))]
    assert told == [
        "class.submitted", "class.returned", "class.submitted", "class.approved",
        "class.enrolment_opened", "class.started", "class.completed", "class.archived",
    ]  # fmt: skip


def test_pressing_the_button_twice_moves_once(staff):
    klass = build.complete_plan(by=staff.provider_id)
    services.submit_class(actor=staff, klass=klass)
    with pytest.raises(TransitionRefused, match="已经是“待审批”") as refused:
        services.submit_class(actor=staff, klass=klass)
    assert (refused.value.origin, refused.value.target) == (ClassState.SUBMITTED,) * 2


def test_an_unfinished_plan_is_not_submitted_and_says_why(staff):
    klass = build.complete_plan(by=staff.provider_id)
    db.session.delete(queries.sessions_of(klass.id)[0])
    db.session.flush()
    with pytest.raises(DomainError, match="理论课时应为 2，已排 0，少 2 课时"):
        services.submit_class(actor=staff, klass=klass)
    assert klass.state is ClassState.DRAFT


def test_an_accreditation_that_does_not_hold_bars_the_class(staff):
    base = factories.provider(kinds=[TrainingKind.RURAL])
    klass = build.complete_plan(by=base.id)
    with pytest.raises(DomainError, match="2024年3月11日 没有这类培训的资质"):
        services.submit_class(
            actor=factories.actor(Role.PROVIDER, provider_id=base.id), klass=klass
        )


def test_a_return_needs_a_comment(staff, officer):
    klass = build.complete_plan(by=staff.provider_id, state=ClassState.SUBMITTED)
    with pytest.raises(DomainError) as refused:
        services.return_class(actor=officer, klass=klass, comment="  ")
    assert refused.value.field == "comment"


def test_a_cancelled_class_cancels_its_sessions_and_frees_the_room(staff, officer):
    klass = build.complete_plan(by=staff.provider_id, state=ClassState.ENROLLING)
    sessions = queries.sessions_of(klass.id)
    services.cancel_class(actor=officer, klass=klass, reason="教师生病")
    db.session.expire_all()
    assert {session.state for session in sessions} == {SessionState.CANCELLED}
    other = propose(staff, venue_id=klass.venue_id)
    build_session(staff, other, venue_id=klass.venue_id, teacher_id=sessions[0].teacher_id)


def test_a_cancellation_needs_a_reason(staff, officer):
    klass = build.complete_plan(by=staff.provider_id)
    with pytest.raises(DomainError) as refused:
        services.cancel_class(actor=officer, klass=klass, reason="")
    assert refused.value.field == "reason"


@pytest.mark.parametrize("state", [ClassState.SUBMITTED, ClassState.RUNNING, ClassState.CANCELLED])
def test_what_was_handed_in_is_not_changed(staff, state):
    klass = build.complete_plan(by=staff.provider_id, state=state)
    with pytest.raises(DomainError, match="不能再修改"):
        build_session(staff, klass)
    with pytest.raises(DomainError, match="不能再修改"):
        services.remove_session(actor=staff, session=queries.sessions_of(klass.id)[0])


def build_session(staff, klass, **changes):
    values = {
        "slot": Slot(DAY, time(8, 30), time(10), 2),
        "venue_id": klass.venue_id,
        "teacher_id": changes.pop("teacher_id", None) or build.teacher_of(klass.provider_id).id,
        "topic": "选品",
        "part": SessionPart.THEORY,
    }
    return services.add_session(actor=staff, klass=klass, **(values | changes))


def refusal_of(call, *args, **kwargs) -> DomainError:
    with pytest.raises(DomainError) as refused:
        call(*args, **kwargs)
    return refused.value


def test_a_session_outside_the_class_is_refused_at_the_day(staff):
    error = refusal_of(
        build_session, staff, propose(staff), slot=Slot(date(2024, 3, 10), time(8), time(8, 45), 1)
    )
    assert error.field == "day"
    assert "班期从 2024年3月11日 到 2024年4月26日" in error.message


def test_an_occupied_venue_is_named_with_the_class_that_holds_it(staff):
    first = propose(staff)
    build_session(staff, first)
    error = refusal_of(build_session, staff, propose(staff), venue_id=first.venue_id)
    assert error.field == "venue_id"
    assert first.number in error.message
    assert "2024年3月11日 8:30-10:00" in error.message


def test_an_occupied_teacher_is_named(staff):
    first = propose(staff)
    teacher = build.teacher_of(staff.provider_id, name="李老师")
    build_session(staff, first, teacher_id=teacher.id)
    error = refusal_of(build_session, staff, propose(staff), teacher_id=teacher.id)
    assert error.field == "teacher_id"
    assert "李老师" in error.message


def test_sessions_that_touch_do_not_collide(staff):
    klass = propose(staff)
    build_session(staff, klass)
    build_session(staff, klass, slot=Slot(DAY, time(10), time(10, 45), 1))


def test_a_day_holds_eight_lesson_hours(staff):
    klass = propose(staff)
    build_session(staff, klass, slot=Slot(DAY, time(8), time(12, 30), 6))
    error = refusal_of(build_session, staff, klass, slot=Slot(DAY, time(13), time(15, 15), 3))
    assert error.field == "ends"
    assert "已排 6 课时，再加 3 课时" in error.message


def test_another_bases_venue_and_teacher_are_refused(staff):
    klass, stranger = propose(staff), factories.provider()
    error = refusal_of(build_session, staff, klass, venue_id=factories.venue(stranger).id)
    assert error.field == "venue_id"
    error = refusal_of(build_session, staff, klass, teacher_id=factories.teacher(stranger).id)
    assert error.field == "teacher_id"
    assert refusal_of(propose, staff, venue_id=factories.venue(stranger).id).field == "venue_id"


def test_a_closed_venue_and_a_teacher_who_left_are_refused(staff):
    klass = propose(staff)
    venue, teacher = build.venue_of(staff.provider_id), build.teacher_of(staff.provider_id)
    venue.closed_on = teacher.left_on = DAY
    assert refusal_of(build_session, staff, klass, venue_id=venue.id).field == "venue_id"
    assert refusal_of(build_session, staff, klass, teacher_id=teacher.id).field == "teacher_id"


def test_a_weekly_repeat_is_added_whole_or_not_at_all(staff):
    other, klass = propose(staff), propose(staff)
    build_session(staff, other, slot=Slot(date(2024, 3, 18), time(8, 30), time(10), 2))
    slots = rules.weekly_slots(
        first=DAY,
        last=klass.ends_on,
        weekdays=[0],
        starts=time(8, 30),
        lesson_hours=2,
        until_hours=5,
    )
    values = {
        "slots": slots,
        "venue_id": other.venue_id,
        "teacher_id": build.teacher_of(staff.provider_id).id,
        "topic": "实操",
        "part": SessionPart.PRACTICE,
    }
    error = refusal_of(services.add_weekly_sessions, actor=staff, klass=klass, **values)
    assert "2024年3月18日" in error.message
    assert queries.sessions_of(klass.id) == []
    services.add_weekly_sessions(
        actor=staff, klass=klass, **(values | {"venue_id": klass.venue_id})
    )
    assert [session.lesson_hours for session in queries.sessions_of(klass.id)] == [2, 2, 1]


def test_a_session_may_be_moved_within_its_own_time(staff):
    klass = propose(staff)
    session = build_session(staff, klass)
    services.change_session(
        actor=staff,
        session=session,
        slot=Slot(DAY, time(9, 15), time(10, 45), 2),
        venue_id=session.venue_id,
        teacher_id=session.teacher_id,
        topic="直播脚本",
        part=SessionPart.PRACTICE,
    )
    assert queries.slot_of(session).starts == time(9, 15)
    assert session.topic == "直播脚本"


def test_a_removed_session_stays_in_the_log(staff):
    klass = propose(staff)
    services.remove_session(actor=staff, session=build_session(staff, klass))
    assert db.session.scalar(select(func.count()).select_from(ClassSession)) == 0
    assert history_of(klass)[0].detail["day"] == "2024-03-11 08:30-10:00"


def test_a_retired_course_is_not_proposed(staff, officer):
    course = factories.course()
    services.retire_course(actor=officer, course=course, on=date(2024, 1, 1))
    assert refusal_of(propose, staff, course_id=course.id).field == "course_id"


def test_a_course_without_hours_is_refused(officer):
    course = factories.course()
    values = {
        name: getattr(course, name)
        for name in (
            "code", "title", "summary", "kind", "field", "occupation", "level",
            "minimum_attendance", "assessment_required", "certificate_title",
        )
    }  # fmt: skip
    error = refusal_of(
        services.save_course,
        actor=officer,
        course=course,
        theory_hours=0,
        practice_hours=0,
        **values,
    )
    assert error.field == "theory_hours"


def test_what_each_viewer_sees(staff, officer):
    mine = build.complete_plan(by=staff.provider_id)
    shown = build.complete_plan(by=staff.provider_id, state=ClassState.ENROLLING)
    factories.region("210602")
    far = build.complete_plan(by=factories.provider(region_code="210602").id)

    def seen(role, **scope):
        viewer = staff if role is Role.PROVIDER else factories.actor(role, **scope)
        return {klass.id for klass in db.session.scalars(queries.visible_classes(viewer))}

    assert seen(Role.PROVIDER) == {mine.id, shown.id}
    assert seen(Role.FEDERATION) == {mine.id, shown.id}
    assert seen(Role.FEDERATION, region_code="210602") == {far.id}
    assert seen(Role.TOWNSHIP) == {shown.id}
    assert seen(Role.TRAINEE) == {shown.id}
    assert seen(Role.AUDITOR) == {mine.id, shown.id, far.id}
    assert seen(Role.JUDGE) == set()
    assert db.session.scalar(select(func.count()).select_from(TrainingClass)) == 3
