"""Words of courses, classes and sessions."""

from dataclasses import dataclass
from datetime import date, datetime, time

from app.platform.types import LabelledEnum


class TrainingField(LabelledEnum):
    """What a course is about."""

    ECOMMERCE = "ecommerce", "电子商务"
    LIVE_STREAMING = "live_streaming", "直播带货"
    SHORT_VIDEO = "short_video", "短视频"
    SUPPLY_CHAIN = "supply_chain", "供应链"
    MASSAGE = "massage", "盲人保健按摩"
    MASSAGE_CONTINUING = "massage_continuing", "盲人按摩继续教育"
    MEDICAL_MASSAGE = "medical_massage", "盲人医疗按摩"
    PLANTING = "planting", "种植"
    BREEDING = "breeding", "养殖"
    HANDICRAFT = "handicraft", "家庭手工业"
    PROCESSING = "processing", "来料加工"
    RURAL_TOURISM = "rural_tourism", "乡村旅游"
    RURAL_ECOMMERCE = "rural_ecommerce", "农村电商"
    RURAL_LOGISTICS = "rural_logistics", "农村寄递物流"


class Level(LabelledEnum):
    """Vocational skill level; five is the lowest."""

    NONE = "none", "不分等级"
    FIVE = "five", "五级（初级工）"
    FOUR = "four", "四级（中级工）"
    THREE = "three", "三级（高级工）"
    TWO = "two", "二级（技师）"
    ONE = "one", "一级（高级技师）"


class ClassState(LabelledEnum):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审批"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已批准"
    ENROLLING = "enrolling", "报名中"
    RUNNING = "running", "开课中"
    COMPLETED = "completed", "已结业"
    ARCHIVED = "archived", "已归档"
    CANCELLED = "cancelled", "已取消"


class SessionPart(LabelledEnum):
    THEORY = "theory", "理论"
    PRACTICE = "practice", "实操"


class SessionState(LabelledEnum):
    PLANNED = "planned", "已排课"
    CANCELLED = "cancelled", "已取消"


@dataclass(frozen=True, slots=True)
class Slot:
    """When a session is: one day, start and end in Asia/Shanghai, and its lesson hours."""

    day: date
    starts: time
    ends: time
    lesson_hours: int


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session as the opening checks look at it; `qualified`: its teacher may teach the kind that day."""

    slot: Slot
    part: SessionPart
    venue_name: str
    venue_capacity: int
    teacher_name: str
    qualified: bool


@dataclass(frozen=True, slots=True)
class AccreditedPeriod:
    """A period, both days included, in which a base may train some kinds."""

    valid_from: date
    valid_to: date
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """All that decides whether a class may be opened."""

    kind: str
    field: str
    starts_on: date
    ends_on: date
    capacity: int
    venue_name: str | None
    venue_capacity: int | None
    theory_hours: int
    practice_hours: int
    assessment_required: bool
    assessment_plan: str
    accredited: tuple[AccreditedPeriod, ...]
    sessions: tuple[PlannedSession, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the approval's checklist; a failed one that is no `must` only warns."""

    name: str
    ok: bool
    text: str
    must: bool = True


@dataclass(frozen=True, slots=True)
class HoursRule:
    """Fewest lesson hours of a course, and who says so; `published` where the source itself was read."""

    occupation: str
    level: Level | None
    hours: int
    source: str
    published: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that occupies a venue and a teacher, for telling what another one collides with."""

    session_id: int
    class_id: int
    class_number: str
    venue_id: int
    venue_name: str
    teacher_id: int
    teacher_name: str
    begins: datetime
    ends: datetime


#: What this capability logs, in words.
ACTIONS = {
    "course.entered": "登记课程",
    "course.changed": "修改课程",
    "course.retired": "停开课程",
    "course.restored": "恢复课程",
    "class.proposed": "起草班期",
    "class.changed": "修改班期",
    "class.submitted": "提交审批",
    "class.approved": "批准",
    "class.returned": "退回修改",
    "class.enrolment_opened": "开放报名",
    "class.started": "开课",
    "class.completed": "办结",
    "class.archived": "归档",
    "class.cancelled": "取消班期",
    "session.added": "添加课次",
    "session.repeated": "按周排课",
    "session.changed": "修改课次",
    "session.removed": "删除课次",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "course": "课程",
    "training_class": "班期",
}
