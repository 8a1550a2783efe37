"""Reads of marks, results and completions, within what the viewer may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.attendance.models import AssessmentResult, AttendanceMark, Completion
from app.attendance.types import (
    AssessmentPart,
    CompletionOutcome,
    CompletionState,
    Mark,
    Readiness,
    RollCallFacts,
    SessionHours,
)
from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.queries import visible_classes
from app.courses.types import ClassState, SessionState
from app.enrolment.models import Enrolment
from app.enrolment.queries import in_scope
from app.enrolment.types import EnrolmentState
from app.identity.models import Account
from app.people.models import Person
from app.platform.access import Actor
from app.platform.clock import SHANGHAI
from app.platform.db import Base, db
from app.providers.models import Provider

Rows = Select[*tuple[Any, ...]]
_PLANNED = ClassSession.state != SessionState.CANCELLED
_ENROLLED = Enrolment.state == EnrolmentState.ENROLLED


def _class_ids(viewer: Actor) -> Any:
    return visible_classes(viewer).with_only_columns(TrainingClass.id)


# ---- the roll call


@dataclass(frozen=True, slots=True)
class RollCallLine:
    """One trainee of a roll call and the mark that stands."""

    enrolment_id: int
    name: str
    mark: Mark | None
    marked_at: datetime | None


def roll(session: ClassSession) -> list[RollCallLine]:
    """The trainees of a session in order of name, with their marks, in one query."""
    rows = db.session.execute(
        select(Enrolment.id, Person.name, AttendanceMark.mark, AttendanceMark.marked_at)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(
            AttendanceMark,
            and_(
                AttendanceMark.enrolment_id == Enrolment.id,
                AttendanceMark.session_id == session.id,
            ),
        )
        .where(Enrolment.class_id == session.class_id, _ENROLLED)
        .order_by(Person.pinyin, Person.name, Enrolment.id)
    )
    return [RollCallLine(*row) for row in rows]


#: One row tells all that decides about a mark; built once, since every save of a roll call runs it.
_FACTS = (
    select(
        TrainingClass.state,
        ClassSession.state,
        func.lower(ClassSession.during),
        Enrolment.state,
        Completion.state,
        AttendanceMark.mark,
    )
    .select_from(ClassSession)
    .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
    .join(Enrolment, Enrolment.class_id == TrainingClass.id)
    .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
    .outerjoin(
        AttendanceMark,
        and_(
            AttendanceMark.session_id == ClassSession.id,
            AttendanceMark.enrolment_id == Enrolment.id,
        ),
    )
    .where(
        ClassSession.id == bindparam("session_id"),
        Enrolment.id == bindparam("enrolment_id"),
        TrainingClass.provider_id == bindparam("provider_id"),
    )
    # Shared with other marks, but not with who holds the class to hand completions in or confirm them.
    .with_for_update(read=True, key_share=True, of=TrainingClass)
)


def roll_call_facts(
    *, provider_id: int, session_id: int, enrolment_id: int
) -> RollCallFacts | None:
    """What decides about a mark; None where session and enrolment are not of one class of this base."""
    keys = {"provider_id": provider_id, "session_id": session_id, "enrolment_id": enrolment_id}
    # Not through the ORM, which takes as long again, and a roll call runs it for every trainee.
    row = db.session.connection().execute(_FACTS, keys).one_or_none()
    return None if row is None else RollCallFacts(*row)


@dataclass(frozen=True, slots=True)
class Correction:
    """A mark that was replaced."""

    name: str
    before: Mark
    after: Mark
    replaced_at: datetime
    by: str


def corrections(session_id: int) -> list[Correction]:
    """Marks of a session that were replaced by others, newest first, out of the history that the database keeps."""
    twin = Base.metadata.tables["attendance_mark_history"]
    later = (
        select(twin.c.mark, twin.c.marked_by_id, twin.c.superseded_at, twin.c.id)
        .where(twin.c.session_id == session_id)
        .subquery()
    )
    following = (
        select(later.c.mark)
        .where(later.c.id == twin.c.id, later.c.superseded_at > twin.c.superseded_at)
        .order_by(later.c.superseded_at)
        .limit(1)
        .scalar_subquery()
    )
    following_by = (
        select(later.c.marked_by_id)
        .where(later.c.id == twin.c.id, later.c.superseded_at > twin.c.superseded_at)
        .order_by(later.c.superseded_at)
        .limit(1)
        .scalar_subquery()
    )
    after_by = func.coalesce(following_by, AttendanceMark.marked_by_id)
    rows = db.session.execute(
        select(
            Person.name,
            twin.c.mark,
            func.coalesce(following, AttendanceMark.mark).label("after"),
            twin.c.superseded_at,
            func.coalesce(Account.display_name, ""),
        )
        .join(AttendanceMark, AttendanceMark.id == twin.c.id)
        .join(Enrolment, Enrolment.id == twin.c.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Account, Account.id == after_by)
        .where(twin.c.session_id == session_id)
        .order_by(twin.c.superseded_at.desc())
        .limit(100)
    )
    return [Correction(row[0], Mark(row[1]), Mark(row[2]), row[3], row[4]) for row in rows]


# ---- what is open


def _missing_marks() -> ColumnElement[int]:
    """Trainees of the session in the outer query whose mark is missing."""
    return (
        select(func.count())
        .select_from(Enrolment)
        .where(
            Enrolment.class_id == ClassSession.class_id,
            _ENROLLED,
            # Named, since SQLAlchemy looks no further than the query next outside: any session's mark would do.
            ~exists()
            .where(
                AttendanceMark.session_id == ClassSession.id,
                AttendanceMark.enrolment_id == Enrolment.id,
            )
            .correlate(ClassSession, Enrolment),
        )
        .correlate(ClassSession)
        .scalar_subquery()
    )


def _roll_call_rows(viewer: Actor) -> Rows:
    return (
        select(
            ClassSession.id,
            ClassSession.during,
            ClassSession.topic,
            ClassSession.lesson_hours,
            TrainingClass.id.label("class_id"),
            TrainingClass.title,
            TrainingClass.state,
            TrainingClass.seats_taken,
            _missing_marks().label("missing"),
        )
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(ClassSession.class_id.in_(_class_ids(viewer)), _PLANNED)
    )


def sessions_between(*, viewer: Actor, begin: datetime, end: datetime) -> Sequence[Any]:
    """Sessions of classes enrolling or running that begin in the period, in order of time."""
    return db.session.execute(
        _roll_call_rows(viewer)
        .where(
            func.lower(ClassSession.during) >= begin,
            func.lower(ClassSession.during) < end,
            TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING]),
        )
        .order_by(ClassSession.during, ClassSession.id)
    ).all()


def open_roll_calls(*, viewer: Actor, before: datetime) -> Rows:
    """Sessions of running classes that began before a moment and whose roll is not complete, the oldest first."""
    rows = _roll_call_rows(viewer).where(
        func.lower(ClassSession.during) < before, TrainingClass.state == ClassState.RUNNING
    )
    return rows.where(_missing_marks() > 0).order_by(ClassSession.during, ClassSession.id)


def count_open_roll_calls(*, viewer: Actor, before: datetime) -> tuple[int, date | None]:
    """How many rolls are not complete, and the day of the oldest."""
    rows = open_roll_calls(viewer=viewer, before=before).order_by(None).subquery()
    count, first = db.session.execute(
        select(func.count(), func.min(func.lower(rows.c.during))).select_from(rows)
    ).one()
    return count, first.astimezone(SHANGHAI).date() if first else None


# ---- one class


@dataclass(frozen=True, slots=True)
class Trainee:
    """Someone who has a seat."""

    enrolment_id: int
    person_id: int
    name: str


def trainees(*, viewer: Actor, class_id: int) -> list[Trainee]:
    """Who has a seat in a class and is in the viewer's scope, in order of name."""
    rows = db.session.execute(
        select(Enrolment.id, Enrolment.person_id, Person.name)
        .join(Person, Person.id == Enrolment.person_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .where(Enrolment.class_id == class_id, _ENROLLED, in_scope(viewer))
        .order_by(Person.pinyin, Person.name, Enrolment.id)
    )
    return [Trainee(*row) for row in rows]


def all_trainees(class_id: int) -> list[Trainee]:
    """Who has a seat in a class, whoever asks; for commands, whose actor has been checked."""
    rows = db.session.execute(
        select(Enrolment.id, Enrolment.person_id, Person.name)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.class_id == class_id, _ENROLLED)
        .order_by(Person.pinyin, Person.name, Enrolment.id)
    )
    return [Trainee(*row) for row in rows]


