"""Reads of courses, classes and sessions, within what the viewer may see."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.rules import PUBLISHED
from app.courses.types import (
    AccreditedPeriod,
    ClassPlan,
    ClassState,
    PlannedSession,
    SessionState,
    Slot,
    Taken,
    TrainingField,
)
from app.platform.access import Actor, Role
from app.platform.clock import SHANGHAI
from app.platform.db import db
from app.providers.models import Accreditation, Provider, Teacher, TeacherQualification, Venue
from app.providers.queries import accreditation_periods
from app.providers.types import TrainingKind
from app.regions.models import Region

#: What the list of classes shows of each.
_ROW: tuple[Any, ...] = (
    TrainingClass.id,
    TrainingClass.number,
    TrainingClass.title,
    TrainingClass.starts_on,
    TrainingClass.ends_on,
    TrainingClass.capacity,
    TrainingClass.seats_taken,
    TrainingClass.state,
    Course.title.label("course"),
    Course.kind,
    Provider.name.label("provider"),
)

#: What a stranger may see of a class that takes applications.
_OPEN_ROW: tuple[Any, ...] = (
    TrainingClass.id,
    TrainingClass.title,
    TrainingClass.starts_on,
    TrainingClass.ends_on,
    TrainingClass.capacity,
    TrainingClass.seats_taken,
    Course.title.label("course"),
    Course.field,
    Provider.name.label("provider"),
    Venue.address,
    Venue.step_free,
)


# ---- scope


def visible_classes(viewer: Actor) -> Select[Any]:
    """Classes that the viewer may see.

    The federation: those of the bases in its region; a township: those of its district from the moment enrolment
    opened; a base: its own; trainees: published ones; auditors: all.
    """
    statement = select(TrainingClass).where(_in_scope(viewer))
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP):
        return statement.join(TrainingClass.provider)
    return statement


def _in_scope(viewer: Actor) -> ColumnElement[bool]:
    """That rule as a condition, on classes joined with their bases."""
    match viewer.role:
        case Role.FEDERATION:
            return Provider.region_code.startswith(viewer.region_code or "-", autoescape=True)
        case Role.TOWNSHIP:
            return and_(
                Provider.region_code.startswith((viewer.region_code or "-")[:6], autoescape=True),
                TrainingClass.state.in_(PUBLISHED),
            )
        case Role.PROVIDER:
            return TrainingClass.provider_id == viewer.provider_id
        case Role.TRAINEE:
            return TrainingClass.state.in_(PUBLISHED)
        case Role.AUDITOR | Role.SYSADMIN:
            return true()
        case _:
            return false()


def _ids(viewer: Actor) -> Any:
    return visible_classes(viewer).with_only_columns(TrainingClass.id)


def find_class(*, viewer: Actor, class_id: int) -> TrainingClass | None:
    """One class with its course, base and venue."""
    return db.session.scalar(
        select(TrainingClass)
        .where(TrainingClass.id == class_id, TrainingClass.id.in_(_ids(viewer)))
        .options(
            joinedload(TrainingClass.course),
            joinedload(TrainingClass.provider),
            joinedload(TrainingClass.venue),
        )
    )


def find_session(*, viewer: Actor, session_id: int) -> ClassSession | None:
    """One session with its class, the class's course, venue and teacher."""
    return db.session.scalar(
        select(ClassSession)
        .where(ClassSession.id == session_id, ClassSession.class_id.in_(_ids(viewer)))
        .options(
            joinedload(ClassSession.training_class).joinedload(TrainingClass.course),
            joinedload(ClassSession.venue),
            joinedload(ClassSession.teacher),
        )
    )


# ---- catalogue


def course_list(
    *,
    text: str | None = None,
    kind: TrainingKind | None = None,
    field: TrainingField | None = None,
    retired: bool = False,
    as_of: date,
) -> Select[Any]:
    """Courses of the catalogue; retired ones only when asked for."""
    gone = and_(Course.retired_on.is_not(None), Course.retired_on <= as_of)
    statement = select(Course).where(gone if retired else ~gone)
    if kind is not None:
        statement = statement.where(Course.kind == kind)
    if field is not None:
        statement = statement.where(Course.field == field)
    if text:
        statement = statement.where(
            or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (Course.title, Course.code, Course.occupation)
                )
            )
        )
    return statement


def find_course(course_id: int) -> Course | None:
    """The catalogue is open to everyone who works with it."""
    return db.session.get(Course, course_id)


def course_choices(*, as_of: date, keep: int | None = None) -> list[tuple[int, str]]:
    """Id and name of the courses that may be held, and of `keep` even where it is retired."""
    offered = or_(Course.retired_on.is_(None), Course.retired_on > as_of, Course.id == (keep or 0))
    statement = select(Course).where(offered).order_by(Course.title, Course.id)
    return [
        (course.id, f"{course.title}（{course.level.label}，{course.hours} 课时）")
        for course in db.session.scalars(statement)
    ]


