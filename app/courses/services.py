"""Commands on the catalogue, classes and sessions: the only writers of their rows."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pypinyin import Style, lazy_pinyin
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range

from app.courses import queries, rules
from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.types import ClassState, Level, SessionPart, SessionState, Slot, TrainingField
from app.platform import clock, eventlog
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints
from app.providers.queries import find_open_venue, find_present_teacher
from app.providers.types import TrainingKind

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


# ---- catalogue


def save_course(
    *,
    actor: Actor,
    course: Course | None,
    code: str,
    title: str,
    summary: str,
    kind: TrainingKind,
    field: TrainingField,
    occupation: str,
    level: Level,
    theory_hours: int,
    practice_hours: int,
    minimum_attendance: Decimal,
    assessment_required: bool,
    certificate_title: str,
) -> Course:
    """Enter a course, or change one.

    Raises DomainError where it has no hours at all.
    """
    if theory_hours + practice_hours <= 0:
        raise DomainError("理论课时和实操课时加起来应大于 0，请至少填写一项。", "theory_hours")
    new = course is None
    course = course or Course()
    values: dict[str, Any] = {
        "code": code,
        "title": title,
        "summary": summary,
        "kind": kind,
        "field": field,
        "occupation": occupation,
        "level": level,
        "theory_hours": theory_hours,
        "practice_hours": practice_hours,
        "minimum_attendance": minimum_attendance,
        "assessment_required": assessment_required,
        "certificate_title": certificate_title,
    }
    changes = _change(course, values)
    db.session.add(course)
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="course.entered" if new else "course.changed",
        subject=course,
        detail={} if new else {"changes": changes},
    )
    return course


def retire_course(*, actor: Actor, course: Course, on: date) -> None:
    """From `on` no further class may be proposed of this course; classes that exist go on."""
    course.retired_on = on
    db.session.flush()
    eventlog.record(
        actor=actor, action="course.retired", subject=course, detail={"on": on.isoformat()}
    )


def restore_course(*, actor: Actor, course: Course) -> None:
    """Let classes be proposed of a retired course again."""
    course.retired_on = None
    db.session.flush()
    eventlog.record(actor=actor, action="course.restored", subject=course)


def _change(row: Any, values: dict[str, Any]) -> list[list[str]]:
    """Set the attributes; what was changed, as [name, before, after] of texts."""
    changes = []
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            changes.append([name, _text(before), _text(value)])
            setattr(row, name, value)
    return changes


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(getattr(value, "label", value))


# ---- classes


def propose_class(
    *,
    actor: Actor,
    course_id: int,
    venue_id: int,
    title: str,
    starts_on: date,
    ends_on: date,
    capacity: int,
    assessment_plan: str,
) -> TrainingClass:
    """A base's draft of a class, with a number of its own."""
    provider_id = actor.provider_id
    if provider_id is None:
        raise DomainError("只有培训基地可以申请开班。")
    _refuse_class(provider_id, course_id, venue_id, starts_on, ends_on)
    klass = TrainingClass(
        course_id=course_id,
        provider_id=provider_id,
        venue_id=venue_id,
        number=_next_number(provider_id, starts_on.year),
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        capacity=capacity,
        assessment_plan=assessment_plan,
        state=ClassState.DRAFT,
        created_by_id=actor.account_id,
    )
    db.session.add(klass)
    db.session.flush()
    eventlog.record(
        actor=actor, action="class.proposed", subject=klass, detail={"number": klass.number}
    )
    return klass


def change_class(
    *,
    actor: Actor,
    klass: TrainingClass,
    course_id: int,
    venue_id: int,
    title: str,
    starts_on: date,
    ends_on: date,
    capacity: int,
    assessment_plan: str,
) -> None:
    """Change a draft or a returned class; its number stays."""
    klass = _locked(klass)
    rules.refuse_change(klass.state)
    _refuse_class(klass.provider_id, course_id, venue_id, starts_on, ends_on)
    changes = _change(
        klass,
        {
            "course_id": course_id,
            "venue_id": venue_id,
            "title": title,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "capacity": capacity,
            "assessment_plan": assessment_plan,
        },
    )
    db.session.flush()
    eventlog.record(actor=actor, action="class.changed", subject=klass, detail={"changes": changes})


def _refuse_class(
    provider_id: int, course_id: int, venue_id: int, starts_on: date, ends_on: date
) -> None:
    if ends_on < starts_on:
        raise DomainError("结束日期早于开课日期，请核对。", "ends_on")
    course = queries.find_course(course_id)
    if course is None or (course.retired_on is not None and course.retired_on <= starts_on):
        raise DomainError("这门课程已停开，请选择别的课程。", "course_id")
    if find_open_venue(provider_id=provider_id, venue_id=venue_id, open_on=starts_on) is None:
        raise DomainError("这个场地不属于本单位，或者到开课时已停用，请重新选择。", "venue_id")