def marks_of_class(class_id: int) -> dict[int, dict[int, Mark]]:
    """Marks by enrolment and session, of sessions that were not cancelled."""
    marks: dict[int, dict[int, Mark]] = {}
    rows = db.session.execute(
        select(AttendanceMark.enrolment_id, AttendanceMark.session_id, AttendanceMark.mark)
        .join(ClassSession, ClassSession.id == AttendanceMark.session_id)
        .where(ClassSession.class_id == class_id, _PLANNED)
    )
    for enrolment_id, session_id, mark in rows:
        marks.setdefault(enrolment_id, {})[session_id] = mark
    return marks


def session_hours(class_id: int) -> list[SessionHours]:
    """The sessions of a class in order of time, cancelled ones marked as such."""
    rows = db.session.execute(
        select(ClassSession.id, ClassSession.lesson_hours, ClassSession.state)
        .where(ClassSession.class_id == class_id)
        .order_by(ClassSession.during, ClassSession.id)
    )
    return [SessionHours(row[0], row[1], row[2] is SessionState.CANCELLED) for row in rows]


def results_of_class(class_id: int) -> dict[int, dict[AssessmentPart, Decimal]]:
    """Points by enrolment and part."""
    results: dict[int, dict[AssessmentPart, Decimal]] = {}
    rows = db.session.execute(
        select(AssessmentResult.enrolment_id, AssessmentResult.part, AssessmentResult.points)
        .join(Enrolment, Enrolment.id == AssessmentResult.enrolment_id)
        .where(Enrolment.class_id == class_id)
    )
    for enrolment_id, part, points in rows:
        results.setdefault(enrolment_id, {})[part] = points
    return results


