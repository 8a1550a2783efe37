"""Completion by rule, and what the database itself refuses."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import column, select
from sqlalchemy import table as text_table
from sqlalchemy.exc import IntegrityError

from app.attendance import services
from app.attendance.models import AssessmentResult, AttendanceMark, Completion
from app.attendance.types import (
    AssessmentPart,
    CompletionOutcome,
    CompletionState,
    Mark,
)
from app.courses.types import ClassState, SessionState
from app.enrolment import queries as enrolments
from app.enrolment.services import withdraw
from app.enrolment.types import EnrolmentState
from app.platform import clock
from app.platform.access import Role
from app.platform.db import Base, db
from app.platform.errors import DomainError
from app.platform.signals import completion_confirmed
from tests import factories

#: After the last lesson.
NOW = datetime(2024, 5, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(app):
    with clock.frozen(NOW):
        yield


@pytest.fixture
def klass():
    """A running class of five lessons of eight hours, 80 % of which are asked for."""
    klass = factories.training_class(state=ClassState.RUNNING, of=factories.course())
    for day in range(1, 6):
        factories.class_session(klass, day=date(2024, 4, day), lesson_hours=8)
    factories.class_session(klass, day=date(2024, 4, 20), state=SessionState.CANCELLED)
    return klass


@pytest.fixture
def base(klass):
    return factories.actor(Role.PROVIDER, provider_id=klass.provider_id)


@pytest.fixture
def officer():
    return factories.actor(Role.FEDERATION)


def sessions(klass):
    db.session.expire(klass, ["sessions"])
    return [one for one in klass.sessions if one.state is SessionState.PLANNED]


def attend(base, klass, enrolment, *, lessons: int) -> None:
    for number, session in enumerate(sessions(klass)):
        services.mark(
            actor=base,
            session_id=session.id,
            enrolment_id=enrolment.id,
            mark=Mark.PRESENT if number < lessons else Mark.LEAVE,
            nonce=f"m{session.id}-{enrolment.id}",
        )


def proposed(base, klass, *lessons: int):
    trainees = [factories.enrolment(into=klass) for _ in lessons]
    for enrolment, number in zip(trainees, lessons, strict=True):
        attend(base, klass, enrolment, lessons=number)
    services.propose_completion(actor=base, klass=klass)
    return trainees


def of(enrolment) -> Completion:
    return db.session.scalars(
        select(Completion).where(Completion.enrolment_id == enrolment.id)
    ).one()


def test_four_lessons_of_five_are_enough_three_are_not(base, klass):
    first, second = proposed(base, klass, 4, 3)
    assert (of(first).hours_attended, of(first).hours_held) == (32, 40)
    assert of(first).outcome is CompletionOutcome.PASSED
    assert of(second).outcome is CompletionOutcome.FAILED
    assert of(second).calculation["reasons"] == ["出勤 24 课时，应达到 32 课时（共 40 课时）。"]
    # The cancelled session at the end is not the last lesson.
    assert of(first).completed_on == date(2024, 4, 5)


def test_confirming_tells_the_others_once_each(base, klass, officer):
    first, second = proposed(base, klass, 5, 0)
    told = []

    def listen(sender, **what):
        told.append((what["enrolment_id"], what["passed"], what["completed_on"]))

    with completion_confirmed.connected_to(listen):
        services.confirm_completions(actor=officer, klass=klass)
        services.confirm_completions(actor=officer, klass=klass)
    day = date(2024, 4, 5)
    assert sorted(told) == sorted([(first.id, True, day), (second.id, False, day)])
    assert klass.state is ClassState.COMPLETED
    assert of(first).state is CompletionState.CONFIRMED


def test_handing_in_twice_is_once(base, klass):
    first, _ = proposed(base, klass, 5, 5)
    before = of(first).recorded_at
    services.propose_completion(actor=base, klass=klass)
    assert of(first).recorded_at == before


@pytest.mark.parametrize("missing", ["mark", "lesson", "result"])
def test_what_is_missing_is_told(base, klass, missing):
    enrolment = factories.enrolment(into=klass)
    attend(base, klass, enrolment, lessons=5)
    if missing == "mark":
        factories.enrolment(into=klass)
        message = "还缺 5 个点名"
    elif missing == "lesson":
        factories.class_session(klass, day=date(2024, 5, 2))
        message = "还有 1 次课没有上完"
    else:
        klass.course.assessment_required = True
        message = "还有 1 人缺考核成绩"
    with pytest.raises(DomainError, match=message):
        services.propose_completion(actor=base, klass=klass)


def test_a_trainee_who_left_is_not_confirmed(base, klass, officer):
    first, second = proposed(base, klass, 5, 5)
    withdraw(actor=officer, enrolment=second, reason="搬走")
    services.confirm_completions(actor=officer, klass=klass)
    assert of(first).state is CompletionState.CONFIRMED
    assert of(second).state is CompletionState.RETURNED


def test_a_change_after_the_proposal_is_found(base, klass, officer):
    first, _ = proposed(base, klass, 4, 5)
    mark = db.session.scalars(
        select(AttendanceMark).where(AttendanceMark.enrolment_id == first.id)
    ).first()
    mark.mark = Mark.ABSENT
    db.session.flush()
    with pytest.raises(DomainError, match="有变化"):
        services.confirm_completions(actor=officer, klass=klass)


def test_nothing_to_confirm_or_to_return(base, klass, officer):
    factories.enrolment(into=klass)
    with pytest.raises(DomainError, match="没有等待确认"):
        services.confirm_completions(actor=officer, klass=klass)
    with pytest.raises(DomainError, match="没有等待确认"):
        services.return_completions(actor=officer, klass=klass, comment="x")


def test_after_a_return_it_is_handed_in_anew_and_the_history_keeps_it(base, klass, officer):
    first, _ = proposed(base, klass, 4, 5)
    services.return_completions(actor=officer, klass=klass, comment="请核对")
    session = sessions(klass)[4]
    services.mark(
        actor=base,
        session_id=session.id,
        enrolment_id=first.id,
        mark=Mark.PRESENT,
        nonce="correction",
    )
    services.propose_completion(actor=base, klass=klass)
    assert of(first).hours_attended == 40
    twin = Base.metadata.tables["completion_history"]
    states = db.session.scalars(
        select(twin.c.state).where(twin.c.enrolment_id == first.id).order_by(twin.c.superseded_at)
    ).all()
    assert states == ["proposed", "returned"]


def test_a_pass_bars_the_same_occupation_and_level(base, klass, officer):
    (first,) = proposed(base, klass, 5)
    services.confirm_completions(actor=officer, klass=klass)
    again = factories.training_class(starts_on=date(2024, 6, 1), ends_on=date(2024, 6, 9))
    person = enrolments.person_by_id(first.person_id)
    facts = enrolments.facts_of(klass=again, person=person, employed=False, as_of=clock.today())
    assert [one.passed for one in facts.taken] == [True]


def test_waiting_trainees_get_no_mark(base, klass):
    waiting = factories.enrolment(into=klass, state=EnrolmentState.WAITING)
    with pytest.raises(DomainError, match="不在册"):
        attend(base, klass, waiting, lessons=1)


# ---- constraints


def values(klass, **changes):
    enrolment = factories.enrolment(into=klass)
    session = sessions(klass)[0]
    mark = {
        "session_id": session.id,
        "enrolment_id": enrolment.id,
        "mark": "present",
        "method": "roll_call",
        "note": "",
        "marked_at": NOW,
        "marked_by_id": 0,
        "nonce": "n",
    }
    result = {
        "enrolment_id": enrolment.id,
        "part": "theory",
        "points": Decimal(60),
        "assessed_on": date(2024, 4, 5),
        "entered_by_id": 0,
    }
    completion = {
        "enrolment_id": enrolment.id,
        "state": "proposed",
        "outcome": "passed",
        "completed_on": date(2024, 4, 5),
        "hours_attended": 32,
        "hours_held": 40,
        "calculation": {},
        "proposed_at": NOW,
        "proposed_by_id": 0,
        "comment": "",
    }
    return {"attendance_mark": mark, "assessment_result": result, "completion": completion}


@pytest.mark.parametrize(
    ("table", "changes", "constraint"),
    [
        ("attendance_mark", {"mark": "asleep"}, "ck_attendance_mark_mark_known"),
        ("attendance_mark", {"method": "guess"}, "ck_attendance_mark_method_known"),
        ("attendance_mark", {"session_id": 0}, "fk_attendance_mark_session_id"),
        ("attendance_mark", {"enrolment_id": 0}, "fk_attendance_mark_enrolment_id"),
        ("assessment_result", {"points": Decimal("100.01")}, "ck_assessment_result_points"),
        ("assessment_result", {"points": Decimal(-1)}, "ck_assessment_result_points"),
        ("assessment_result", {"part": "essay"}, "ck_assessment_result_part_known"),
        ("assessment_result", {"enrolment_id": 0}, "fk_assessment_result_enrolment_id"),
        ("completion", {"state": "confirmed"}, "ck_completion_confirmed_at"),
        ("completion", {"confirmed_at": NOW}, "ck_completion_confirmed_at"),
        ("completion", {"hours_attended": 41}, "ck_completion_hours"),
        ("completion", {"hours_attended": -1}, "ck_completion_hours"),
        ("completion", {"state": "maybe"}, "ck_completion_state_known"),
        ("completion", {"outcome": "maybe"}, "ck_completion_outcome_known"),
        ("completion", {"enrolment_id": 0}, "fk_completion_enrolment_id"),
    ],
)
def test_the_database_refuses(klass, table, changes, constraint):
    refuse(table, values(klass)[table] | changes, constraint)


@pytest.mark.parametrize(
    ("table", "constraint"),
    [
        ("attendance_mark", "uq_attendance_mark_once"),
        ("assessment_result", "uq_assessment_result_once"),
        ("completion", "uq_completion_enrolment"),
    ],
)
def test_the_database_takes_it_once(klass, table, constraint):
    row = values(klass)[table]
    db.session.execute(raw(table).insert().values(row))
    refuse(table, row, constraint)


def raw(table):
    """The table with enums as text, so that an unknown word reaches the database."""
    real = Base.metadata.tables[table]
    kinds = {"state", "outcome", "mark", "method", "part", "applied_by", "kind"}
    return text_table(
        table, *(column(c.name) if c.name in kinds else column(c.name, c.type) for c in real.c)
    )


def refuse(table, row, constraint):
    with pytest.raises(IntegrityError) as broken, db.session.begin_nested():
        db.session.execute(raw(table).insert().values(row))
    assert broken.value.orig.diag.constraint_name == constraint


def test_results_and_times_are_exact(base, klass):
    klass.course.assessment_required = True
    enrolment = factories.enrolment(into=klass)
    services.record_results(
        actor=base,
        klass=klass,
        assessed_on=date(2024, 4, 5),
        points={enrolment.id: {AssessmentPart.THEORY: Decimal("59.99")}},
    )
    row = db.session.scalars(select(AssessmentResult)).one()
    assert row.points == Decimal("59.99")
