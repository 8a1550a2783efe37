"""Commands on marks, results and completions: the only writers of their rows."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, text
from sqlalchemy.dialects.postgresql import insert

from app.attendance import queries, rules
from app.attendance.models import AssessmentResult, AttendanceMark, Completion
from app.attendance.types import (
    AssessmentPart,
    Calculation,
    CompletionOutcome,
    CompletionState,
    Mark,
    MarkMethod,
    Readiness,
)
from app.courses.services import complete_class
from app.courses.types import ClassState
from app.enrolment.types import EnrolmentState
from app.platform import clock, eventlog, signals
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints

if TYPE_CHECKING:
    from app.courses.models import TrainingClass

explain_constraints(
    {
        "ck_assessment_result_points": (None, "成绩应在 0 到 100 分之间，请核对。"),
        "uq_completion_enrolment": (None, "结业名单刚刚已经提交，请刷新页面查看。"),
    }
)

# ---- the roll call


def mark(*, actor: Actor, session_id: int, enrolment_id: int, mark: Mark, nonce: str) -> bool:
    """Set or correct one mark of a session of the actor's own base; whether anything changed.

    The same nonce is one mark, even when it arrives again after a later correction. What was replaced stays in the
    history that the database keeps.

    Raises:
        LookupError: session and enrolment are not of one class of this base.
        DomainError: no mark may be set, in plain words.
    """
    facts = queries.roll_call_facts(
        provider_id=actor.provider_id or 0, session_id=session_id, enrolment_id=enrolment_id
    )
    if facts is None:
        raise LookupError(session_id, enrolment_id)
    rules.refuse_mark(facts, end_of_today=end_of_today())
    mark_id = db.session.connection().scalar(
        _upsert(),
        {
            "session_id": session_id,
            "enrolment_id": enrolment_id,
            "mark": mark,
            "method": MarkMethod.ROLL_CALL,
            "note": "",
            "marked_at": clock.now(),
            "marked_by_id": actor.account_id,
            "nonce": nonce,
        },
    )
    if mark_id is None:
        return False
    detail = {"session_id": session_id, "enrolment_id": enrolment_id, "mark": mark.value}
    if facts.mark is not None:
        detail["before"] = facts.mark.value
    eventlog.record(
        actor=actor,
        action="attendance.marked" if facts.mark is None else "attendance.corrected",
        subject=AttendanceMark(id=mark_id),
        detail=detail,
    )
    return True


@cache
def _upsert() -> Any:
    """One statement, built once: it is what a roll call runs for every trainee."""
    # On the table and not on the mapped class: the ORM's bulk insert costs as much again as the statement itself.
    marks = AttendanceMark.metadata.tables[AttendanceMark.__tablename__]
    statement = insert(marks)
    new = statement.excluded
    # Written out: SQLAlchemy does not correlate a subquery with the row in conflict.
    not_replayed = text(
        "NOT EXISTS (SELECT FROM attendance_mark_history replaced "
        "WHERE replaced.id = attendance_mark.id AND replaced.nonce = excluded.nonce)"
    )
    return statement.on_conflict_do_update(
        constraint="uq_attendance_mark_once",
        set_={
            "mark": new.mark,
            "method": new.method,
            "marked_at": new.marked_at,
            "marked_by_id": new.marked_by_id,
            "nonce": new.nonce,
        },
        where=and_(marks.c.mark != new.mark, marks.c.nonce != new.nonce, not_replayed),
    ).returning(marks.c.id)


def end_of_today() -> datetime:
    """The moment at which tomorrow begins in China."""
    return datetime.combine(clock.today() + timedelta(days=1), time(), clock.SHANGHAI)


def call_roll(*, actor: Actor, session_id: int, marks: Mapping[int, Mark], nonce: str) -> int:
    """Set the marks of several trainees of one session; how many changed."""
    changed = 0
    for enrolment_id in sorted(marks):
        changed += mark(
            actor=actor,
            session_id=session_id,
            enrolment_id=enrolment_id,
            mark=marks[enrolment_id],
            nonce=nonce,
        )
    return changed


# ---- results


def record_results(
    *,
    actor: Actor,
    klass: "TrainingClass",
    assessed_on: date,
    points: Mapping[int, Mapping[AssessmentPart, Decimal]],
) -> int:
    """Enter or correct results of a class, by enrolment and part; how many changed.

    Raises DomainError where the day is outside of the class, or the class takes no results.
    """
    klass = queries.hold_class(klass)
    if not klass.starts_on <= assessed_on <= clock.today():
        raise DomainError("考核日期应在开课之后，并且不晚于今天，请核对。", "assessed_on")
    enrolled = {one.enrolment_id for one in queries.all_trainees(klass.id)}
    completions = queries.completions(klass.id)
    known = queries.result_rows(klass.id)
    changed = 0
    for enrolment_id, parts in points.items():
        if enrolment_id not in enrolled:
            raise DomainError("有学员已不在册，请刷新页面后再填。")
        completion = completions.get(enrolment_id)
        rules.refuse_result(klass.state, completion.state if completion else None)
        for part, value in parts.items():
            changed += _record_result(
                actor, known.get((enrolment_id, part)), enrolment_id, part, value, assessed_on
            )
    return changed


def _record_result(
    actor: Actor,
    result: AssessmentResult | None,
    enrolment_id: int,
    part: AssessmentPart,
    points: Decimal,
    assessed_on: date,
) -> bool:
    if result is not None and result.points == points:
        return False
    before = None if result is None else str(result.points)
    if result is None:
        result = AssessmentResult(enrolment_id=enrolment_id, part=part)
        db.session.add(result)
    result.points = points
    result.assessed_on = assessed_on
    result.entered_by_id = actor.account_id
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="result.recorded" if before is None else "result.corrected",
        subject=result,
        detail={"enrolment_id": enrolment_id, "part": part.value, "points": str(points)}
        | ({"before": before} if before is not None else {}),
    )
    return True


# ---- completion


def calculations(klass: "TrainingClass") -> dict[int, Calculation]:
    """What the rule of completion says of each trainee now, by enrolment."""
    sessions = queries.session_hours(klass.id)
    marks = queries.marks_of_class(klass.id)
    results = queries.results_of_class(klass.id)
    course = klass.course
    return {
        one.enrolment_id: rules.calculate(
            hours=rules.reckon_hours(sessions, marks.get(one.enrolment_id, {})),
            minimum_attendance=course.minimum_attendance,
            assessment_required=course.assessment_required,
            results=results.get(one.enrolment_id, {}),
        )
        for one in queries.all_trainees(klass.id)
    }


def readiness(klass: "TrainingClass", calculated: Mapping[int, Calculation]) -> Readiness:
    """How far a class is. A result is missing only of who attended enough: the others fail without it."""
    missing = sum(
        one.assessment_required
        and one.hours.attended >= one.hours_needed
        and len(one.results) < len(AssessmentPart)
        for one in calculated.values()
    )
    return queries.readiness(klass, now=clock.now(), missing_results=missing)


def propose_completion(*, actor: Actor, klass: "TrainingClass") -> list[Completion]:
    """Hand in who completed a class and who did not, as the rule says. Handing in twice is once.

    Raises DomainError with everything that still stands in the way.
    """
    klass = queries.hold_class(klass)
    calculated = calculations(klass)
    known = queries.completions(klass.id)
    if calculated and all(
        one in known and known[one].state is CompletionState.PROPOSED for one in calculated
    ):
        return [known[one] for one in calculated]
    ready = readiness(klass, calculated)
    obstacles = rules.obstacles(ready)
    if obstacles or ready.last_session_on is None:
        raise DomainError("还不能提交结业：" + "".join(obstacles))
    proposed = [
        _propose(actor, known.get(enrolment_id), enrolment_id, one, ready.last_session_on)
        for enrolment_id, one in calculated.items()
    ]
    db.session.flush()
    passed = sum(one.outcome is CompletionOutcome.PASSED for one in proposed)
    eventlog.record(
        actor=actor,
        action="completion.proposed",
        subject=klass,
        detail={"passed": passed, "failed": len(proposed) - passed},
    )
    return proposed


def _propose(
    actor: Actor,
    completion: Completion | None,
    enrolment_id: int,
    calculation: Calculation,
    completed_on: date,
) -> Completion:
    if completion is None:
        completion = Completion(enrolment_id=enrolment_id)
        db.session.add(completion)
    completion.state = CompletionState.PROPOSED
    completion.outcome = calculation.outcome
    completion.completed_on = completed_on
    completion.hours_attended = calculation.hours.attended
    completion.hours_held = calculation.hours.held
    completion.calculation = rules.kept(calculation)
    completion.proposed_at = clock.now()
    completion.proposed_by_id = actor.account_id
    completion.comment = ""
    return completion


def confirm_completions(*, actor: Actor, klass: "TrainingClass") -> list[Completion]:
    """Confirm all that was handed in for a class, which is completed by it. Confirming twice is once.

    Raises DomainError where nothing or not everybody was handed in, or marks and results say something else by now.
    """
    klass = queries.hold_class(klass)
    known = queries.completions(klass.id)
    if klass.state is ClassState.COMPLETED:
        return [one for one in known.values() if one.state is CompletionState.CONFIRMED]
    calculated = calculations(klass)
    if not any(one.state is CompletionState.PROPOSED for one in known.values()):
        raise DomainError("没有等待确认的结业名单。可能已经退回，请回到结业页面查看。")
    for enrolment_id, calculation in calculated.items():
        _refuse_changed(known.get(enrolment_id), calculation)
    _set_aside_withdrawn(known)
    confirmed = [known[enrolment_id] for enrolment_id in calculated]
    complete_class(actor=actor, klass=klass)
    for completion in confirmed:
        confirm_completion(actor=actor, completion=completion)
    return confirmed


def _refuse_changed(completion: Completion | None, calculation: Calculation) -> None:
    if completion is None or completion.state is not CompletionState.PROPOSED:
        raise DomainError("有学员不在提交的结业名单里，请退回，由基地重新提交。")
    proposed = (completion.outcome, completion.hours_attended, completion.hours_held)
    now = (calculation.outcome, calculation.hours.attended, calculation.hours.held)
    if proposed != now:
        raise DomainError("提交以后点名或成绩有变化，请退回，由基地重新提交。")


def _set_aside_withdrawn(known: Mapping[int, Completion]) -> None:
    for completion in known.values():
        if (
            completion.enrolment.state is not EnrolmentState.ENROLLED
            and completion.state is CompletionState.PROPOSED
        ):
            completion.state = CompletionState.RETURNED
            completion.comment = "学员已退出。"


def confirm_completion(*, actor: Actor, completion: Completion) -> None:
    """Confirm one completion and tell those beside; part of `confirm_completions`, which judges the whole class."""
    completion.state = CompletionState.CONFIRMED
    completion.confirmed_at = clock.now()
    completion.confirmed_by_id = actor.account_id
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="completion.confirmed",
        subject=completion,
        detail={
            "enrolment_id": completion.enrolment_id,
            "outcome": completion.outcome.value,
            "completed_on": completion.completed_on.isoformat(),
        },
    )
    signals.completion_confirmed.send(
        completion,
        actor=actor,
        enrolment_id=completion.enrolment_id,
        person_id=completion.enrolment.person_id,
        completed_on=completion.completed_on,
        passed=completion.outcome is CompletionOutcome.PASSED,
    )


def return_completions(*, actor: Actor, klass: "TrainingClass", comment: str) -> int:
    """Send what was handed in back to the base, saying what to mend; how many rows.

    Raises DomainError where nothing waits or nothing is said.
    """
    klass = queries.hold_class(klass)
    waiting = [
        one
        for one in queries.completions(klass.id).values()
        if one.state is CompletionState.PROPOSED
    ]
    if not waiting:
        raise DomainError("没有等待确认的结业名单。可能刚刚已经办理，请回到结业页面查看。")
    if not comment.strip():
        raise DomainError("请写明哪里需要更正，基地会看到这段话。", "comment")
    for completion in waiting:
        completion.state = CompletionState.RETURNED
        completion.comment = comment
    db.session.flush()
    eventlog.record(
        actor=actor, action="completion.returned", subject=klass, detail={"comment": comment}
    )
    return len(waiting)
