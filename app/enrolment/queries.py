"""Reads of enrolments, waiting lists and what trainees need, within what the viewer may see."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.types import ClassState, SessionState
from app.enrolment.models import Accommodation, Enrolment
from app.enrolment.types import (
    AccommodationState,
    EnrolmentState,
    Facts,
    TakenCourse,
)
from app.people.models import DisabilityCertificate, Person
from app.people.queries import certificate_on, find_by_number, has_consent, visible_persons
from app.people.rules import search_key, tidy_number
from app.people.types import Category, ConsentPurpose
from app.platform.access import Actor, Role
from app.platform.db import db
from app.providers.models import Provider
from app.regions.models import Region

Rows = Select[*tuple[Any, ...]]

#: Persons offered for one search.
MOST_PERSONS = 20
_TOWNSHIP_DIGITS = 9
_DISTRICT_DIGITS = 6

#: A place, or a hope of one that can still come true.
_COUNTS = or_(
    Enrolment.state == EnrolmentState.ENROLLED,
    and_(Enrolment.state == EnrolmentState.WAITING, TrainingClass.state == ClassState.ENROLLING),
)

# ---- what a capability above tells

PassedSource = Callable[[Collection[int]], Collection[int]]
_passed: list[PassedSource] = []


def register_passed(source: PassedSource) -> None:
    """Let the capability that knows results say which of some enrolments ended with a pass."""
    if source not in _passed:
        _passed.append(source)


def _passed_among(enrolment_ids: Collection[int]) -> set[int]:
    if not enrolment_ids:
        return set()
    return {one for source in _passed for one in source(enrolment_ids)}


# ---- scope


def in_scope(viewer: Actor) -> ColumnElement[bool]:
    """Whether the viewer may see an `Enrolment`, joined with its `Person`, `TrainingClass` and `Provider`."""
    region = viewer.region_code or "-"
    match viewer.role:
        case Role.FEDERATION:
            return or_(
                Provider.region_code.startswith(region, autoescape=True),
                Person.residence_code.startswith(region, autoescape=True),
            )
        case Role.TOWNSHIP:
            return Person.residence_code.startswith(region, autoescape=True)
        case Role.PROVIDER:
            return TrainingClass.provider_id == viewer.provider_id
        case Role.TRAINEE:
            return Enrolment.person_id == viewer.person_id
        case Role.AUDITOR:
            return true()
        case _:
            return false()


def _joined(statement: Any) -> Any:
    return (
        statement.join(Person, Person.id == Enrolment.person_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
    )


def visible_enrolments(viewer: Actor) -> Select[Enrolment]:
    """All enrolments in the viewer's scope, without order."""
    statement: Select[Enrolment] = _joined(select(Enrolment))
    return statement.where(in_scope(viewer))


def find_enrolment(*, viewer: Actor, enrolment_id: int) -> Enrolment | None:
    """One enrolment with person, class, course, base and accommodations."""
    return db.session.scalar(
        visible_enrolments(viewer)
        .where(Enrolment.id == enrolment_id)
        .options(
            contains_eager(Enrolment.person),
            contains_eager(Enrolment.training_class).contains_eager(TrainingClass.provider),
            contains_eager(Enrolment.training_class).joinedload(TrainingClass.course),
            contains_eager(Enrolment.training_class).joinedload(TrainingClass.venue),
            selectinload(Enrolment.accommodations),
        )
    )


# ---- seats


