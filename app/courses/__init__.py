"""Catalogue, classes (班期) and sessions (课次)."""

from collections.abc import Iterator

from flask import Flask

from app.platform.access import Actor, Role
from app.platform.pages import Standing, Task


def init_app(app: Flask) -> None:
    from app.courses import models  # noqa: F401
    from app.courses.routes import bp
    from app.courses.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks
    from app.platform.unit_of_work import explain_constraints

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
    explain_constraints(
        {
            "uq_course_code": ("code", "这个课程编号已经用过，请换一个。"),
            "ck_course_hours": ("theory_hours", "课时不能小于 0，请核对。"),
            "ck_course_some_hours": (
                "theory_hours",
                "理论课时和实操课时加起来应大于 0，请至少填写一项。",
            ),
            "ck_course_minimum_attendance": (
                "minimum_attendance",
                "最低出勤比例应在 0 到 100 之间。",
            ),
            "uq_training_class_number": (None, "班号刚刚被别的班期用了，请再提交一次。"),
            "ck_training_class_dates": ("ends_on", "结束日期早于开课日期，请核对。"),
            "ck_training_class_capacity": ("capacity", "计划招收人数应在 1 到 500 之间。"),
            "ck_training_class_seats": ("capacity", "名额不能少于已经报名的人数。"),
            "ck_class_session_lesson_hours": ("lesson_hours", "一次课应为 1 到 8 课时，请核对。"),
            "ck_class_session_during": ("ends", "结束时间应晚于开始时间，请核对。"),
            "ex_class_session_venue": (
                "venue_id",
                "这个场地刚刚被别的课占用了，请换场地或换时间。",
            ),
            "ex_class_session_teacher": ("teacher_id", "这位教师刚刚另排了课，请换教师或换时间。"),
        }
    )


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """What classes ask of the federation and of a base today."""
    if actor.role is Role.FEDERATION:
        yield from _federation_tasks(actor)
    elif actor.role is Role.PROVIDER:
        yield from _provider_tasks(actor)


def _federation_tasks(actor: Actor) -> Iterator[Task | Standing]:
    from app.courses import queries
    from app.courses.types import ClassState

    counts = queries.count_by_state(actor)
    yield Task(
        counts.get(ClassState.SUBMITTED, 0),
        "开班申请等待审批",
        "courses.index",
        {"state": ClassState.SUBMITTED.value},
        due=queries.earliest_start(actor, ClassState.SUBMITTED),
        note="日期是最早一期的开课日期",
    )
    for state in (ClassState.ENROLLING, ClassState.RUNNING):
        yield Standing(
            f"{state.label}的班期",
            str(counts.get(state, 0)),
            "courses.index",
            {"state": state.value},
        )


def _provider_tasks(actor: Actor) -> Iterator[Task | Standing]:
    from app.courses import queries
    from app.courses.types import ClassState
    from app.platform import clock
    from app.platform.pages import Urgency, clock_time

    today = clock.today()
    counts = queries.count_by_state(actor)
    sessions = queries.sessions_on(viewer=actor, day=today)
    if sessions:
        first = sessions[0]
        yield Task(
            len(sessions),
            "今天的课",
            "courses.today",
            due=today,
            note=f"第一节 {clock_time(first.during.lower)}，{first.training_class.title}",
        )
    yield Task(
        counts.get(ClassState.RETURNED, 0),
        "被退回的班期要修改",
        "courses.index",
        {"state": ClassState.RETURNED.value},
        due=queries.earliest_start(actor, ClassState.RETURNED),
        note="日期是最早一期的开课日期",
    )
    yield Task(
        queries.count_to_start(actor, as_of=today),
        "到了开课日期，还没有开课",
        "courses.index",
        {"state": ClassState.ENROLLING.value, "until": today.isoformat()},
        urgency=Urgency.TODAY,
    )
    yield Task(
        counts.get(ClassState.APPROVED, 0),
        "已批准，可以开放报名",
        "courses.index",
        {"state": ClassState.APPROVED.value},
        urgency=Urgency.SOON,
    )
    yield Task(
        counts.get(ClassState.DRAFT, 0),
        "草稿要写完",
        "courses.index",
        {"state": ClassState.DRAFT.value},
    )
    for state in (ClassState.ENROLLING, ClassState.RUNNING):
        yield Standing(
            f"{state.label}的班期",
            str(counts.get(state, 0)),
            "courses.index",
            {"state": state.value},
        )
