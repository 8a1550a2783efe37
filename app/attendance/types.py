"""Words of attendance, results and completion."""

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
