"""Hours, completion, and when the roll may be called: pure decisions.

Lesson hours (课时) are whole numbers of 45 minutes. Shares are compared as products of whole numbers, never as floats:
32 of 40 hours is 80 %, 31 is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.attendance.types import (
    AssessmentPart,
    Calculation,
    CompletionOutcome,
    CompletionState,
    Hours,
    Mark,
    Readiness,
    RollCallFacts,
    SessionHours,
)
from app.courses.types import ClassState, SessionState
from app.enrolment.types import EnrolmentState
from app.platform.errors import DomainError

# ---- configuration


@dataclass(frozen=True, slots=True)
class PassMark:
    """Points of each part from which an assessment is passed, out of 100, and who says so."""

    points: Decimal = Decimal(60)
    source: str = "通行做法：百分制，理论和实操均达到 60 分为合格"


PASS_MARK = PassMark()

#: Marks under which a lesson hour counts as attended.
ATTENDED = frozenset({Mark.PRESENT, Mark.LATE})

# ---- hours


def reckon_hours(sessions: Iterable[SessionHours], marks: Mapping[int, Mark]) -> Hours:
    """Hours held: lesson hours of the sessions that were not cancelled. Attended: of those, where present or late.

    Args:
        marks: by session; a session without one was not attended.
    """
    held = attended = 0
    for session in sessions:
        if session.cancelled:
            continue
        held += session.lesson_hours
        if marks.get(session.session_id) in ATTENDED:
            attended += session.lesson_hours
    return Hours(attended, held)


def is_enough(hours: Hours, minimum_attendance: Decimal) -> bool:
    """Whether the share of hours attended reaches a minimum in percent, with at most two decimals."""
    return (
        hours.held > 0 and hours.attended * 10_000 >= _hundredths(minimum_attendance) * hours.held
    )


def hours_needed(held: int, minimum_attendance: Decimal) -> int:
    """The fewest whole hours that reach the minimum."""
    return -(-_hundredths(minimum_attendance) * held // 10_000)


def _hundredths(percent: Decimal) -> int:
    return int(percent * 100)


# ---- completion


def calculate(
    *,
    hours: Hours,
    minimum_attendance: Decimal,
    assessment_required: bool,
    results: Mapping[AssessmentPart, Decimal],
    pass_mark: PassMark = PASS_MARK,
) -> Calculation:
    """Whether a trainee completed: enough lesson hours and, where the course asks for it, both parts passed."""
    needed = hours_needed(hours.held, minimum_attendance)
    reasons = []
    if not is_enough(hours, minimum_attendance):
        reasons.append(
            f"出勤 {hours.attended} 课时，应达到 {needed} 课时（共 {hours.held} 课时）。"
        )
    if assessment_required:
        for part in AssessmentPart:
            points = results.get(part)
            if points is None:
                reasons.append(f"{part.label}没有成绩。")
            elif points < pass_mark.points:
                reasons.append(
                    f"{part.label} {_plain(points)} 分，未达到 {_plain(pass_mark.points)} 分。"
                )
    return Calculation(
        outcome=CompletionOutcome.FAILED if reasons else CompletionOutcome.PASSED,
        hours=hours,
        hours_needed=needed,
        minimum_attendance=minimum_attendance,
        assessment_required=assessment_required,
        pass_points=pass_mark.points,
        results=dict(results),
        reasons=tuple(reasons),
    )


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def kept(calculation: Calculation) -> dict[str, Any]:
    """The calculation as the completion keeps it; figures with decimals as text."""
    return {
        "minimum_attendance": _plain(calculation.minimum_attendance),
        "hours_attended": calculation.hours.attended,
        "hours_held": calculation.hours.held,
        "hours_needed": calculation.hours_needed,
        "assessment_required": calculation.assessment_required,
        "pass_points": _plain(calculation.pass_points),
        "results": {part.value: _plain(points) for part, points in calculation.results.items()},
        "reasons": list(calculation.reasons),
    }


def obstacles(ready: Readiness) -> list[str]:
    """Why the completions of a class cannot be handed in yet, each with what to do."""
    if ready.class_state is not ClassState.RUNNING:
        return [f"这个班期现在是“{ready.class_state.label}”，只有开课中的班期可以提交结业。"]
    found = []
    if not ready.sessions:
        found.append("这个班期没有课次。")
    if ready.still_to_come:
        found.append(f"还有 {ready.still_to_come} 次课没有上完，上完后再提交。")
    if not ready.trainees:
        found.append("这个班期没有在册学员。")
    if ready.missing_marks:
        found.append(f"还缺 {ready.missing_marks} 个点名，请补齐。")
    if ready.missing_results:
        found.append(f"还有 {ready.missing_results} 人缺考核成绩，请补齐。")
    return found


# ---- the roll call


def refuse_mark(facts: RollCallFacts, *, end_of_today: datetime) -> None:
    """Raises DomainError, saying what to do, where no mark may be set.

    Args:
        end_of_today: the moment at which tomorrow begins in China.
    """
    if facts.session_state is SessionState.CANCELLED:
        raise DomainError("这次课已取消，不用点名。")
    if facts.begins >= end_of_today:
        raise DomainError("这次课还没有到上课的日子，到那天再点名。")
    if facts.class_state is ClassState.ENROLLING:
        raise DomainError("这个班期还没有开课。请先在班期页面办理“开课”，再点名。")
    if facts.class_state is not ClassState.RUNNING:
        raise DomainError(f"这个班期现在是“{facts.class_state.label}”，点名不能再改。")
    if facts.enrolment_state is not EnrolmentState.ENROLLED:
        raise DomainError("此人不在册，不能点名。请刷新页面。")
    if facts.completion in (CompletionState.PROPOSED, CompletionState.CONFIRMED):
        raise DomainError("结业名单已经提交，点名不能再改。需要更正时，请区残联先退回。")


def refuse_result(class_state: ClassState, completion: CompletionState | None) -> None:
    """Raises DomainError where no result may be entered."""
    if class_state is not ClassState.RUNNING:
        raise DomainError(f"这个班期现在是“{class_state.label}”，只有开课中的班期可以登记成绩。")
    if completion in (CompletionState.PROPOSED, CompletionState.CONFIRMED):
        raise DomainError("结业名单已经提交，成绩不能再改。需要更正时，请区残联先退回。")
