"""Words of the register of persons."""

from dataclasses import dataclass, field
from datetime import date

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


class HouseholdFlag(LabelledEnum):
    """What a household is looked after for; the value is the column of the person."""

    ZERO_EMPLOYMENT = "zero_employment_household", "零就业家庭"
    MULTIPLE_DISABLED = "multiple_disabled_household", "一户多残"
    POVERTY_MONITORED = "poverty_monitored", "防返贫监测"


class Relation(LabelledEnum):
    """What a guardian is to the person."""

    PARENT = "parent", "父母"
    SPOUSE = "spouse", "配偶"
    CHILD = "child", "子女"
    SIBLING = "sibling", "兄弟姐妹"
    RELATIVE = "relative", "其他亲属"
    COMMUNITY = "community", "村（居）委会"


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What an office enters of a person beside the numbers."""

    name: str
    residence_code: str
    hukou: Hukou
    education: Education | None = None
    phone: str | None = None
    flags: frozenset[HouseholdFlag] = frozenset()
    deceased_on: date | None = None


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What stands on a disability certificate; without `expires_on` it is valid for ten years."""

    number: str
    issued_on: date
    expires_on: date | None = None
    components: frozenset[Category] = frozenset()


@dataclass(frozen=True, slots=True)
class GuardianFacts:
    """Who acts for a person."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """Scores of 0-100 per area of vocational ability, and what is recommended."""

    assessed_on: date
    assessor: str
    mobility: int
    communication: int
    learning: int
    work_endurance: int
    recommendation: str


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What an officer learned at the yearly check; `wishes` holds the needs that were told."""

    checked_on: date
    employment: CheckedEmployment
    note: str = ""
    wishes: dict[NeedKind, str] = field(default_factory=dict)


#: What this capability logs, in words.
ACTIONS = {
    "person.registered": "登记",
    "person.family_member_registered": "登记为残疾人家属",
    "person.changed": "修改资料",
    "person.number_shown": "查看完整号码",
    "person.merged": "合并重复记录",
    "person.certificate_added": "登记残疾人证",
    "person.guardian_added": "登记监护人",
    "person.guardian_ended": "监护人不再代办",
    "person.consent_given": "记录同意",
    "person.consent_withdrawn": "撤回同意",
    "person.assessed": "职业能力评估",
    "person.checked": "年度核查",
    "person.check_corrected": "更正年度核查",
    "person.account_requested": "申请开户",
    "person.account_confirmed": "开户",
    "person.account_refused": "未同意开户",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "person": "残疾人",
}
