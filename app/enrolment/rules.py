"""Eligibility, and how an enrolment is spoken of: pure decisions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from app.courses.types import ClassState, Level, TrainingField
from app.enrolment.types import EnrolmentState, Facts, Judgement, Verdict
from app.people.rules import WorkingAge, age_on
from app.people.types import Category
from app.platform.access import Role
from app.platform.errors import TransitionRefused
from app.platform.formats import day_zh
from app.providers.types import TrainingKind

# ---- configuration


@dataclass(frozen=True, slots=True)
class Limits:
    """Figures that a district may set, each with who says so."""

    working_age: WorkingAge = field(default_factory=WorkingAge)
    #: 各地补贴办法：每人每个自然年度最多享受 3 次补贴性培训
    courses_a_year: int = 3


LIMITS = Limits()

#: Fields that are taught to persons with a visual disability alone.
VISUAL_ONLY = frozenset(
    {TrainingField.MASSAGE, TrainingField.MASSAGE_CONTINUING, TrainingField.MEDICAL_MASSAGE}
)

#: What a base reads in place of a reason that would tell category or grade.
OUT_OF_RANGE = "不符合本课程的招收范围。请本人联系所在镇街或区残联了解。"


# ---- rules


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says; `told` replaces the reason where a base reads it."""

    verdict: Verdict
    reason: str
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One named condition of eligibility; `reads` names the facts it looks at."""

    name: str
    text: str
    reads: tuple[str, ...]
    decide: Callable[[Facts, Limits], Finding]


def _ok(reason: str, told: str | None = None) -> Finding:
    return Finding(Verdict.OK, reason, told)


def _warn(reason: str, told: str | None = None) -> Finding:
    return Finding(Verdict.WARN, reason, told)


def _block(reason: str, told: str | None = None) -> Finding:
    return Finding(Verdict.BLOCK, reason, told)


def _class_is_open(facts: Facts, limits: Limits) -> Finding:
    if facts.class_state is not ClassState.ENROLLING:
        return _block(
            f"这个班期现在是“{facts.class_state.label}”，不接受报名。请看看其他报名中的班期。"
        )
    if facts.starts_on < facts.as_of:
        return _warn(f"这个班期已于{day_zh(facts.starts_on)}开课，前面的课次会算作缺课。")
    return _ok("正在报名。")


def _is_alive(facts: Facts, limits: Limits) -> Finding:
    if facts.deceased:
        return _block("登记信息显示此人已去世，请镇街核对登记。", OUT_OF_RANGE)
    return _ok("登记信息正常。")


def _has_consented(facts: Facts, limits: Limits) -> Finding:
    if not facts.consented:
        return _block("还没有同意为办理培训使用个人信息。请本人或监护人先到镇街或残联签署同意书。")
    return _ok("已同意为办理培训使用个人信息。")


def _holds_certificate(facts: Facts, limits: Limits) -> Finding:
    expires = facts.certificate_expires
    if expires is None:
        if facts.family_member:
            return _ok("残疾人家属，不需要残疾人证。", "证件符合要求。")
        return _block("开课那天没有有效的残疾人证。请先到镇街办理或换领，再来报名。")
    if expires < facts.ends_on:
        return _warn(f"残疾人证{day_zh(expires)}到期，在结课之前。请尽早换证。")
    return _ok("残疾人证在开课和结课时都有效。", "证件符合要求。")


def _fits_category(facts: Facts, limits: Limits) -> Finding:
    if facts.field in VISUAL_ONLY:
        if Category.VISUAL in facts.categories:
            return _ok("视力残疾（含多重残疾中有视力残疾），可以参加按摩类课程。", "符合招收范围。")
        return _block("按摩类课程只招收视力残疾人（多重残疾中含视力的也可以）。", OUT_OF_RANGE)
    if facts.categories:
        return _ok("这门课程招收各类残疾人。", "符合招收范围。")
    if facts.family_member and facts.kind is TrainingKind.RURAL:
        return _warn("残疾人家属参加农村实用技术培训，不计入残疾人培训人数。", "符合招收范围。")
    if facts.family_member:
        return _block("残疾人家属只能参加农村实用技术培训。", OUT_OF_RANGE)
    return _block("没有可以核对的残疾类别，请先核对残疾人证登记。", OUT_OF_RANGE)


def _is_of_working_age(facts: Facts, limits: Limits) -> Finding:
    lowest, highest = limits.working_age.bounds(facts.sex)
    age = age_on(facts.birth_date, facts.starts_on)
    if age < lowest:
        return _block(f"开课那天未满 {lowest} 周岁，还不能参加。")
    if age > highest:
        return _block(f"开课那天已满 {age} 周岁，超过就业年龄上限 {highest} 周岁。")
    if age_on(facts.birth_date, facts.ends_on) > highest:
        return _warn(f"结课前会超过就业年龄上限 {highest} 周岁。")
    return _ok(f"开课那天在就业年龄段内（{lowest}-{highest} 周岁）。", "在就业年龄段内。")


def _lives_in_district(facts: Facts, limits: Limits) -> Finding:
    if not facts.residence_code.startswith(facts.district_code):
        return _block("登记的居住地不在本区。如已搬来，请先到镇街更新居住地。")
    return _ok("居住在本区。")


_RANKS = tuple(Level)


def _takes_it_once(facts: Facts, limits: Limits) -> Finding:
    if facts.field is TrainingField.MASSAGE_CONTINUING:
        return _ok("继续教育每年都可以参加。")
    if facts.level is Level.NONE:
        same = [
            one
            for one in facts.taken
            if one.occupation == facts.occupation and one.level is Level.NONE
        ]
    else:
        rank = _RANKS.index(facts.level)
        same = [
            one
            for one in facts.taken
            if one.occupation == facts.occupation
            and one.level is not Level.NONE
            and (one.level is facts.level or (one.passed and _RANKS.index(one.level) > rank))
        ]
    passed = [one for one in same if one.passed]
    if passed:
        level = "" if passed[0].level is Level.NONE else passed[0].level.label
        return _block(f"已经学过“{facts.occupation}”{level}并结业，同一职业同一等级只能参加一次。")
    if same:
        return _warn(f"参加过或正在参加“{facts.occupation}”同一等级的培训，还没有结业。")
    return _ok("没有学过同一职业同一等级的课程。")


def _keeps_yearly_limit(facts: Facts, limits: Limits) -> Finding:
    count, most, year = facts.courses_this_year, limits.courses_a_year, facts.starts_on.year
    if count >= most:
        return _block(f"{year} 年已经报了 {count} 个班，每人每年最多 {most} 个。")
    if count == most - 1:
        return _warn(f"这是 {year} 年的第 {most} 个班，也是这一年的最后一个。")
    return _ok(f"{year} 年报了 {count} 个班，每人每年最多 {most} 个。", "没有超过每年的次数。")


def _is_free_at_these_hours(facts: Facts, limits: Limits) -> Finding:
    if facts.clashing:
        return _block(
            f"上课时间与已报的“{'”“'.join(facts.clashing)}”冲突。", "上课时间与已报的其他班期冲突。"
        )
    if facts.beside:
        return _warn(
            f"同一时期还在“{'”“'.join(facts.beside)}”上课，时间不冲突，请确认来得及。",
            "同一时期还报了其他班期，时间不冲突。",
        )
    return _ok("上课时间没有冲突。")


def _is_without_work(facts: Facts, limits: Limits) -> Finding:
    if facts.employed:
        return _warn("现在有工作。可以参加，但不计入培训后新就业。", "可以参加。")
    return _ok("现在没有工作。", "可以参加。")


RULES: tuple[Rule, ...] = (
    Rule("class_open", "班期正在报名", ("class_state", "starts_on", "as_of"), _class_is_open),
    Rule("alive", "登记信息正常", ("deceased",), _is_alive),
    Rule("consent", "已同意为办理培训使用个人信息", ("consented",), _has_consented),
    Rule(
        "certificate",
        "开课那天有有效的残疾人证，或是残疾人家属",
        ("certificate_expires", "ends_on", "family_member"),
        _holds_certificate,
    ),
    Rule(
        "category",
        "属于课程的招收范围",
        ("field", "kind", "categories", "family_member"),
        _fits_category,
    ),
    Rule(
        "working_age",
        "开课那天在就业年龄段",
        ("sex", "birth_date", "starts_on"),
        _is_of_working_age,
    ),
    Rule("residence", "居住在本区", ("residence_code", "district_code"), _lives_in_district),
    Rule(
        "once",
        "同一职业同一等级只参加一次",
        ("field", "occupation", "level", "taken"),
        _takes_it_once,
    ),
    Rule(
        "yearly_limit",
        "没有超过每年的次数",
        ("courses_this_year", "starts_on"),
        _keeps_yearly_limit,
    ),
    Rule("hours_free", "上课时间不冲突", ("clashing", "beside"), _is_free_at_these_hours),
    Rule("employment", "报名时的就业情况", ("employed",), _is_without_work),
)


def judge(facts: Facts, limits: Limits = LIMITS) -> tuple[Judgement, ...]:
    """What each rule says of these facts, in the order of `RULES`."""
    return tuple(_judge_one(rule, facts, limits) for rule in RULES)


def _judge_one(rule: Rule, facts: Facts, limits: Limits) -> Judgement:
    finding = rule.decide(facts, limits)
    return Judgement(
        rule=rule.name,
        text=rule.text,
        verdict=finding.verdict,
        reason=finding.reason,
        told=finding.reason if finding.told is None else finding.told,
        inputs={name: _kept(getattr(facts, name)) for name in rule.reads},
    )


def _kept(value: Any) -> Any:
    """A fact as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_kept(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _kept(getattr(value, one.name)) for one in fields(value)}
    return value


def is_blocked(judgements: Iterable[Judgement]) -> bool:
    return any(one.verdict is Verdict.BLOCK for one in judgements)


def reasons(judgements: Iterable[Judgement], verdict: Verdict, *, role: Role) -> list[str]:
    """The reasons with this verdict in the words that `role` may read."""
    return [
        one.told if role is Role.PROVIDER else one.reason
        for one in judgements
        if one.verdict is verdict
    ]


# ---- states


def refuse_withdrawal(class_state: ClassState) -> None:
    """Raises TransitionRefused once the class is over: what happened in it then stands."""
    if class_state not in (ClassState.ENROLLING, ClassState.RUNNING):
        raise TransitionRefused(
            EnrolmentState.ENROLLED,
            EnrolmentState.WITHDRAWN,
            f"这个班期现在是“{class_state.label}”，不能再退出。",
        )


def moves_up(class_state: ClassState) -> bool:
    """Whether a freed seat goes to the waiting list: only before teaching begins."""
    return class_state is ClassState.ENROLLING


def reference_number(applied_on: date, enrolment_id: int) -> str:
    """What a person notes down of an application: BM2024-000123."""
    return f"BM{applied_on.year}-{enrolment_id:06d}"