def _next_number(provider_id: int, year: int) -> str:
    """The next class number of the district and year, such as 2024-ZX-0007.

    The lock on the prefix is held until the transaction ends, so that two proposals never draw the same number.
    """
    prefix = f"{year}-{_initials(queries.district_name_of(provider_id))}-"
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"class number {prefix}"))))
    return f"{prefix}{queries.last_number(prefix) + 1:04d}"


def _initials(district: str) -> str:
    name = district[:-1] if len(district) > 2 and district[-1] in "区县市" else district
    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).upper()
    return letters[:6] or "BQ"


# ---- a class moves on


def submit_class(*, actor: Actor, klass: TrainingClass) -> TrainingClass:
    """Hand a class in for approval. Raises DomainError with the reasons where a must-check fails."""
    klass = _locked(klass)
    rules.refuse_move(klass.state, ClassState.SUBMITTED, actor.role)
    _refuse_unready(klass, "还不能提交")
    return _move(actor, klass, ClassState.SUBMITTED, "class.submitted")


def approve_class(*, actor: Actor, klass: TrainingClass, comment: str = "") -> TrainingClass:
    """Approve a submitted class; the must-checks hold at this moment too."""
    klass = _locked(klass)
    rules.refuse_move(klass.state, ClassState.APPROVED, actor.role)
    _refuse_unready(klass, "还不能批准")
    klass.decision_comment = comment
    return _move(actor, klass, ClassState.APPROVED, "class.approved", comment)


def return_class(*, actor: Actor, klass: TrainingClass, comment: str) -> TrainingClass:
    """Send a submitted class back to the base, saying what to mend."""
    klass = _locked(klass)
    rules.refuse_move(klass.state, ClassState.RETURNED, actor.role)
    if not comment.strip():
        raise DomainError("退回时请写明哪里需要修改，基地会看到这段话。", "comment")
    klass.decision_comment = comment
    return _move(actor, klass, ClassState.RETURNED, "class.returned", comment)


def open_enrolment(*, actor: Actor, klass: TrainingClass) -> TrainingClass:
    """Publish an approved class and take applications."""
    return _move(actor, _locked(klass), ClassState.ENROLLING, "class.enrolment_opened")


def start_class(*, actor: Actor, klass: TrainingClass) -> TrainingClass:
    """Teaching begins."""
    return _move(actor, _locked(klass), ClassState.RUNNING, "class.started")


def complete_class(*, actor: Actor, klass: TrainingClass) -> TrainingClass:
    """Called by attendance when the completions of a class are confirmed."""
    return _move(actor, _locked(klass), ClassState.COMPLETED, "class.completed")


def archive_class(*, actor: Actor, klass: TrainingClass) -> TrainingClass:
    """Put a completed class on file."""
    return _move(actor, _locked(klass), ClassState.ARCHIVED, "class.archived")


def cancel_class(*, actor: Actor, klass: TrainingClass, reason: str) -> TrainingClass:
    """Cancel a class that is not completed, and its sessions with it."""
    klass = _locked(klass)
    rules.refuse_move(klass.state, ClassState.CANCELLED, actor.role)
    if not reason.strip():
        raise DomainError("请写明取消的原因，基地和学员会看到。", "reason")
    db.session.execute(
        update(ClassSession)
        .where(ClassSession.class_id == klass.id, ClassSession.state == SessionState.PLANNED)
        .values(state=SessionState.CANCELLED)
    )
    klass.decision_comment = reason
    return _move(actor, klass, ClassState.CANCELLED, "class.cancelled", reason)