def classes_of_course(*, viewer: Actor, course_id: int, limit: int = 10) -> Sequence[Any]:
    """The newest classes of a course in view."""
    return db.session.execute(
        class_list(viewer=viewer)
        .where(TrainingClass.course_id == course_id)
        .order_by(TrainingClass.starts_on.desc(), TrainingClass.id.desc())
        .limit(limit)
    ).all()


# ---- classes


def class_list(
    *,
    viewer: Actor,
    state: ClassState | None = None,
    provider_id: int | None = None,
    kind: TrainingKind | None = None,
    since: date | None = None,
    until: date | None = None,
    text: str | None = None,
) -> Select[Any]:
    """Rows of the list of classes: only what it shows. `since` and `until` bound the first day."""
    statement = (
        select(*_ROW)
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .where(_in_scope(viewer))
    )
    if state is not None:
        statement = statement.where(TrainingClass.state == state)
    if provider_id is not None:
        statement = statement.where(TrainingClass.provider_id == provider_id)
    if kind is not None:
        statement = statement.where(Course.kind == kind)
    if since is not None:
        statement = statement.where(TrainingClass.starts_on >= since)
    if until is not None:
        statement = statement.where(TrainingClass.starts_on <= until)
    if text:
        columns = (TrainingClass.number, TrainingClass.title, Course.title, Provider.name)
        statement = statement.where(
            or_(*(column.icontains(text, autoescape=True) for column in columns))
        )
    return statement


def count_by_state(viewer: Actor) -> dict[ClassState, int]:
    """How many classes in view are in each state; states without one are left out."""
    rows = db.session.execute(
        visible_classes(viewer)
        .with_only_columns(TrainingClass.state, func.count())
        .group_by(TrainingClass.state)
    )
    return {row[0]: row[1] for row in rows}


def waiting_column(viewer: Actor) -> Any:
    """How many classes in view wait for approval, as a column of the list: saves it a query of its own."""
    return (
        visible_classes(viewer)
        .with_only_columns(func.count())
        .where(TrainingClass.state == ClassState.SUBMITTED)
        .correlate(None)
        .scalar_subquery()
        .label("waiting")
    )


def earliest_start(viewer: Actor, state: ClassState) -> date | None:
    """First day of the class in this state that starts first."""
    return db.session.scalar(
        select(func.min(TrainingClass.starts_on)).where(
            TrainingClass.id.in_(_ids(viewer)), TrainingClass.state == state
        )
    )


def count_to_start(viewer: Actor, *, as_of: date) -> int:
    """Classes still enrolling whose first day has come."""
    return (
        db.session.scalar(
            select(func.count()).where(
                TrainingClass.id.in_(_ids(viewer)),
                TrainingClass.state == ClassState.ENROLLING,
                TrainingClass.starts_on <= as_of,
            )
        )
        or 0
    )


def last_number(prefix: str) -> int:
    """The highest serial given out under a prefix such as `2024-ZX-`; 0 when there is none."""
    serial = func.substr(TrainingClass.number, len(prefix) + 1)
    found = db.session.scalar(
        select(func.max(serial.cast(db.Integer))).where(
            TrainingClass.number.startswith(prefix, autoescape=True),
            serial.regexp_match("^[0-9]{1,9}$"),
        )
    )
    return found or 0


def district_name_of(provider_id: int) -> str:
    """Name of the district that a base lies in."""
    district = func.left(Provider.region_code, 6)
    return (
        db.session.scalar(
            select(Region.name)
            .join(Provider, Region.code == district)
            .where(Provider.id == provider_id)
        )
        or ""
    )


# ---- sessions


def sessions_of(class_id: int, *, cancelled: bool = False) -> Sequence[ClassSession]:
    """Sessions of a class in order of time, with venue and teacher; cancelled ones only when asked for."""
    statement = (
        select(ClassSession)
        .where(ClassSession.class_id == class_id)
        .options(joinedload(ClassSession.venue), joinedload(ClassSession.teacher))
        .order_by(ClassSession.during, ClassSession.id)
    )
    if not cancelled:
        statement = statement.where(ClassSession.state != SessionState.CANCELLED)
    return db.session.scalars(statement).all()


def sessions_on(*, viewer: Actor, day: date) -> Sequence[ClassSession]:
    """Sessions on one civil day of classes in view that are being held."""
    begin = datetime.combine(day, time(), SHANGHAI)
    return db.session.scalars(
        select(ClassSession)
        .join(ClassSession.training_class)
        .where(
            ClassSession.class_id.in_(_ids(viewer)),
            ClassSession.state == SessionState.PLANNED,
            TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING]),
            ClassSession.during.overlaps(Range(begin, begin + timedelta(days=1))),
        )
        .options(
            contains_eager(ClassSession.training_class).joinedload(TrainingClass.course),
            joinedload(ClassSession.venue),
            joinedload(ClassSession.teacher),
        )
        .order_by(ClassSession.during, ClassSession.id)
    ).all()


def slot_of(session: ClassSession) -> Slot:
    """The session's time as a day and two times in Asia/Shanghai."""
    begins, ends = _bounds(session)
    return Slot(begins.date(), begins.time(), ends.time(), session.lesson_hours)


