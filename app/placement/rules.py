"""Decisions on employment and follow-up: due dates, grades of evidence, the training behind a spell, states."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta

from app.placement.types import (
    EmploymentForm,
    EvidenceGrade,
    EvidenceKind,
    Origin,
    SpellState,
    Training,
)
from app.platform.access import Role
from app.platform.errors import DomainError, TransitionRefused
from app.platform.formats import day_zh

#: Calendar months after completion at which somebody asks how the trainee fares (domain: follow-ups).
FOLLOW_UP_MONTHS = (1, 3, 6, 12)
#: Failed attempts before a follow-up may be closed as not reached; an installation may set another number.
ATTEMPTS_BEFORE_NOT_REACHED = 3


# Follow-ups


def due_dates(
    completed_on: date, months: Sequence[int] = FOLLOW_UP_MONTHS
) -> tuple[tuple[int, date], ...]:
    """(months, day due), each reckoned from the completion; a day the month lacks becomes its last one."""
    return tuple((count, completed_on + relativedelta(months=count)) for count in months)


def completed_on(dues: Iterable[tuple[int, date]]) -> date:
    """The completion from which `due_dates` reckoned.

    A due date may have lost days to a short month, never gained any, so the latest reckoned back is right as long as
    one of them lost none: 12 months never do, but for a 29 February, where 1 month does not.
    """
    return max(due - relativedelta(months=count) for count, due in dues)


def check_not_reached(attempts: int, needed: int) -> None:
    """Refuse to give somebody up before enough attempts were made."""
    if attempts < needed:
        raise DomainError(
            f"已记录 {attempts} 次未联系上，满 {needed} 次后才能以“未联系上”结束。"
            "请先选择“没联系上，以后再联系”。",
            "result",
        )


def closes_with(months: int, due_on: date, *, of_months: int, since: date) -> bool:
    """Whether an open follow-up ends with an exclusion told at another: later ones do, and those due since then."""
    return months > of_months or due_on >= since


# Evidence

#: What each form of employment is usually proven by (domain section 4): of each set one kind is expected.
EXPECTED_EVIDENCE: Mapping[EmploymentForm, tuple[frozenset[EvidenceKind], ...]] = {
    EmploymentForm.PROPORTIONAL: (
        frozenset({EvidenceKind.CONTRACT}),
        frozenset({EvidenceKind.INSURANCE}),
    ),
    EmploymentForm.CONCENTRATED: (
        frozenset({EvidenceKind.CONTRACT}),
        frozenset({EvidenceKind.INSURANCE}),
    ),
    EmploymentForm.SELF_EMPLOYED: (
        frozenset({EvidenceKind.LICENCE}),
        frozenset({EvidenceKind.PAYROLL, EvidenceKind.PHOTO}),
    ),
    EmploymentForm.RURAL: (
        frozenset({EvidenceKind.VILLAGE_CERTIFICATE}),
        frozenset({EvidenceKind.PHOTO}),
    ),
    EmploymentForm.PUBLIC_POST: (
        frozenset({EvidenceKind.POST_AGREEMENT}),
        frozenset({EvidenceKind.PAYROLL}),
    ),
    EmploymentForm.ASSISTIVE: (
        frozenset({EvidenceKind.POST_AGREEMENT, EvidenceKind.CONTRACT}),
        frozenset({EvidenceKind.PAYROLL}),
    ),
    EmploymentForm.FLEXIBLE: (
        frozenset({EvidenceKind.STATEMENT}),
        frozenset({EvidenceKind.PAYROLL}),
    ),
}

#: Forms in which somebody is employed by a unit, which must then be one of the register.
NEEDS_EMPLOYER = frozenset({EmploymentForm.PROPORTIONAL, EmploymentForm.CONCENTRATED})


def grade_of(kinds: Collection[EvidenceKind]) -> EvidenceGrade:
    """How much documents prove together: A contract and insurance, B licence or payroll, C village certificate and
    photo, else D."""
    if {EvidenceKind.CONTRACT, EvidenceKind.INSURANCE} <= set(kinds):
        return EvidenceGrade.A
    if {EvidenceKind.LICENCE, EvidenceKind.PAYROLL} & set(kinds):
        return EvidenceGrade.B
    if {EvidenceKind.VILLAGE_CERTIFICATE, EvidenceKind.PHOTO} <= set(kinds):
        return EvidenceGrade.C
    return EvidenceGrade.D


def missing_evidence(form: EmploymentForm, kinds: Collection[EvidenceKind]) -> tuple[str, ...]:
    """What is usually there and is not, in words."""
    present = set(kinds)
    return tuple(
        "或".join(kind.label for kind in EvidenceKind if kind in alternatives)
        for alternatives in EXPECTED_EVIDENCE[form]
        if not alternatives & present
    )


def expected_evidence(form: EmploymentForm) -> str:
    """The documents a form of employment is usually proven by: 劳动合同和社会保险缴费记录."""
    return "和".join(missing_evidence(form, ()))


# Spells


def training_behind(started_on: date, trainings: Iterable[Training]) -> Origin:
    """The latest completed training whose course started on or before the first day of work."""
    begun = [one for one in trainings if one.started_on <= started_on]
    if not begun:
        return Origin(
            None, "没有对应的培训：此人没有在就业开始日当天或之前开课、并已合格结业的培训。"
        )
    latest = max(begun, key=lambda one: (one.completed_on, one.started_on, one.enrolment_id))
    return Origin(
        latest,
        f"“{latest.title}”：在就业开始日当天或之前开课、最近合格结业的一次培训"
        f"（{day_zh(latest.started_on)}开课，{day_zh(latest.completed_on)}结业）。",
    )


def check_spell(
    *,
    form: EmploymentForm,
    has_employer: bool,
    started_on: date,
    ended_on: date | None,
    end_reason: str,
    birth_date: date,
    as_of: date,
) -> None:
    """Refuse a spell that cannot be true."""
    if form in NEEDS_EMPLOYER and not has_employer:
        raise DomainError(
            f"{form.label}要有登记过的用人单位。请返回上一步查找单位；单位还没有登记的，请先由区残联登记。",
            "form",
        )
    if started_on > as_of:
        raise DomainError("就业开始日不能晚于今天，请核对。", "started_on")
    if started_on < birth_date + relativedelta(years=16):
        raise DomainError("就业开始时未满 16 周岁，请核对开始日。", "started_on")
    if ended_on is not None:
        check_end(started_on=started_on, ended_on=ended_on, as_of=as_of)
        if not end_reason:
            raise DomainError("填了结束日，请写明结束原因。", "end_reason")


def check_end(*, started_on: date, ended_on: date, as_of: date) -> None:
    """Refuse an end before the start or in the future."""
    if ended_on < started_on:
        raise DomainError(f"结束日不能早于开始日（{day_zh(started_on)}），请核对。", "ended_on")
    if ended_on > as_of:
        raise DomainError("结束日不能晚于今天，请核对。", "ended_on")


#: Which state leads to which, and who may lead it there.
TRANSITIONS: Mapping[tuple[SpellState, SpellState], frozenset[Role]] = {
    (SpellState.REPORTED, SpellState.VERIFIED): frozenset({Role.FEDERATION}),
    (SpellState.REPORTED, SpellState.RETURNED): frozenset({Role.FEDERATION}),
    (SpellState.RETURNED, SpellState.REPORTED): frozenset(
        {Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER}
    ),
    (SpellState.VERIFIED, SpellState.REPORTED): frozenset(
        {Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER}
    ),
}


def check_transition(origin: SpellState, target: SpellState, role: Role) -> None:
    """Raise TransitionRefused where the table does not lead from one state to the other for this role."""
    allowed = TRANSITIONS.get((origin, target))
    if allowed is None:
        raise TransitionRefused(
            origin,
            target,
            f"这条就业记录现在是“{origin.label}”，不能再改为“{target.label}”。"
            "可能别人刚刚处理过，请看页面下方的经过。",
        )
    if role not in allowed:
        raise TransitionRefused(
            origin, target, f"{role.label}账户不能把就业记录改为“{target.label}”，请联系区残联。"
        )


def check_verifiable(
    *, kinds: Collection[EvidenceKind], decider_id: int, contributor_ids: Collection[int]
) -> None:
    """Refuse to verify without evidence, or by one who had a hand in the report (four eyes)."""
    if not kinds:
        raise DomainError("还没有证明材料，不能核实。请退回补充，或先上传材料。", "decision")
    if decider_id in contributor_ids:
        raise DomainError("这条记录由您登记、修改或上传过材料，须由另一位同事核实。", "decision")


#: Facts of a spell as a reader compares two versions of it.
_FACTS: Mapping[str, str] = {
    "form": "就业形式",
    "workplace": "工作单位",
    "post": "岗位",
    "started_on": "开始日",
    "ended_on": "结束日",
    "end_reason": "结束原因",
    "monthly_wage": "月收入（元）",
    "contract_months": "合同期限（月）",
    "insurance_months": "参保月数",
    "state": "状态",
}


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, Any, Any], ...]:
    """(name, before, after) of each fact in which two versions of a spell differ."""
    return tuple(
        (label, _shown(before[name]), _shown(after[name]))
        for name, label in _FACTS.items()
        if before[name] != after[name]
    )


def _shown(value: Any) -> Any:
    return day_zh(value) if isinstance(value, date) else value
