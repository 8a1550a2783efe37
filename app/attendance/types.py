"""Words of attendance, results and completion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.courses.types import ClassState, SessionState
from app.enrolment.types import EnrolmentState
from app.platform.types import LabelledEnum


class Mark(LabelledEnum):
    """What the roll call found."""

    PRESENT = "present", "到课"
    LATE = "late", "迟到"
    LEAVE = "leave", "请假"
    ABSENT = "absent", "缺课"


class MarkMethod(LabelledEnum):
    ROLL_CALL = "roll_call", "点名"


class AssessmentPart(LabelledEnum):
    THEORY = "theory", "理论"
    PRACTICE = "practice", "实操"


class CompletionState(LabelledEnum):
    PROPOSED = "proposed", "待确认"
    CONFIRMED = "confirmed", "已确认"
    RETURNED = "returned", "已退回"


class CompletionOutcome(LabelledEnum):
    PASSED = "passed", "结业"
    FAILED = "failed", "未结业"


@dataclass(frozen=True, slots=True)
class SessionHours:
    """A session of a class as the reckoning of hours sees it."""

    session_id: int
    lesson_hours: int
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """Lesson hours held, and those of them that a trainee attended."""

    attended: int
    held: int


@dataclass(frozen=True, slots=True)
class RollCallFacts:
    """All that decides whether a mark may be set."""

    class_state: ClassState
    session_state: SessionState
    begins: datetime
    enrolment_state: EnrolmentState
    completion: CompletionState | None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Calculation:
    """How the proposal for one trainee came about; `minimum_attendance` in percent, `hours_needed` rounded up."""

    outcome: CompletionOutcome
    hours: Hours
    hours_needed: int
    minimum_attendance: Decimal
    assessment_required: bool
    pass_points: Decimal
    results: Mapping[AssessmentPart, Decimal]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a proposal of completions asks for: how far the class is."""

    class_state: ClassState
    sessions: int
    still_to_come: int
    last_session_on: date | None
    trainees: int
    missing_marks: int
    missing_results: int


#: What this capability logs, in words.
ACTIONS = {
    "attendance.marked": "点名",
    "attendance.corrected": "更正点名",
    "result.recorded": "登记考核结果",
    "result.corrected": "更正考核结果",
    "completion.proposed": "提出结业名单",
    "completion.confirmed": "确认结业",
    "completion.returned": "退回结业名单",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "attendance_mark": "点名",
    "assessment_result": "考核结果",
    "completion": "结业",
}
