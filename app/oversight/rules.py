"""The indicators: definitions in words and the pure functions that say the same.

Every figure comes with the rows behind it. Nothing here reads a clock or a database.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.attendance.types import AssessmentPart, CompletionOutcome, Mark
from app.enrolment.types import AccommodationState, AppliedBy, EnrolmentState
from app.identity.types import CodePurpose
from app.oversight.types import (
    Answer,
    ClosedFollowUp,
    Definition,
    Dimension,
    Excluded,
    Facts,
    Figures,
    Filter,
    FindingState,
    Member,
    MemberStatus,
    Question,
    Rate,
    RowSet,
    Spell,
    Training,
)
from app.people.types import ConsentPurpose, NeedKind
from app.placement.types import (
    ContactMethod,
    EmploymentForm,
    EvidenceGrade,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
)
from app.platform.access import Role
from app.platform.types import LabelledEnum

#: Longest break in employment that still counts as continuous, in days.
GAP_DAYS = 30
CONVERSION_PRESETS = (60, 90, 180)
STABILITY_PRESETS = (90, 180, 365)

_REACHED = frozenset({FollowUpOutcome.EMPLOYED, FollowUpOutcome.NOT_EMPLOYED})
_OWN = "本平台定义；国家没有统一口径，排除办法参照美国 WIOA 绩效规则"

DEFINITIONS: Mapping[str, Definition] = {
    item.name: item
    for item in (
        Definition(
            "trained",
            "培训人数和人次",
            "开课日期在期内（不晚于截止日）的班期中，在册且至少到课或迟到一次的学员。人数按人去重，"
            "人次按报名计。跨年的班期计入开课那一年。",
            1,
            "全国残疾人就业和职业培训信息管理系统：培训年度以开班时间为准",
        ),
        Definition(
            "completed",
            "结业人数和人次",
            "区残联确认结业、结业日期在期内且不晚于截止日的学员。人数按人去重，人次按结业计。",
            1,
            _OWN,
        ),
        Definition(
            "cohort",
            "转化率的统计对象",
            "期内结业、且报名时未就业的人，每人只计一次，以期内最早的一次这样的结业为准（同一天的以报名编号小的为准）。"
            "报名时已就业，指报名时本人申报已就业，或有经核实的就业时段覆盖报名当天。",
            1,
            _OWN,
        ),
        Definition(
            "conversion",
            "培训后就业转化率",
            "分子：统计对象中，有经核实的就业，其开始日期晚于开课日期、不晚于结业日期加 T 天的人。"
            "分母：统计对象中结业日期加 T 天不晚于截止日的人，减去截止日前（含当日）已登记的排除情形。"
            "联系不上的人留在分母里。分母为 0 时记为“—”。",
            1,
            _OWN,
        ),
        Definition(
            "conversion_reached",
            "已联系上的人的转化率（仅供参考）",
            "分子、分母同转化率，但只看已联系上的人。它不是正式指标。",
            1,
            _OWN,
        ),
        Definition(
            "response",
            "回访到达率",
            "分母同转化率的分母；分子是其中至少有一次截止日前（含当日）办结的回访联系上本人或家属的人。",
            1,
            _OWN,
        ),
        Definition(
            "stability",
            "稳定率",
            "分母：已转化的人中，就业开始日期加 D 天不晚于截止日的人。"
            "就业开始日期，指使其计入转化的最早就业时段的开始日期。"
            "分子：从就业开始日期到加 D 天（含首尾），连续不在业的日子都不超过 30 天的人。"
            "“任一单位”看本人全部经核实的就业时段，“同一单位”只看与最早时段同一单位的时段。",
            1,
            _OWN,
        ),
        Definition(
            "employed",
            "新增就业人数",
            "期内有经核实的就业时段开始、且开始前一日不在任何经核实就业时段中的人，按人去重，开始日期不晚于截止日。"
            "就业是存量，不能用“上年数加新增数”推算。",
            1,
            _OWN,
        ),
        Definition(
            "new_employment_progress",
            "目标完成率",
            "完成数除以目标数，保留两位小数，四舍五入，可以超过 100 %。",
            1,
            "甘肃省 2020 年公布的完成率口径",
        ),
    )
}


def percentage(rate: Rate, places: int = 2) -> str:
    """`65.00`: percent, rounded half up; a dash where the denominator is 0, never 0 %."""
    if rate.denominator == 0:
        return "—"
    quantum = Decimal(1).scaleb(-places)
    value = Decimal(rate.numerator) * 100 / Decimal(rate.denominator)
    return str(value.quantize(quantum, ROUND_HALF_UP))


def answer(facts: Facts, question: Question) -> Answer:
    """All indicators of one question, with the rows behind each."""
    trained = tuple(
        t
        for t in facts.trainings
        if t.attended and question.start <= t.started_on <= min(question.end, question.as_of)
    )
    completed = tuple(t for t in facts.trainings if _completed_in(t, question))
    members = tuple(_members(facts, completed, question))
    return Answer(_figures(trained, completed, members), trained, completed, members)


def break_down(facts: Facts, question: Question, dimension: Dimension) -> dict[str, Answer]:
    """The same answer for each value of a dimension, by its stored value.

    A member of the cohort is counted where its counted training belongs, so that cohorts add up to the whole;
    persons trained or completed in two groups are counted in both.
    """
    whole = answer(facts, question)
    key = _KEYS[dimension]
    values = sorted({key(t) for t in (*whole.trained, *whole.completed)})
    parts = {}
    for value in values:
        trained = tuple(t for t in whole.trained if key(t) == value)
        completed = tuple(t for t in whole.completed if key(t) == value)
        members = tuple(m for m in whole.members if key(m.training) == value)
        parts[value] = Answer(_figures(trained, completed, members), trained, completed, members)
    return parts


def select_trainings(facts: Facts, wanted: Filter) -> Facts:
    """The facts with only those trainings that a filter lets through."""
    return Facts(
        tuple(t for t in facts.trainings if _lets_through(wanted, t)),
        facts.spells,
        facts.follow_ups,
        facts.exclusions,
    )


def rows_behind(answer: Answer, rows: RowSet) -> tuple[Member, ...]:
    """The rows whose number a figure is; trainings outside of the cohort stand as members without a status."""
    if rows is RowSet.TRAINED:
        return tuple(Member(training, None, reached=False) for training in answer.trained)
    if rows is RowSet.COMPLETED:
        return tuple(Member(training, None, reached=False) for training in answer.completed)
    return tuple(member for member in answer.members if _BEHIND[rows](member))


def converted_by_grade(answer: Answer) -> dict[EvidenceGrade | None, tuple[Member, ...]]:
    """The converted by the grade of the evidence for the work that counts; None where there is no document."""
    converted = rows_behind(answer, RowSet.CONVERTED)
    return {
        grade: tuple(m for m in converted if m.spell is not None and m.spell.grade is grade)
        for grade in (*EvidenceGrade, None)
    }


def newly_employed(
    spells: Iterable[Spell], start: date, end: date, as_of: date
) -> tuple[Spell, ...]:
    """For each newly employed person the first spell that makes it so (definition `employed`)."""
    by_person: dict[int, list[Spell]] = defaultdict(list)
    for spell in spells:
        by_person[spell.person_id].append(spell)
    found = []
    for own in by_person.values():
        for spell in sorted(own, key=_spell_order):
            day_before = spell.started_on - timedelta(days=1)
            if start <= spell.started_on <= min(end, as_of) and not any(
                _covers(s, day_before) for s in own
            ):
                found.append(spell)
                break
    return tuple(sorted(found, key=lambda spell: spell.person_id))


def _lets_through(wanted: Filter, training: Training) -> bool:
    return (
        (wanted.region_code is None or training.residence_code.startswith(wanted.region_code))
        and wanted.provider_id in (None, training.provider_id)
        and wanted.kind in (None, training.kind)
        and wanted.category in (None, training.category)
        and wanted.sex in (None, training.sex)
        and wanted.hukou in (None, training.hukou)
    )


_KEYS: Mapping[Dimension, Callable[[Training], str]] = {
    Dimension.PROVIDER: lambda t: str(t.provider_id),
    Dimension.KIND: lambda t: t.kind.value,
    Dimension.CATEGORY: lambda t: t.category.value if t.category else "",
    Dimension.SEX: lambda t: t.sex.value,
    Dimension.HUKOU: lambda t: t.hukou.value,
    Dimension.TOWNSHIP: lambda t: t.residence_code[:9],
}


_MATURE = (MemberStatus.CONVERTED, MemberStatus.NOT_CONVERTED)
_BEHIND: Mapping[RowSet, Callable[[Member], bool]] = {
    RowSet.COHORT: lambda m: True,
    RowSet.EXCLUDED: lambda m: m.status is MemberStatus.EXCLUDED,
    RowSet.IMMATURE: lambda m: m.status is MemberStatus.IMMATURE,
    RowSet.MATURE: lambda m: m.status in _MATURE,
    RowSet.CONVERTED: lambda m: m.status is MemberStatus.CONVERTED,
    RowSet.REACHED: lambda m: m.status in _MATURE and m.reached,
    RowSet.CONVERTED_REACHED: lambda m: m.status is MemberStatus.CONVERTED and m.reached,
    RowSet.WATCHED: lambda m: m.stable_any is not None,
    RowSet.STABLE_ANY: lambda m: bool(m.stable_any),
    RowSet.STABLE_SAME: lambda m: bool(m.stable_same),
}


def _completed_in(training: Training, question: Question) -> bool:
    day = training.completed_on
    return day is not None and question.start <= day <= min(question.end, question.as_of)


def _members(facts: Facts, completed: Sequence[Training], question: Question) -> Iterable[Member]:
    spells: dict[int, list[Spell]] = defaultdict(list)
    for spell in sorted(facts.spells, key=_spell_order):
        spells[spell.person_id].append(spell)
    exclusions = {e.enrolment_id: e for e in facts.exclusions if e.since <= question.as_of}
    reached = _reached(facts.follow_ups, question.as_of)
    counted: set[int] = set()
    for training in sorted(completed, key=lambda t: (t.completed_on, t.enrolment_id)):
        own = spells[training.person_id]
        if training.person_id in counted or _employed_at_enrolment(training, own):
            continue
        counted.add(training.person_id)
        yield _member(
            training,
            own,
            exclusions.get(training.enrolment_id),
            training.enrolment_id in reached,
            question,
        )


def _member(
    training: Training,
    own: Sequence[Spell],
    exclusion: Excluded | None,
    reached: bool,
    question: Question,
) -> Member:
    assert training.completed_on is not None
    last_day = training.completed_on + timedelta(days=question.conversion_days)
    if exclusion is not None:
        return Member(training, MemberStatus.EXCLUDED, reached, exclusion=exclusion)
    if last_day > question.as_of:
        return Member(training, MemberStatus.IMMATURE, reached)
    first = next((s for s in own if training.started_on < s.started_on <= last_day), None)
    if first is None:
        return Member(training, MemberStatus.NOT_CONVERTED, reached)
    until = first.started_on + timedelta(days=question.stability_days)
    if until > question.as_of:
        return Member(training, MemberStatus.CONVERTED, reached, spell=first)
    same = [s for s in own if s.workplace == first.workplace]
    return Member(
        training,
        MemberStatus.CONVERTED,
        reached,
        spell=first,
        stable_any=_continuous(own, first.started_on, until),
        stable_same=_continuous(same, first.started_on, until),
    )


def _continuous(spells: Sequence[Spell], start: date, until: date) -> bool:
    """No more than GAP_DAYS days in a row without work from `start` to `until`, both included."""
    at_work_to = start - timedelta(days=1)
    for spell in sorted(spells, key=_spell_order):
        if spell.started_on > until:
            break
        if (spell.started_on - at_work_to).days - 1 > GAP_DAYS:
            return False
        at_work_to = max(at_work_to, spell.ended_on or until)
        if at_work_to >= until:
            return True
    return (until - at_work_to).days <= GAP_DAYS


def _employed_at_enrolment(training: Training, own: Sequence[Spell]) -> bool:
    return training.employed_at_enrolment or any(
        _covers(spell, training.applied_on) for spell in own
    )


def _covers(spell: Spell, day: date) -> bool:
    return spell.started_on <= day and (spell.ended_on is None or spell.ended_on >= day)


def _spell_order(spell: Spell) -> tuple[date, int]:
    return spell.started_on, spell.spell_id


def _reached(follow_ups: Iterable[ClosedFollowUp], as_of: date) -> set[int]:
    return {f.enrolment_id for f in follow_ups if f.closed_on <= as_of and f.outcome in _REACHED}


def _figures(
    trained: Sequence[Training], completed: Sequence[Training], members: Sequence[Member]
) -> Figures:
    counts = {rows: sum(map(test, members)) for rows, test in _BEHIND.items()}
    return Figures(
        trained_persons=len({t.person_id for t in trained}),
        trained_times=len(trained),
        completed_persons=len({t.person_id for t in completed}),
        completed_times=len(completed),
        cohort=counts[RowSet.COHORT],
        excluded=counts[RowSet.EXCLUDED],
        immature=counts[RowSet.IMMATURE],
        conversion=Rate(counts[RowSet.CONVERTED], counts[RowSet.MATURE]),
        conversion_reached=Rate(counts[RowSet.CONVERTED_REACHED], counts[RowSet.REACHED]),
        response=Rate(counts[RowSet.REACHED], counts[RowSet.MATURE]),
        stability_any=Rate(counts[RowSet.STABLE_ANY], counts[RowSet.WATCHED]),
        stability_same=Rate(counts[RowSet.STABLE_SAME], counts[RowSet.WATCHED]),
    )


# The log in words

#: What a detail of the log is called, and whose values it holds. One place for all capabilities.
_DETAILS: Mapping[str, tuple[str, tuple[type[LabelledEnum], ...]]] = {
    "added": ("新增", ()),
    "after": ("改为", ()),
    "applied_by": ("谁报的名", (AppliedBy,)),
    "assessment_id": ("评估", ()),
    "before": ("原来", (Mark,)),
    "by": ("由谁", ()),
    "certificate_id": ("证件", ()),
    "changed": ("改动", ()),
    "changes": ("修改", ()),
    "class_id": ("班期", ()),
    "comment": ("说明", ()),
    "completed_on": ("结业日期", ()),
    "count": ("次数", ()),
    "day": ("日期", ()),
    "enrolment_id": ("报名", ()),
    "evidence_id": ("证明材料", ()),
    "failed": ("未结业", ()),
    "family_member_of_id": ("家属，本人编号", ()),
    "follow_ups": ("一并结束的回访", ()),
    "form": ("就业形式", (EmploymentForm,)),
    "from": ("原来", (AccommodationState, EnrolmentState, FindingState)),
    "grant": ("身份编号", ()),
    "guardian_id": ("监护人", ()),
    "hours": ("课时", ()),
    "kind": ("材料", (EvidenceKind,)),
    "list": ("名单", ()),
    "locked": ("锁定", ()),
    "mark": ("点名", (Mark,)),
    "merged_id": ("并入的人员", ()),
    "method": ("方式", (ContactMethod,)),
    "name": ("名称", ()),
    "needs": ("需求", (NeedKind,)),
    "note": ("备注", ()),
    "number": ("编号", ()),
    "on": ("日期", ()),
    "outcome": ("结果", (CompletionOutcome, FollowUpOutcome)),
    "part": ("科目", (AssessmentPart,)),
    "passed": ("结业", ()),
    "points": ("分数", ()),
    "provider": ("培训基地", ()),
    "purpose": ("用途", (ConsentPurpose, CodePurpose)),
    "reason": ("原因", (ExclusionReason,)),
    "region": ("区划", ()),
    "request_id": ("开户申请", ()),
    "role": ("身份", (Role,)),
    "rows": ("行数", ()),
    "seed": ("批号", ()),
    "session_id": ("课次", ()),
    "since": ("从哪天起", ()),
    "state": ("状态", (EnrolmentState, AccommodationState)),
    "to": ("改为", (AccommodationState, EnrolmentState, FindingState)),
    "topic": ("课题", ()),
    "what": ("显示了", ()),
    "year": ("年度", ()),
}
_VALUES = {
    "guardian": "监护人",
    "self": "本人",
    "citizen_number": "身份证号",
    "certificate_number": "残疾人证号",
    "phone": "电话",
    "request_phone": "申请人的电话",
}


def detail_in_words(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a line of the log adds, as (name, value); a name that nobody explained stays as it was logged."""
    told = []
    for key, value in detail.items():
        label, kinds = _DETAILS.get(key, (key, ()))
        told.append((label, _value_in_words(value, kinds)))
    return told


def _value_in_words(value: Any, kinds: Sequence[type[LabelledEnum]]) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "，".join(f"{name} {_value_in_words(one, kinds)}" for name, one in value.items())
    if isinstance(value, list) and value and all(isinstance(one, list) for one in value):
        return "；".join(f"{name}：{old or '空'} 改为 {new or '空'}" for name, old, new in value)
    if isinstance(value, list):
        return "、".join(_value_in_words(one, kinds) for one in value)
    for kind in kinds:
        if value in {member.value for member in kind}:
            return kind(value).label
    return _VALUES.get(str(value), "—" if value in (None, "") else str(value))