def assessed_on(class_id: int) -> date | None:
    """The last day on which somebody of the class was assessed."""
    return db.session.scalar(
        select(func.max(AssessmentResult.assessed_on))
        .join(Enrolment, Enrolment.id == AssessmentResult.enrolment_id)
        .where(Enrolment.class_id == class_id)
    )


def result_rows(class_id: int) -> dict[tuple[int, AssessmentPart], AssessmentResult]:
    """The results of a class by enrolment and part."""
    rows = db.session.scalars(
        select(AssessmentResult)
        .join(Enrolment, Enrolment.id == AssessmentResult.enrolment_id)
        .where(Enrolment.class_id == class_id)
    )
    return {(row.enrolment_id, row.part): row for row in rows}


def completions(class_id: int) -> dict[int, Completion]:
    """Completions by enrolment, those of withdrawn trainees too."""
    rows = db.session.scalars(
        select(Completion)
        .join(Completion.enrolment)
        .where(Enrolment.class_id == class_id)
        .options(contains_eager(Completion.enrolment))
        .order_by(Completion.id)
    )
    return {row.enrolment_id: row for row in rows}


def completion_stage(class_id: int) -> CompletionState | None:
    """How far the completions of those who have a seat are: confirmed, handed in, or neither."""
    states = set(
        db.session.scalars(
            select(Completion.state)
            .join(Completion.enrolment)
            .where(Enrolment.class_id == class_id, _ENROLLED)
            .distinct()
        )
    )
    for state in (CompletionState.CONFIRMED, CompletionState.PROPOSED):
        if state in states:
            return state
    return None


def hold_class(klass: TrainingClass) -> TrainingClass:
    """The class as it is now, held until the transaction ends: its marks and completions then stand still."""
    return db.session.execute(
        select(TrainingClass)
        .where(TrainingClass.id == klass.id)
        .with_for_update()
        .options(joinedload(TrainingClass.course, innerjoin=True))
        .execution_options(populate_existing=True)
    ).scalar_one()