def hold_class(klass: TrainingClass) -> TrainingClass:
    """The class as it is now, held until the transaction ends, with course and base."""
    return db.session.execute(
        select(TrainingClass)
        .where(TrainingClass.id == klass.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def hold_person(person_id: int) -> None:
    """Let the applications of one person be judged one after the other; reading the person is not hindered."""
    db.session.execute(
        select(Person.id).where(Person.id == person_id).with_for_update(key_share=True)
    )


def first_waiting(class_id: int) -> Enrolment | None:
    """Who gets the next free seat, with the person."""
    return db.session.scalar(
        select(Enrolment)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.WAITING)
        .options(joinedload(Enrolment.person))
        .order_by(Enrolment.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )


def roster(class_id: int) -> Sequence[Enrolment]:
    """Who has a seat, in order of name, with the person."""
    return db.session.scalars(
        select(Enrolment)
        .join(Enrolment.person)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.ENROLLED)
        .options(contains_eager(Enrolment.person))
        .order_by(Person.pinyin, Person.name, Enrolment.id)
    ).all()


def waiting_list(class_id: int) -> Sequence[Enrolment]:
    """Who waits, the first one first, with the person."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.WAITING)
        .options(joinedload(Enrolment.person))
        .order_by(Enrolment.id)
    ).all()


def position(enrolment: Enrolment) -> int | None:
    """Place on the waiting list, from 1; None for who does not wait."""
    if enrolment.state is not EnrolmentState.WAITING:
        return None
    return db.session.scalar(
        select(func.count()).where(
            Enrolment.class_id == enrolment.class_id,
            Enrolment.state == EnrolmentState.WAITING,
            Enrolment.id <= enrolment.id,
        )
    )


def live_enrolment(*, class_id: int, person_id: int) -> Enrolment | None:
    """The person's place in a class or on its waiting list."""
    return db.session.scalar(
        select(Enrolment).where(
            Enrolment.class_id == class_id,
            Enrolment.person_id == person_id,
            Enrolment.state != EnrolmentState.WITHDRAWN,
        )
    )


def by_nonce(nonce: str) -> Enrolment | None:
    """The enrolment that this form made."""
    return db.session.scalar(select(Enrolment).where(Enrolment.nonce == nonce))


def count_by_state(*, viewer: Actor, class_id: int) -> dict[EnrolmentState, int]:
    """How many in view have a seat, wait, and withdrew."""
    rows = db.session.execute(
        _joined(select(Enrolment.state, func.count()))
        .where(Enrolment.class_id == class_id, in_scope(viewer))
        .group_by(Enrolment.state)
    )
    counts = {row[0]: row[1] for row in rows}
    return {state: counts.get(state, 0) for state in EnrolmentState}


# ---- eligibility


def facts_of(*, klass: TrainingClass, person: Person, employed: bool, as_of: date) -> Facts:
    """Everything the rules of eligibility look at, in a fixed number of queries."""
    certificate = certificate_on(person, klass.starts_on)
    taken = _taken_by(person.id, besides=klass.id)
    clashing, beside = _meanwhile(klass, person.id)
    course = klass.course
    return Facts(
        class_state=klass.state,
        starts_on=klass.starts_on,
        ends_on=klass.ends_on,
        as_of=as_of,
        district_code=klass.provider.region_code[:_DISTRICT_DIGITS],
        kind=course.kind,
        field=course.field,
        occupation=course.occupation,
        level=course.level,
        sex=person.sex,
        birth_date=person.birth_date,
        residence_code=person.residence_code,
        deceased=person.deceased_on is not None,
        family_member=person.family_member_of_id is not None,
        certificate_expires=certificate.expires_on if certificate else None,
        categories=_categories(certificate),
        consented=has_consent(person.id, ConsentPurpose.TRAINING),
        employed=employed,
        taken=taken,
        courses_this_year=_courses_in(klass.starts_on.year, person.id, besides=klass.id),
        clashing=clashing,
        beside=beside,
    )


def _categories(certificate: DisabilityCertificate | None) -> frozenset[Category]:
    if certificate is None:
        return frozenset()
    return frozenset({certificate.category, *(Category(one) for one in certificate.components)})


def _taken_by(person_id: int, *, besides: int) -> tuple[TakenCourse, ...]:
    rows = db.session.execute(
        select(Enrolment.id, Course.occupation, Course.level)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .where(
            Enrolment.person_id == person_id,
            Enrolment.class_id != besides,
            TrainingClass.state != ClassState.CANCELLED,
            _COUNTS,
        )
        .order_by(Enrolment.id)
    ).all()
    passed = _passed_among([row.id for row in rows])
    return tuple(TakenCourse(row.occupation, row.level, row.id in passed) for row in rows)


def _courses_in(year: int, person_id: int, *, besides: int) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Enrolment)
            .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
            .where(
                Enrolment.person_id == person_id,
                Enrolment.class_id != besides,
                TrainingClass.state != ClassState.CANCELLED,
                TrainingClass.starts_on.between(date(year, 1, 1), date(year, 12, 31)),
                _COUNTS,
            )
        )
        or 0
    )