def _locked(klass: TrainingClass) -> TrainingClass:
    """The class as it is now, held until the transaction ends: of two tabs the second sees what the first did."""
    return db.session.execute(
        select(TrainingClass)
        .where(TrainingClass.id == klass.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _move(
    actor: Actor, klass: TrainingClass, target: ClassState, action: str, comment: str = ""
) -> TrainingClass:
    origin = klass.state
    rules.refuse_move(origin, target, actor.role)
    klass.state = target
    db.session.flush()
    detail = {"from": origin.value, "to": target.value} | ({"comment": comment} if comment else {})
    eventlog.record(actor=actor, action=action, subject=klass, detail=detail)
    return klass


def _refuse_unready(klass: TrainingClass, opening: str) -> None:
    reasons = rules.reasons_against(rules.opening_checks(queries.class_plan(klass)))
    if reasons:
        raise DomainError(f"{opening}：{''.join(reasons)}")


# ---- sessions


def add_session(
    *,
    actor: Actor,
    klass: TrainingClass,
    slot: Slot,
    venue_id: int,
    teacher_id: int,
    topic: str,
    part: SessionPart,
) -> ClassSession:
    """Add one session to a draft or returned class."""
    klass = _locked(klass)
    session = _add_all(
        klass, [slot], venue_id, teacher_id, topic, part, day_field="day", hours_field="ends"
    )[0]
    eventlog.record(actor=actor, action="session.added", subject=klass, detail=_told(slot, topic))
    return session


def add_weekly_sessions(
    *,
    actor: Actor,
    klass: TrainingClass,
    slots: Sequence[Slot],
    venue_id: int,
    teacher_id: int,
    topic: str,
    part: SessionPart,
) -> list[ClassSession]:
    """Add sessions that repeat by the week: all of them, or none where one collides."""
    klass = _locked(klass)
    sessions = _add_all(
        klass,
        slots,
        venue_id,
        teacher_id,
        topic,
        part,
        day_field="first_day",
        hours_field="lesson_hours",
    )
    detail = {
        "count": len(slots),
        "hours": sum(slot.lesson_hours for slot in slots),
        "topic": topic,
    }
    eventlog.record(actor=actor, action="session.repeated", subject=klass, detail=detail)
    return sessions


def _add_all(
    klass: TrainingClass,
    slots: Sequence[Slot],
    venue_id: int,
    teacher_id: int,
    topic: str,
    part: SessionPart,
    *,
    day_field: str,
    hours_field: str,
) -> list[ClassSession]:
    rules.refuse_change(klass.state)
    _refuse_slots(klass, slots, venue_id, teacher_id, day_field=day_field, hours_field=hours_field)
    sessions = [
        ClassSession(
            class_id=klass.id,
            venue_id=venue_id,
            teacher_id=teacher_id,
            during=Range(*_period(slot)),
            topic=topic,
            part=part,
            lesson_hours=slot.lesson_hours,
        )
        for slot in slots
    ]
    db.session.add_all(sessions)
    db.session.flush()
    return sessions


def change_session(
    *,
    actor: Actor,
    session: ClassSession,
    slot: Slot,
    venue_id: int,
    teacher_id: int,
    topic: str,
    part: SessionPart,
) -> None:
    """Change a session of a draft or returned class."""
    klass = _locked(session.training_class)
    rules.refuse_change(klass.state)
    _refuse_slots(
        klass, [slot], venue_id, teacher_id, day_field="day", hours_field="ends", besides=session.id
    )
    before = queries.slot_of(session)
    session.during = Range(*_period(slot))
    session.lesson_hours = slot.lesson_hours
    session.venue_id, session.teacher_id = venue_id, teacher_id
    session.topic, session.part = topic, part
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="session.changed",
        subject=klass,
        detail=_told(slot, topic) | {"before": _told(before, topic)["day"]},
    )


def remove_session(*, actor: Actor, session: ClassSession) -> None:
    """Take a session out of a draft or returned class; the history keeps it."""
    klass = _locked(session.training_class)
    rules.refuse_change(klass.state)
    eventlog.record(
        actor=actor,
        action="session.removed",
        subject=klass,
        detail=_told(queries.slot_of(session), session.topic),
    )
    db.session.delete(session)
    db.session.flush()


def _refuse_slots(
    klass: TrainingClass,
    slots: Sequence[Slot],
    venue_id: int,
    teacher_id: int,
    *,
    day_field: str,
    hours_field: str,
    besides: int | None = None,
) -> None:
    rules.refuse_outside(slots, starts_on=klass.starts_on, ends_on=klass.ends_on, field=day_field)
    last = max(slot.day for slot in slots)
    # Held first the venue, then the teacher: two plans that want the same wait for each other and never deadlock.
    if (
        find_open_venue(provider_id=klass.provider_id, venue_id=venue_id, open_on=last, hold=True)
        is None
    ):
        raise DomainError("这个场地不属于本单位，或者到上课时已停用，请重新选择。", "venue_id")
    if (
        find_present_teacher(
            provider_id=klass.provider_id, teacher_id=teacher_id, present_on=last, hold=True
        )
        is None
    ):
        raise DomainError("这位教师不属于本单位，或者到上课时已离开，请重新选择。", "teacher_id")
    rules.refuse_overload(slots, queries.hours_by_day(klass.id, besides=besides), hours_field)
    periods = [_period(slot) for slot in slots]
    taken = queries.taken_between(
        min(begins for begins, _ in periods),
        max(ends for _, ends in periods),
        venue_id=venue_id,
        teacher_id=teacher_id,
        besides=besides,
    )
    rules.refuse_collision(periods, taken, venue_id=venue_id, teacher_id=teacher_id)


def _period(slot: Slot) -> tuple[datetime, datetime]:
    return (
        datetime.combine(slot.day, slot.starts, clock.SHANGHAI),
        datetime.combine(slot.day, slot.ends, clock.SHANGHAI),
    )


def _told(slot: Slot, topic: str) -> dict[str, str]:
    return {"day": f"{slot.day.isoformat()} {slot.starts:%H:%M}-{slot.ends:%H:%M}", "topic": topic}