def readiness(klass: TrainingClass, *, now: datetime, missing_results: int) -> Readiness:
    """How far a class is, in two queries."""
    begun = func.upper(ClassSession.during) <= now
    sessions, to_come, last, missing = db.session.execute(
        select(
            func.count(),
            func.count(case((~begun, 1))),
            func.max(func.upper(ClassSession.during)),
            func.coalesce(func.sum(case((begun, _missing_marks()), else_=0)), 0),
        ).where(ClassSession.class_id == klass.id, _PLANNED)
    ).one()
    count = db.session.scalar(select(func.count()).where(Enrolment.class_id == klass.id, _ENROLLED))
    return Readiness(
        class_state=klass.state,
        sessions=sessions,
        still_to_come=to_come,
        last_session_on=last.astimezone(SHANGHAI).date() if last else None,
        trainees=count or 0,
        missing_marks=int(missing),
        missing_results=missing_results,
    )


# ---- one trainee


def marks_of(enrolment_id: int) -> Mapping[int, Mark]:
    """Marks of one enrolment by session."""
    rows = db.session.execute(
        select(AttendanceMark.session_id, AttendanceMark.mark).where(
            AttendanceMark.enrolment_id == enrolment_id
        )
    )
    return {row[0]: row[1] for row in rows}


def results_of(enrolment_id: int) -> Mapping[AssessmentPart, Decimal]:
    rows = db.session.execute(
        select(AssessmentResult.part, AssessmentResult.points).where(
            AssessmentResult.enrolment_id == enrolment_id
        )
    )
    return {row[0]: row[1] for row in rows}


def completion_of(enrolment_id: int) -> Completion | None:
    return db.session.scalar(select(Completion).where(Completion.enrolment_id == enrolment_id))


def passed_among(enrolment_ids: Collection[int]) -> set[int]:
    """Which of these enrolments ended with a confirmed pass."""
    if not enrolment_ids:
        return set()
    return set(
        db.session.scalars(
            select(Completion.enrolment_id).where(
                Completion.enrolment_id.in_(enrolment_ids),
                Completion.state == CompletionState.CONFIRMED,
                Completion.outcome == CompletionOutcome.PASSED,
            )
        )
    )


# ---- classes by their completions


def _over(now: datetime) -> ColumnElement[bool]:
    """Whether all sessions of the joined class are over, and there was one."""
    last = (
        select(func.max(func.upper(ClassSession.during)))
        .where(ClassSession.class_id == TrainingClass.id, _PLANNED)
        .correlate(TrainingClass)
        .scalar_subquery()
    )
    return and_(last.is_not(None), last <= now)


def _count_completions(state: CompletionState) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(Completion)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .where(Enrolment.class_id == TrainingClass.id, _ENROLLED, Completion.state == state)
        .correlate(TrainingClass)
        .scalar_subquery()
    )


def completion_rows(*, viewer: Actor, stage: str | None, now: datetime) -> Rows:
    """Running classes that are taught out. `stage`: `to_propose`, `to_confirm`, or None for both."""
    proposed = _count_completions(CompletionState.PROPOSED)
    statement: Rows = (
        select(
            TrainingClass.id,
            TrainingClass.number,
            TrainingClass.title,
            TrainingClass.ends_on,
            TrainingClass.seats_taken,
            Provider.name.label("provider"),
            Course.title.label("course"),
            proposed.label("proposed"),
            _count_completions(CompletionState.RETURNED).label("returned"),
        )
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            TrainingClass.id.in_(_class_ids(viewer)),
            TrainingClass.state == ClassState.RUNNING,
            _over(now),
        )
        .order_by(TrainingClass.ends_on, TrainingClass.id)
    )
    if stage == "to_confirm":
        return statement.where(proposed > 0)
    if stage == "to_propose":
        return statement.where(proposed == 0)
    return statement


def count_classes(*, viewer: Actor, stage: str, now: datetime) -> tuple[int, date | None]:
    """How many classes are at this stage, and the end of the first of them."""
    rows = completion_rows(viewer=viewer, stage=stage, now=now).order_by(None).subquery()
    count, first = db.session.execute(
        select(func.count(), func.min(rows.c.ends_on)).select_from(rows)
    ).one()
    return count, first