def _meanwhile(klass: TrainingClass, person_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Titles of the person's other classes whose sessions collide with this one's, and of those in the same weeks."""
    mine, other = aliased(ClassSession), aliased(ClassSession)
    collides = (
        select(mine.id)
        .join(other, other.during.op("&&")(mine.during))
        .where(
            mine.class_id == klass.id,
            mine.state != SessionState.CANCELLED,
            other.class_id == TrainingClass.id,
            other.state != SessionState.CANCELLED,
        )
        .correlate(TrainingClass)
        .exists()
    )
    rows = db.session.execute(
        select(TrainingClass.title, collides.label("collides"))
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .where(
            Enrolment.person_id == person_id,
            TrainingClass.id != klass.id,
            TrainingClass.starts_on <= klass.ends_on,
            TrainingClass.ends_on >= klass.starts_on,
            TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING]),
            _COUNTS,
        )
        .order_by(TrainingClass.starts_on, TrainingClass.id)
    ).all()
    return (
        tuple(row.title for row in rows if row.collides),
        tuple(row.title for row in rows if not row.collides),
    )


# ---- persons to enrol


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person found for an officer."""

    person: Person
    place: str


def search_persons(*, viewer: Actor, words: str) -> list[Candidate]:
    """Persons in the officer's scope by name, pinyin, initials or a whole number; at most `MOST_PERSONS`."""
    tidy = tidy_number(words)
    if len(tidy) >= 11 and tidy[:11].isdigit():
        persons: Sequence[Person] = find_by_number(viewer=viewer, number=tidy)
    else:
        persons = _named(viewer, words)
    names: dict[str, str] = {}
    if persons:
        codes = {person.residence_code[:_TOWNSHIP_DIGITS] for person in persons}
        rows = db.session.execute(select(Region.code, Region.name).where(Region.code.in_(codes)))
        names = {row[0]: row[1] for row in rows}
    return [
        Candidate(person, names.get(person.residence_code[:_TOWNSHIP_DIGITS], ""))
        for person in persons
    ]


def _named(viewer: Actor, words: str) -> Sequence[Person]:
    key = search_key(words)
    match = [Person.name.contains(words, autoescape=True)]
    if key:
        match += [
            Person.pinyin.startswith(key, autoescape=True),
            Person.initials.startswith(key, autoescape=True),
        ]
    return db.session.scalars(
        visible_persons(viewer)
        .where(Person.deceased_on.is_(None), or_(*match))
        .order_by(Person.pinyin, Person.id)
        .limit(MOST_PERSONS)
    ).all()


def person_by_id(person_id: int) -> Person | None:
    """A person whose id a signed address of ours names; never from what a user typed."""
    return db.session.scalar(
        select(Person).where(Person.id == person_id, Person.merged_into_id.is_(None))
    )


# ---- rosters

_ROSTER: tuple[Any, ...] = (
    Enrolment.id,
    Enrolment.state,
    Enrolment.applied_at,
    Enrolment.applied_by,
    Enrolment.enrolled_at,
    Enrolment.withdrawn_at,
    Person.name,
    Person.phone,
)


def roster_rows(
    *,
    viewer: Actor,
    class_id: int,
    diagnoses: bool,
    state: EnrolmentState | None = None,
    text: str | None = None,
) -> Rows:
    """Rows of the roster: who has a seat, by name, then who waits, in order, then who left.

    Category, grade and township only with `diagnoses`.
    """
    statement: Rows = _joined(select(*_ROSTER)).where(
        Enrolment.class_id == class_id, in_scope(viewer)
    )
    if diagnoses:
        statement = _with_diagnoses(statement)
    if state is not None:
        statement = statement.where(Enrolment.state == state)
    if text:
        key = search_key(text)
        match = [Person.name.contains(text, autoescape=True)]
        if key:
            match.append(Person.pinyin.startswith(key, autoescape=True))
        statement = statement.where(or_(*match))
    rank = case(
        (Enrolment.state == EnrolmentState.ENROLLED, 0),
        (Enrolment.state == EnrolmentState.WAITING, 1),
        else_=2,
    )
    turn = case((Enrolment.state == EnrolmentState.WAITING, Enrolment.id), else_=0)
    return statement.order_by(rank, turn, Person.pinyin, Person.name, Enrolment.id)


def _with_diagnoses(statement: Rows) -> Rows:
    newest = (
        select(DisabilityCertificate.category, DisabilityCertificate.grade)
        .where(
            DisabilityCertificate.person_id == Person.id,
            DisabilityCertificate.issued_on <= TrainingClass.starts_on,
        )
        .order_by(DisabilityCertificate.issued_on.desc(), DisabilityCertificate.id.desc())
        .limit(1)
        .lateral("newest")
    )
    return (
        statement.outerjoin(newest, true())
        .outerjoin(Region, Region.code == func.left(Person.residence_code, _TOWNSHIP_DIGITS))
        .add_columns(newest.c.category, newest.c.grade, Region.name.label("township"))
    )


def positions_of(rows: Sequence[Any]) -> dict[int, int]:
    """Place on the waiting list of those of these rows that wait, counted over all who wait."""
    return _positions([row.id for row in rows if row.state is EnrolmentState.WAITING])


def accommodations_of(enrolment_ids: Collection[int]) -> dict[int, list[Accommodation]]:
    """What each of these enrolments needs, in one query."""
    needs: dict[int, list[Accommodation]] = {one: [] for one in enrolment_ids}
    if needs:
        for need in db.session.scalars(
            select(Accommodation)
            .where(Accommodation.enrolment_id.in_(list(needs)))
            .order_by(Accommodation.id)
        ):
            needs[need.enrolment_id].append(need)
    return needs


# ---- accommodations


def accommodation_rows(*, viewer: Actor, state: AccommodationState | None = None) -> Rows:
    """What is needed by those who have a seat in a class that is to come or going on; what waits longest first."""
    statement: Rows = (
        _joined(
            select(
                Accommodation.id,
                Accommodation.kind,
                Accommodation.state,
                Accommodation.answer,
                Accommodation.enrolment_id,
                Person.name,
                TrainingClass.id.label("class_id"),
                TrainingClass.title,
                TrainingClass.starts_on,
            ).join(Enrolment, Enrolment.id == Accommodation.enrolment_id)
        )
        .where(
            in_scope(viewer),
            Enrolment.state == EnrolmentState.ENROLLED,
            TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING]),
        )
        .order_by(TrainingClass.starts_on, Accommodation.id)
    )
    return statement if state is None else statement.where(Accommodation.state == state)


