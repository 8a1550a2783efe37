"""Words of enrolment."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.courses.types import ClassState, Level, TrainingField
from app.people.types import Category, Sex
from app.platform.errors import DomainError
from app.platform.types import LabelledEnum
from app.providers.types import TrainingKind


class EnrolmentState(LabelledEnum):
    ENROLLED = "enrolled", "在册"
    WAITING = "waiting", "候补"
    WITHDRAWN = "withdrawn", "已退出"


class AppliedBy(LabelledEnum):
    """Who handed the application in."""

    SELF = "self", "本人"
    TOWNSHIP = "township", "镇街代办"
    PROVIDER = "provider", "基地代办"
    FEDERATION = "federation", "区残联代办"


class AccommodationKind(LabelledEnum):
    """Reasonable accommodation: what is needed, never why."""

    SIGN_LANGUAGE = "sign_language", "手语翻译"
    BRAILLE = "braille", "盲文材料"
    LARGE_PRINT = "large_print", "大字材料"
    SCREEN_READER = "screen_reader", "读屏软件"
    STEP_FREE = "step_free", "无台阶通行"
    GUIDE = "guide", "引导员"
    COMPANION = "companion", "陪同人员"
    EASY_LANGUAGE = "easy_language", "易读材料"


class AccommodationState(LabelledEnum):
    ASKED = "asked", "待安排"
    ARRANGED = "arranged", "已安排"
    UNMET = "unmet", "无法安排"


class Verdict(LabelledEnum):
    """What a rule of eligibility says."""

    OK = "ok", "符合"
    WARN = "warn", "请注意"
    BLOCK = "block", "不符合"


@dataclass(frozen=True, slots=True)
class TakenCourse:
    """A class that the person took part in: its occupation and level, and whether it was passed."""

    occupation: str
    level: Level
    passed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides whether a person may take a class; holds no identity number.

    `categories` are those of the certificate in force on the first day, components of a multiple one included.
    `certificate_expires` is None where no certificate is in force that day. `courses_this_year` counts places in
    other classes that start in the same calendar year; `clashing` and `beside` name other classes of the person whose
    sessions collide with this one's, or which only run in the same weeks.
    """

    class_state: ClassState
    starts_on: date
    ends_on: date
    as_of: date
    district_code: str
    kind: TrainingKind
    field: TrainingField
    occupation: str
    level: Level
    sex: Sex
    birth_date: date
    residence_code: str
    deceased: bool
    family_member: bool
    certificate_expires: date | None
    categories: frozenset[Category]
    consented: bool
    employed: bool
    taken: tuple[TakenCourse, ...] = ()
    courses_this_year: int = 0
    clashing: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule said of one application, and what it looked at.

    `reason` is for the person, the township and the federation; `told` is what a training base may read of it: it
    lets nobody guess category or grade.
    """

    rule: str
    text: str
    verdict: Verdict
    reason: str
    told: str
    inputs: dict[str, Any]


class Ineligible(DomainError):
    """At least one rule says no; `judgements` holds what all of them say."""

    def __init__(self, message: str, judgements: tuple[Judgement, ...]) -> None:
        super().__init__(message)
        self.judgements = judgements


class AlreadyApplied(DomainError):
    """The person has a place in this class, or waits for one, already."""

    def __init__(self, enrolment_id: int) -> None:
        super().__init__("已经报过这个班期，不用再报一次。")
        self.enrolment_id = enrolment_id


#: What this capability logs, in words.
ACTIONS = {
    "enrolment.applied": "报名",
    "enrolment.moved_up": "候补转为在册",
    "enrolment.withdrawn": "退出",
    "accommodation.answered": "答复合理便利",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "enrolment": "报名",
    "accommodation": "合理便利",
}
