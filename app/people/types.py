"""Words of the register of persons."""

from app.platform.types import LabelledEnum


class Sex(LabelledEnum):
    MALE = "male", "男"
    FEMALE = "female", "女"


class Hukou(LabelledEnum):
    """Kind of household registration (户籍)."""

    URBAN = "urban", "城镇"
    RURAL = "rural", "农村"


class Education(LabelledEnum):
    NONE = "none", "未上学"
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"
    SENIOR = "senior", "高中或中专"
    COLLEGE = "college", "大专"
    BACHELOR = "bachelor", "本科及以上"


class Category(LabelledEnum):
    """Kind of disability; the digit of the certificate number is its position (GB/T 26341)."""

    VISUAL = "visual", "视力"
    HEARING = "hearing", "听力"
    SPEECH = "speech", "言语"
    PHYSICAL = "physical", "肢体"
    INTELLECTUAL = "intellectual", "智力"
    MENTAL = "mental", "精神"
    MULTIPLE = "multiple", "多重"


class ConsentPurpose(LabelledEnum):
    """What the person agreed to (PIPL art. 29: separate consent for sensitive information)."""

    TRAINING = "training", "办理培训与就业服务"
    PUBLIC_CERTIFICATE = "public_certificate", "公开查验证书"


class CheckedEmployment(LabelledEnum):
    """Employment as told at the yearly check of basic information."""

    EMPLOYED = "employed", "已就业"
    SEEKING = "seeking", "未就业，有意愿"
    NOT_SEEKING = "not_seeking", "未就业，无意愿"


class NeedKind(LabelledEnum):
    TRAINING = "training", "培训需求"
    EMPLOYMENT = "employment", "就业需求"


class AccountRequestState(LabelledEnum):
    WAITING = "waiting", "待确认"
    CONFIRMED = "confirmed", "已确认"
    REFUSED = "refused", "未通过"