def find_accommodation(
    *, viewer: Actor, accommodation_id: int
) -> tuple[Accommodation, Enrolment] | None:
    """One need with its enrolment, person and class."""
    row = db.session.execute(
        _joined(
            select(Accommodation, Enrolment).join(
                Enrolment, Enrolment.id == Accommodation.enrolment_id
            )
        )
        .where(
            Accommodation.id == accommodation_id,
            in_scope(viewer),
            Enrolment.state != EnrolmentState.WITHDRAWN,
        )
        .options(contains_eager(Enrolment.person), contains_eager(Enrolment.training_class))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def accommodations_to_arrange(viewer: Actor) -> tuple[int, date | None]:
    """How many needs wait for an answer, and when the first class of them starts."""
    rows = (
        accommodation_rows(viewer=viewer, state=AccommodationState.ASKED).order_by(None).subquery()
    )
    count, first = db.session.execute(
        select(func.count(), func.min(rows.c.starts_on)).select_from(rows)
    ).one()
    return count, first


# ---- a trainee's own


@dataclass(frozen=True, slots=True)
class OwnClass:
    """One of a trainee's classes with what comes next."""

    enrolment: Enrolment
    position: int | None
    sessions: Sequence[ClassSession]


def own_enrolments(person_id: int) -> Select[Enrolment]:
    """A person's enrolments: what is to come and going on first, then the newest; with class, course and base."""
    over = case((TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING]), 0), else_=1)
    gone = case((Enrolment.state == EnrolmentState.WITHDRAWN, 1), else_=0)
    return (
        select(Enrolment)
        .join(Enrolment.training_class)
        .where(Enrolment.person_id == person_id)
        .options(
            contains_eager(Enrolment.training_class).joinedload(TrainingClass.course),
            contains_eager(Enrolment.training_class).joinedload(TrainingClass.provider),
            selectinload(Enrolment.accommodations),
        )
        .order_by(gone, over, TrainingClass.starts_on.desc(), Enrolment.id.desc())
    )


def with_sessions(enrolments: Sequence[Enrolment], *, after: datetime) -> list[OwnClass]:
    """These enrolments with position and the sessions still to come, in two queries."""
    enrolled = [e.class_id for e in enrolments if e.state is EnrolmentState.ENROLLED]
    coming: dict[int, list[ClassSession]] = {}
    if enrolled:
        for session in db.session.scalars(
            select(ClassSession)
            .where(
                ClassSession.class_id.in_(enrolled),
                ClassSession.state != SessionState.CANCELLED,
                func.upper(ClassSession.during) > after,
            )
            .options(joinedload(ClassSession.venue), joinedload(ClassSession.teacher))
            .order_by(ClassSession.during)
        ):
            coming.setdefault(session.class_id, []).append(session)
    places = _positions([e.id for e in enrolments if e.state is EnrolmentState.WAITING])
    return [OwnClass(e, places.get(e.id), coming.get(e.class_id, [])) for e in enrolments]


def _positions(enrolment_ids: Collection[int]) -> dict[int, int]:
    if not enrolment_ids:
        return {}
    before = aliased(Enrolment)
    rows = db.session.execute(
        select(Enrolment.id, func.count())
        .join(
            before,
            and_(
                before.class_id == Enrolment.class_id,
                before.state == EnrolmentState.WAITING,
                before.id <= Enrolment.id,
            ),
        )
        .where(Enrolment.id.in_(enrolment_ids))
        .group_by(Enrolment.id)
    )
    return {row[0]: row[1] for row in rows}


def next_session(*, person_id: int, after: datetime) -> ClassSession | None:
    """The next session of a trainee, with class and venue."""
    return db.session.scalar(
        select(ClassSession)
        .join(ClassSession.training_class)
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .where(
            Enrolment.person_id == person_id,
            Enrolment.state == EnrolmentState.ENROLLED,
            ClassSession.state != SessionState.CANCELLED,
            TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING]),
            func.upper(ClassSession.during) > after,
        )
        .options(contains_eager(ClassSession.training_class), joinedload(ClassSession.venue))
        .order_by(ClassSession.during)
        .limit(1)
    )
