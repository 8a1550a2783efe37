"""Synthetic enrolments, roll calls, results and completions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from app.attendance.models import AssessmentResult, AttendanceMark, Completion
from app.attendance.types import AssessmentPart, CompletionOutcome, CompletionState, Mark
from app.courses.models import TrainingClass
from app.courses.types import ClassState, TrainingField
from app.demo import people
from app.demo.timetable import begins
from app.enrolment.models import Accommodation, Enrolment
from app.enrolment.types import AccommodationKind, AccommodationState, AppliedBy, EnrolmentState
from app.people.models import Person
from app.people.rules import age_on
from app.people.types import Category, Hukou, Sex
from app.platform.clock import SHANGHAI
from app.platform.db import db
from app.providers.types import TrainingKind

_PASS = Decimal(60)
_MINIMUM_SHARE = 80
_NEEDS = {
    Category.VISUAL: (
        AccommodationKind.SCREEN_READER,
        AccommodationKind.BRAILLE,
        AccommodationKind.LARGE_PRINT,
        AccommodationKind.GUIDE,
    ),
    Category.HEARING: (AccommodationKind.SIGN_LANGUAGE,),
    Category.PHYSICAL: (AccommodationKind.STEP_FREE, AccommodationKind.COMPANION),
    Category.INTELLECTUAL: (AccommodationKind.EASY_LANGUAGE, AccommodationKind.COMPANION),
}
_WITH_ROSTER = {ClassState.ENROLLING, ClassState.RUNNING, ClassState.COMPLETED, ClassState.ARCHIVED}
_TAUGHT = {ClassState.COMPLETED, ClassState.ARCHIVED}


@dataclass
class Roster:
    """Who may still be placed, and when each person is busy."""

    rng: Random
    candidates: list[Person]
    consented: set[int]
    busy: dict[int, list[tuple[date, date]]] = field(default_factory=dict)
    occupations: set[tuple[int, str]] = field(default_factory=set)

    def pick(self, klass: TrainingClass, number: int) -> Iterator[Person]:
        """Persons who may take this class; most of those picked go to the end of the queue, some come again soon."""
        period = (klass.starts_on, klass.ends_on)
        picked: list[Person] = []
        for person in self.candidates:
            if len(picked) == number:
                break
            if self._may_take(person, klass, period):
                picked.append(person)
        chosen = {person.id for person in picked}
        rest = [person for person in self.candidates if person.id not in chosen]
        again = [person for person in picked if self.rng.random() < 0.15]
        self.candidates = again + rest + [person for person in picked if person not in again]
        for person in picked:
            self.busy.setdefault(person.id, []).append(period)
            self.occupations.add((person.id, klass.course.code))
            yield person

    def _may_take(self, person: Person, klass: TrainingClass, period: tuple[date, date]) -> bool:
        oldest = 59 if person.sex is Sex.MALE else 54
        return (
            person.id in self.consented
            and 16 <= age_on(person.birth_date, klass.starts_on) <= oldest
            and (person.id, klass.course.code) not in self.occupations
            and not any(
                start <= period[1] and period[0] <= end
                for start, end in self.busy.get(person.id, ())
            )
            and _fits(person, klass)
        )


def _fits(person: Person, klass: TrainingClass) -> bool:
    categories = {value for c in person.certificates for value in (c.category.value, *c.components)}
    if klass.course.field in (TrainingField.MASSAGE, TrainingField.MASSAGE_CONTINUING):
        return Category.VISUAL in categories
    if klass.course.kind is TrainingKind.RURAL:
        return person.hukou is Hukou.RURAL
    return bool(categories)


@dataclass(frozen=True)
class Trained:
    """A completion with the rows it stems from."""

    enrolment: Enrolment
    completion: Completion
    klass: TrainingClass
    person: Person


def enrol(
    rng: Random, classes: Sequence[TrainingClass], persons: Sequence[Person], consents: set[int]
) -> dict[int, list[Enrolment]]:
    """Enrolments by class; one class that is open has a waiting list."""
    # Those with rare names come first, so that each of them has a certificate to look at.
    rare, shuffled = list(persons[: people.RARE]), list(persons[people.RARE :])
    rng.shuffle(shuffled)
    shuffled = rare + shuffled
    roster = Roster(rng, shuffled, consents)
    enrolments: dict[int, list[Enrolment]] = {}
    full = next(klass for klass in classes if klass.state is ClassState.ENROLLING)
    for klass in classes:
        if klass.state not in _WITH_ROSTER:
            continue
        number = klass.capacity + 3 if klass is full else rng.randrange(14, 20)
        if klass.state is ClassState.ENROLLING and klass is not full:
            number = rng.randrange(6, 12)
        made = []
        for place, person in enumerate(roster.pick(klass, number)):
            made.append(_enrolment(rng, klass, person, waiting=place >= klass.capacity))
        db.session.add_all(made)
        db.session.flush()
        enrolments[klass.id] = made
    return enrolments


def _enrolment(rng: Random, klass: TrainingClass, person: Person, *, waiting: bool) -> Enrolment:
    applied_at = datetime.combine(klass.starts_on, time(9), SHANGHAI) - timedelta(
        days=rng.randrange(16, 30)
    )
    state = EnrolmentState.WAITING if waiting else EnrolmentState.ENROLLED
    withdrawn = not waiting and klass.state in _TAUGHT and rng.random() < 0.03
    if withdrawn:
        state = EnrolmentState.WITHDRAWN
    enrolment = Enrolment(
        class_id=klass.id,
        person_id=person.id,
        state=state,
        applied_at=applied_at,
        applied_by=rng.choices(list(AppliedBy), weights=(40, 40, 15, 5))[0],
        applied_by_id=0,
        nonce=f"demo-{klass.id}-{person.id}",
        employed_at_enrolment=rng.random() < 0.06,
        eligibility=[],
        enrolled_at=None if waiting else applied_at,
        withdrawn_at=applied_at + timedelta(days=5) if withdrawn else None,
        withdrawal_reason="家中有事（演示）" if withdrawn else "",
    )
    enrolment.person, enrolment.training_class = person, klass
    category = person.certificates[0].category if person.certificates else None
    if category in _NEEDS and rng.random() < 0.4:
        enrolment.accommodations.append(_accommodation(rng, category, over=klass.state in _TAUGHT))
    return enrolment


def _accommodation(rng: Random, category: Category, *, over: bool) -> Accommodation:
    open_states = (AccommodationState.ARRANGED, AccommodationState.ASKED)
    state = AccommodationState.ARRANGED if over else rng.choice(open_states)
    if rng.random() < 0.06:
        state = AccommodationState.UNMET
    answers = {
        AccommodationState.ARRANGED: "已安排（演示）",
        AccommodationState.UNMET: "没有合适的人员（演示）",
    }
    return Accommodation(
        kind=rng.choice(_NEEDS[category]), state=state, answer=answers.get(state, "")
    )


def teach(
    rng: Random, classes: Sequence[TrainingClass], enrolments: dict[int, list[Enrolment]], *, now: datetime,
    teacher_id: int, officer_id: int,
) -> list[Trained]:  # fmt: skip
    """Roll calls up to now, results and, where the class is over, confirmed completions."""
    trained: list[Trained] = []
    marks: list[AttendanceMark] = []
    for klass in classes:
        for enrolment in enrolments.get(klass.id, ()):
            if (
                enrolment.state is not EnrolmentState.ENROLLED
                or klass.state is ClassState.ENROLLING
            ):
                continue
            attended = _marks(rng, klass, enrolment, marks, now=now, teacher_id=teacher_id)
            if klass.state in _TAUGHT:
                trained.append(
                    _complete(
                        rng,
                        klass,
                        enrolment,
                        attended,
                        teacher_id=teacher_id,
                        officer_id=officer_id,
                    )
                )
    db.session.add_all(marks)
    db.session.flush()
    return trained


def _marks(
    rng: Random, klass: TrainingClass, enrolment: Enrolment, marks: list[AttendanceMark], *, now: datetime,
    teacher_id: int,
) -> int:  # fmt: skip
    """Marks of one trainee for the sessions that are over; the lesson hours attended."""
    attended = 0
    diligence = 0.6 if rng.random() < 0.07 else 0.97
    for session in klass.sessions:
        begin = begins(session)
        # Today's sessions are left for whoever tries the roll call.
        if begin.astimezone(SHANGHAI).date() >= now.astimezone(SHANGHAI).date():
            continue
        here = rng.random() < diligence
        mark = (
            rng.choices((Mark.PRESENT, Mark.LATE), weights=(95, 5))[0]
            if here
            else rng.choice((Mark.LEAVE, Mark.ABSENT))
        )
        attended += session.lesson_hours if here else 0
        marks.append(
            AttendanceMark(
                session_id=session.id,
                enrolment_id=enrolment.id,
                mark=mark,
                marked_at=begin + timedelta(minutes=rng.randrange(2, 15)),
                marked_by_id=teacher_id,
                nonce=f"demo-{session.id}-{enrolment.id}",
            )
        )
    return attended


def _complete(
    rng: Random,
    klass: TrainingClass,
    enrolment: Enrolment,
    attended: int,
    *,
    teacher_id: int,
    officer_id: int,
) -> Trained:
    held = sum(session.lesson_hours for session in klass.sessions)
    points: dict[AssessmentPart, Decimal] = {}
    if klass.course.assessment_required:
        points = {part: Decimal(rng.randrange(56, 99)) for part in AssessmentPart}
        for part, value in points.items():
            db.session.add(
                AssessmentResult(
                    enrolment_id=enrolment.id,
                    part=part,
                    points=value,
                    assessed_on=klass.ends_on,
                    entered_by_id=teacher_id,
                )
            )
    enough = attended * 100 >= _MINIMUM_SHARE * held
    passed = enough and all(value >= _PASS for value in points.values())
    confirmed_at = datetime.combine(klass.ends_on, time(15), SHANGHAI).astimezone(UTC) + timedelta(
        days=3
    )
    completion = Completion(
        enrolment_id=enrolment.id,
        state=CompletionState.CONFIRMED,
        outcome=CompletionOutcome.PASSED if passed else CompletionOutcome.FAILED,
        completed_on=klass.ends_on,
        hours_attended=attended,
        hours_held=held,
        calculation={
            "minimum_attendance": _MINIMUM_SHARE,
            "results": {part.value: str(value) for part, value in points.items()},
        },
        proposed_at=confirmed_at - timedelta(days=2),
        proposed_by_id=teacher_id,
        confirmed_at=confirmed_at,
        confirmed_by_id=officer_id,
    )
    db.session.add(completion)
    return Trained(enrolment, completion, klass, enrolment.person)
