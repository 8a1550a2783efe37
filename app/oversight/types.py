"""Words and facts of oversight."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.courses.types import TrainingField
from app.people.types import Category, Hukou, Sex
from app.placement.types import EvidenceGrade, ExclusionReason, FollowUpOutcome
from app.platform.types import LabelledEnum
from app.providers.types import TrainingKind


class TargetIndicator(LabelledEnum):
    """What a plan can set a target for."""

    TRAINED = "trained", "培训人数"
    EMPLOYED = "employed", "新增就业人数"


@dataclass(frozen=True)
class PlanTerms:
    """What a plan says and promises."""

    title: str
    starts_on: date
    ends_on: date
    source: str
    targets: Mapping[TargetIndicator, int]


class FindingState(LabelledEnum):
    OPEN = "open", "待核查"
    EXPLAINED = "explained", "已说明"
    CONFIRMED = "confirmed", "属实"


class Dimension(LabelledEnum):
    """What the figures can be broken down by."""

    PROVIDER = "provider", "培训基地"
    KIND = "kind", "培训类型"
    CATEGORY = "category", "残疾类别"
    SEX = "sex", "性别"
    HUKOU = "hukou", "城乡"
    TOWNSHIP = "township", "镇街"


#: Whose groups tell of a trainee what a base must not know.
PRIVATE = frozenset({Dimension.CATEGORY, Dimension.TOWNSHIP})


class MemberStatus(LabelledEnum):
    """Where a member of the cohort stands in the conversion rate."""

    CONVERTED = "converted", "已转化"
    NOT_CONVERTED = "not_converted", "未转化"
    IMMATURE = "immature", "未到期"
    EXCLUDED = "excluded", "排除"


@dataclass(frozen=True, slots=True)
class Training:
    """One person in one class: what the indicators need of it. `completed_on` only where a pass was confirmed."""

    enrolment_id: int
    person_id: int
    class_id: int
    provider_id: int
    kind: TrainingKind
    field: TrainingField
    sex: Sex
    hukou: Hukou
    category: Category | None
    residence_code: str
    applied_on: date
    started_on: date
    attended: bool
    employed_at_enrolment: bool
    completed_on: date | None


@dataclass(frozen=True, slots=True)
class Spell:
    """A verified employment spell; `workplace` tells employers apart."""

    spell_id: int
    person_id: int
    started_on: date
    ended_on: date | None
    workplace: str
    grade: EvidenceGrade | None


@dataclass(frozen=True, slots=True)
class ClosedFollowUp:
    """A follow-up that has an outcome."""

    enrolment_id: int
    closed_on: date
    outcome: FollowUpOutcome


@dataclass(frozen=True, slots=True)
class Excluded:
    """Why and since when a trainee left the cohort."""

    enrolment_id: int
    since: date
    reason: ExclusionReason


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the figures rest on."""

    trainings: tuple[Training, ...]
    spells: tuple[Spell, ...]
    follow_ups: tuple[ClosedFollowUp, ...]
    exclusions: tuple[Excluded, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A period, the day as of which members are mature, and the two lengths in days."""

    start: date
    end: date
    as_of: date
    conversion_days: int = 90
    stability_days: int = 180


@dataclass(frozen=True, slots=True)
class Filter:
    """Which trainings are looked at; None means all."""

    region_code: str | None = None
    provider_id: int | None = None
    kind: TrainingKind | None = None
    category: Category | None = None
    sex: Sex | None = None
    hukou: Hukou | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as what it is: two whole numbers."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the cohort and how the figures count it; without a status where the row is of no cohort."""

    training: Training
    status: MemberStatus | None
    reached: bool
    exclusion: Excluded | None = None
    spell: Spell | None = None
    stable_any: bool | None = None
    stable_same: bool | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The indicators of one question over one selection; the definitions stand in `rules.DEFINITIONS`."""

    trained_persons: int
    trained_times: int
    completed_persons: int
    completed_times: int
    cohort: int
    excluded: int
    immature: int
    conversion: Rate
    conversion_reached: Rate
    response: Rate
    stability_any: Rate
    stability_same: Rate


class RowSet(LabelledEnum):
    """Which rows stand behind a number."""

    TRAINED = "trained", "培训"
    COMPLETED = "completed", "结业"
    COHORT = "cohort", "转化率统计对象"
    EXCLUDED = "excluded", "排除"
    IMMATURE = "immature", "未到期"
    MATURE = "mature", "转化率分母"
    CONVERTED = "converted", "已转化"
    REACHED = "reached", "已联系上"
    CONVERTED_REACHED = "converted_reached", "已联系上且已转化"
    WATCHED = "watched", "稳定率分母"
    STABLE_ANY = "stable_any", "稳定（任一单位）"
    STABLE_SAME = "stable_same", "稳定（同一单位）"


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures with every row behind them."""

    figures: Figures
    trained: tuple[Training, ...]
    completed: tuple[Training, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What an indicator means, in words, in which version, and where it comes from."""

    name: str
    title: str
    text: str
    version: int
    source: str


#: What this capability logs, in words.
ACTIONS = {
    "finding.noted": "记录审计发现",
    "finding.settled": "处理审计发现",
    "plan.added": "登记行动方案",
    "plan.changed": "修改行动方案",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "audit_finding": "审计发现",
    "plan": "行动方案",
}
