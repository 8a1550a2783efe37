"""Words of enrolment."""

from app.platform.types import LabelledEnum


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
