"""Words of employment and follow-up."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.platform.types import LabelledEnum


class EmploymentForm(LabelledEnum):
    """The seven forms of the national statistics."""

    PROPORTIONAL = "proportional", "按比例就业"
    CONCENTRATED = "concentrated", "集中就业"
    SELF_EMPLOYED = "self_employed", "个体就业（自主创业）"
    RURAL = "rural", "从事农业种养加"
    PUBLIC_POST = "public_post", "公益性岗位"
    ASSISTIVE = "assistive", "辅助性就业"
    FLEXIBLE = "flexible", "灵活就业"


class SpellState(LabelledEnum):
    REPORTED = "reported", "待核实"
    VERIFIED = "verified", "已核实"
    RETURNED = "returned", "已退回"


class EvidenceGrade(LabelledEnum):
    """How much a document proves."""

    A = "A", "A 劳动合同和社会保险"
    B = "B", "B 营业执照或工资记录"
    C = "C", "C 村（社区）证明和照片"
    D = "D", "D 本人承诺或其他材料"


class EvidenceKind(LabelledEnum):
    CONTRACT = "contract", "劳动合同"
    INSURANCE = "insurance", "社会保险缴费记录"
    LICENCE = "licence", "营业执照"
    PAYROLL = "payroll", "工资或收入流水"
    POST_AGREEMENT = "post_agreement", "岗位协议"
    VILLAGE_CERTIFICATE = "village_certificate", "村（社区）证明"
    PHOTO = "photo", "现场照片"
    STATEMENT = "statement", "本人承诺书"
    OTHER = "other", "其他证明"


class FollowUpOutcome(LabelledEnum):
    """How a follow-up ended."""

    EMPLOYED = "employed", "已联系，在业"
    NOT_EMPLOYED = "not_employed", "已联系，未就业"
    NOT_REACHED = "not_reached", "未联系上"
    REFUSED = "refused", "拒绝回访"
    EXCLUDED = "excluded", "符合排除情形"


class ContactMethod(LabelledEnum):
    PHONE = "phone", "电话"
    VISIT = "visit", "上门"
    MESSAGE = "message", "短信或微信"


class ExclusionReason(LabelledEnum):
    """Why somebody leaves numerator and denominator, as in WIOA."""

    DECEASED = "deceased", "去世"
    INSTITUTION = "institution", "住院或在机构超过 90 天"
    EDUCATION = "education", "进入全日制教育"
    MOVED = "moved", "迁出本区"


@dataclass(frozen=True, slots=True)
class Training:
    """A class that a person completed with a pass."""

    enrolment_id: int
    title: str
    provider_id: int
    started_on: date
    completed_on: date


@dataclass(frozen=True, slots=True)
class Origin:
    """Which training a spell stems from, None for none, and why, in words."""

    training: Training | None
    reason: str


@dataclass(frozen=True, slots=True)
class SpellFacts:
    """What is told of a spell; `workplace` is the employer's name where there is one."""

    form: EmploymentForm
    employer_id: int | None
    workplace: str
    post: str
    started_on: date
    ended_on: date | None = None
    end_reason: str = ""
    monthly_wage: Decimal | None = None
    contract_months: int | None = None
    insurance_months: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded file and what it is said to be; `field` is where the form asked for it."""

    kind: EvidenceKind
    filename: str
    content: bytes
    field: str = "file"


#: What this capability logs, in words.
ACTIONS = {
    "follow_ups.planned": "安排跟踪回访",
    "follow_up.attempted": "联系过，没联系上",
    "follow_up.phone_shown": "查看电话号码",
    "follow_up.closed": "完成回访",
    "exclusion.recorded": "登记排除情形",
    "evidence.opened": "打开证明材料",
    "spell.reported": "登记",
    "spell.edited": "修改",
    "spell.resubmitted": "修改后重新提交",
    "spell.corrected": "更正，重新待核实",
    "spell.related": "对应培训重新确定",
    "spell.ended": "登记结束",
    "spell.verified": "核实无误",
    "spell.returned": "退回补充",
    "spell.documented": "上传材料",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "follow_up": "跟踪回访",
    "employment_spell": "就业记录",
    "exclusion": "排除情形",
    "evidence": "证明材料",
}
