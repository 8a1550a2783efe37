"""Synthetic classes in every state, with sessions that never collide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy.dialects.postgresql import Range

from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.types import ClassState, SessionPart
from app.demo.catalogue import Base
from app.platform.clock import SHANGHAI
from app.platform.db import db

_SLOTS = (time(8, 30), time(13, 30))
_HOURS_A_SLOT = 4
_MINUTES_A_HOUR = 45

#: Courses in the order in which a year offers them.
_ROTATION = (
    "EC-02", "MA-01", "RU-01", "EC-01", "RU-05", "MA-03", "RU-03", "EC-03",
    "RU-02", "MA-02", "RU-06", "EC-04", "RU-04", "EC-05", "RU-07",
)  # fmt: skip
_CLASSES_OF_YEAR = {2022: 10, 2023: 10, 2024: 10, 2025: 8, 2026: 5}


@dataclass(frozen=True)
class Planned:
    """A class that the demo holds: which course, when it starts, how far it has come."""

    course_code: str
    starts_on: date
    state: ClassState


def plan(today: date) -> Iterator[Planned]:
    """Classes of the past years, and around today one or more in each state."""
    rotation = 0
    for year, number in _CLASSES_OF_YEAR.items():
        for index in range(number):
            starts_on = date(year, 3, 1) + timedelta(days=index * 250 // number)
            course_code = _ROTATION[rotation % len(_ROTATION)]
            rotation += 1
            if starts_on < today - timedelta(days=60):
                state = ClassState.ARCHIVED if year < today.year - 1 else ClassState.COMPLETED
                yield Planned(course_code, starts_on, state)
    day = timedelta(days=1)
    yield Planned("RU-02", today - 20 * day, ClassState.COMPLETED)
    # Taught to their ends: of one the completion is handed in, of the other it still has to be.
    yield Planned("RU-04", today - 12 * day, ClassState.RUNNING)
    yield Planned("RU-01", today - 9 * day, ClassState.RUNNING)
    yield Planned("EC-02", today - 6 * day, ClassState.RUNNING)
    yield Planned("MA-01", today - 4 * day, ClassState.RUNNING)
    yield Planned("RU-03", today - 2 * day, ClassState.RUNNING)
    yield Planned("EC-01", today + 14 * day, ClassState.ENROLLING)
    yield Planned("MA-02", today + 18 * day, ClassState.ENROLLING)
    yield Planned("RU-05", today + 21 * day, ClassState.ENROLLING)
    yield Planned("RU-06", today + 25 * day, ClassState.APPROVED)
    yield Planned("EC-03", today + 40 * day, ClassState.SUBMITTED)
    yield Planned("RU-01", today + 45 * day, ClassState.SUBMITTED)
    yield Planned("RU-07", today + 50 * day, ClassState.RETURNED)
    yield Planned("EC-04", today + 60 * day, ClassState.DRAFT)
    yield Planned("EC-05", today + 30 * day, ClassState.CANCELLED)


@dataclass
class Timetable:
    """Which room and teacher is taken in which half day."""

    taken: set[tuple[str, int, date, time]] = field(default_factory=set)

    def place(self, base: Base, day: date, slot: time) -> tuple[int, int] | None:
        """A free room and a free teacher of the base, now taken; None where there is none."""
        room = next(
            (v.id for v in base.venues if ("venue", v.id, day, slot) not in self.taken), None
        )
        teacher = next(
            (t.id for t in base.teachers if ("teacher", t.id, day, slot) not in self.taken), None
        )
        if room is None or teacher is None:
            return None
        self.taken |= {("venue", room, day, slot), ("teacher", teacher, day, slot)}
        return room, teacher


def hold(
    planned: Sequence[Planned],
    bases: Sequence[Base],
    courses: Sequence[Course],
    *,
    created_by_id: int,
) -> list[TrainingClass]:
    """Write the classes with their sessions."""
    timetable = Timetable()
    by_code = {course.code: course for course in courses}
    serials: dict[int, int] = {}
    made = []
    for item in planned:
        course = by_code[item.course_code]
        base = next(base for base in bases if course.field in base.fields)
        year = item.starts_on.year
        serials[year] = serials.get(year, 0) + 1
        sessions = list(_sessions(timetable, base, course, item))
        days = [begins(session).astimezone(SHANGHAI).date() for session in sessions]
        klass = TrainingClass(
            course_id=course.id,
            provider_id=base.provider.id,
            venue_id=base.venues[0].id,
            number=f"{year}-ZX-{serials[year]:04d}",
            title=f"{course.title} {year} 年第 {serials[year]} 期",
            starts_on=days[0],
            ends_on=days[-1],
            capacity=20,
            state=item.state,
            assessment_plan="理论笔试和实操考核各 100 分，60 分合格（演示）。"
            if course.assessment_required
            else "",
            decision_comment="请补充实训设备清单。（演示）"
            if item.state is ClassState.RETURNED
            else "",
            created_by_id=created_by_id,
        )
        klass.course, klass.provider, klass.sessions = course, base.provider, sessions
        db.session.add(klass)
        made.append(klass)
    db.session.flush()
    return made


def begins(session: ClassSession) -> datetime:
    """When a session begins; the database refuses one without a beginning."""
    assert session.during.lower is not None
    return session.during.lower


def _sessions(
    timetable: Timetable, base: Base, course: Course, item: Planned
) -> Iterator[ClassSession]:
    current = (
        item.state in (ClassState.RUNNING, ClassState.COMPLETED) and item.starts_on.year >= 2026
    )
    for index, (day, slot, room, teacher) in enumerate(
        _half_days(timetable, base, item.starts_on, every_day=current)
    ):
        hours = index * _HOURS_A_SLOT
        if hours >= course.hours:
            return
        part = SessionPart.THEORY if hours < course.theory_hours else SessionPart.PRACTICE
        begin = datetime.combine(day, slot, SHANGHAI)
        yield ClassSession(
            venue_id=room,
            teacher_id=teacher,
            during=Range(begin, begin + timedelta(minutes=_MINUTES_A_HOUR * _HOURS_A_SLOT)),
            topic=f"{course.title} 第 {index + 1} 讲",
            part=part,
            lesson_hours=_HOURS_A_SLOT,
        )


def _half_days(
    timetable: Timetable, base: Base, day: date, *, every_day: bool
) -> Iterator[tuple[date, time, int, int]]:
    while True:
        if every_day or day.weekday() < 5:
            for slot in _SLOTS:
                place = timetable.place(base, day, slot)
                if place is not None:
                    yield (day, slot, *place)
        day += timedelta(days=1)