def _bounds(session: ClassSession) -> tuple[datetime, datetime]:
    lower, upper = session.during.lower, session.during.upper
    # ck_class_session_during
    assert lower is not None
    assert upper is not None
    return lower.astimezone(SHANGHAI), upper.astimezone(SHANGHAI)


def hours_by_day(class_id: int, *, besides: int | None = None) -> dict[date, int]:
    """Lesson hours of a class on each of its days, without the session `besides`."""
    hours: dict[date, int] = defaultdict(int)
    for session in sessions_of(class_id):
        if session.id != besides:
            hours[slot_of(session).day] += session.lesson_hours
    return dict(hours)


def taken_between(
    begins: datetime, ends: datetime, *, venue_id: int, teacher_id: int, besides: int | None = None
) -> list[Taken]:
    """Sessions that occupy the venue or the teacher at some time in the period."""
    rows = db.session.scalars(
        select(ClassSession)
        .where(
            ClassSession.state != SessionState.CANCELLED,
            or_(ClassSession.venue_id == venue_id, ClassSession.teacher_id == teacher_id),
            ClassSession.during.overlaps(Range(begins, ends)),
            ClassSession.id != (besides or 0),
        )
        .options(
            joinedload(ClassSession.training_class),
            joinedload(ClassSession.venue),
            joinedload(ClassSession.teacher),
        )
        .order_by(ClassSession.during, ClassSession.id)
    )
    return [_taken(row) for row in rows]


def _taken(session: ClassSession) -> Taken:
    begins, ends = _bounds(session)
    return Taken(
        session_id=session.id,
        class_id=session.class_id,
        class_number=session.training_class.number,
        venue_id=session.venue_id,
        venue_name=session.venue.name,
        teacher_id=session.teacher_id,
        teacher_name=session.teacher.name,
        begins=begins,
        ends=ends,
    )


# ---- what an approval looks at


def class_plan(klass: TrainingClass) -> ClassPlan:
    """Everything the opening checks need, in five queries whatever the number of sessions."""
    sessions = db.session.scalars(
        select(ClassSession)
        .where(ClassSession.class_id == klass.id, ClassSession.state != SessionState.CANCELLED)
        .options(
            joinedload(ClassSession.venue),
            joinedload(ClassSession.teacher).selectinload(Teacher.qualifications),
        )
        .order_by(ClassSession.during, ClassSession.id)
    ).all()
    course, venue = klass.course, klass.venue
    return ClassPlan(
        kind=course.kind.value,
        field=course.field.value,
        starts_on=klass.starts_on,
        ends_on=klass.ends_on,
        capacity=klass.capacity,
        venue_name=venue.name if venue else None,
        venue_capacity=venue.capacity if venue else None,
        theory_hours=course.theory_hours,
        practice_hours=course.practice_hours,
        assessment_required=course.assessment_required,
        assessment_plan=klass.assessment_plan,
        accredited=tuple(_period(one) for one in accreditation_periods(klass.provider_id)),
        sessions=tuple(_planned(one, course.kind) for one in sessions),
    )


def _period(accreditation: Accreditation) -> AccreditedPeriod:
    return AccreditedPeriod(
        accreditation.valid_from, accreditation.valid_to, frozenset(accreditation.kinds)
    )


def _planned(session: ClassSession, kind: TrainingKind) -> PlannedSession:
    slot = slot_of(session)
    return PlannedSession(
        slot=slot,
        part=session.part,
        venue_name=session.venue.name,
        venue_capacity=session.venue.capacity,
        teacher_name=session.teacher.name,
        qualified=any(_qualifies(one, kind, slot.day) for one in session.teacher.qualifications),
    )


def _qualifies(qualification: TeacherQualification, kind: TrainingKind, day: date) -> bool:
    return (
        kind.value in qualification.kinds
        and qualification.valid_from <= day
        and (qualification.valid_to is None or qualification.valid_to >= day)
    )


# ---- public


def open_classes(*, field: TrainingField | None = None) -> Select[Any]:
    """Classes that take applications now, soonest first: what a stranger may know."""
    statement = (
        select(
            *_OPEN_ROW,
        )
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .outerjoin(Venue, Venue.id == TrainingClass.venue_id)
        .where(TrainingClass.state == ClassState.ENROLLING)
        .order_by(TrainingClass.starts_on, TrainingClass.id)
    )
    return statement if field is None else statement.where(Course.field == field)


def find_published(class_id: int) -> TrainingClass | None:
    """A class that the public may read about, with its course, base, venue and sessions."""
    return db.session.scalar(
        select(TrainingClass)
        .where(TrainingClass.id == class_id, TrainingClass.state.in_(PUBLISHED))
        .options(
            joinedload(TrainingClass.course),
            joinedload(TrainingClass.provider),
            joinedload(TrainingClass.venue),
            selectinload(TrainingClass.sessions).joinedload(ClassSession.venue),
        )
    )
