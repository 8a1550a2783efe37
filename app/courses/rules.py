"""Decisions about courses, classes and sessions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from app.courses.types import (
    AccreditedPeriod,
    Check,
    ClassPlan,
    ClassState,
    HoursRule,
    Level,
    PlannedSession,
    SessionPart,
    Slot,
    Taken,
    TrainingField,
)
from app.platform.access import Role
from app.platform.errors import DomainError, TransitionRefused
from app.platform.formats import day_zh

#: Minutes of a lesson hour (课时), and how many of them one day may hold (domain.md section 3).
LESSON_MINUTES = 45
MOST_HOURS_A_DAY = 8


# ---- the state machine of a class


@dataclass(frozen=True, slots=True)
class Transition:
    """A class may move from `origin` to `target` when one of `roles` asks for it."""

    origin: ClassState
    target: ClassState
    roles: frozenset[Role]


_PROVIDER = frozenset({Role.PROVIDER})
_FEDERATION = frozenset({Role.FEDERATION})

TRANSITIONS: tuple[Transition, ...] = (
    Transition(ClassState.DRAFT, ClassState.SUBMITTED, _PROVIDER),
    Transition(ClassState.RETURNED, ClassState.SUBMITTED, _PROVIDER),
    Transition(ClassState.SUBMITTED, ClassState.APPROVED, _FEDERATION),
    Transition(ClassState.SUBMITTED, ClassState.RETURNED, _FEDERATION),
    Transition(ClassState.APPROVED, ClassState.ENROLLING, _PROVIDER),
    Transition(ClassState.ENROLLING, ClassState.RUNNING, _PROVIDER),
    # Asked for by attendance when all completions of the class are confirmed.
    Transition(ClassState.RUNNING, ClassState.COMPLETED, _FEDERATION),
    Transition(ClassState.COMPLETED, ClassState.ARCHIVED, _FEDERATION),
    Transition(ClassState.DRAFT, ClassState.CANCELLED, _FEDERATION),
    Transition(ClassState.SUBMITTED, ClassState.CANCELLED, _FEDERATION),
    Transition(ClassState.RETURNED, ClassState.CANCELLED, _FEDERATION),
    Transition(ClassState.APPROVED, ClassState.CANCELLED, _FEDERATION),
    Transition(ClassState.ENROLLING, ClassState.CANCELLED, _FEDERATION),
    Transition(ClassState.RUNNING, ClassState.CANCELLED, _FEDERATION),
)

#: What may be changed by the base: everything about a class that it has not handed in.
EDITABLE = frozenset({ClassState.DRAFT, ClassState.RETURNED})

#: What the public and trainees may know of: a class from the moment enrolment opened.
PUBLISHED = frozenset(
    {
        ClassState.ENROLLING,
        ClassState.RUNNING,
        ClassState.COMPLETED,
        ClassState.ARCHIVED,
        ClassState.CANCELLED,
    }
)

_VERBS: Mapping[ClassState, str] = {
    ClassState.SUBMITTED: "提交审批",
    ClassState.APPROVED: "批准",
    ClassState.RETURNED: "退回",
    ClassState.ENROLLING: "开放报名",
    ClassState.RUNNING: "开课",
    ClassState.COMPLETED: "办结",
    ClassState.ARCHIVED: "归档",
    ClassState.CANCELLED: "取消",
}


def may_move(origin: ClassState, target: ClassState, role: Role) -> bool:
    """Whether the table leads from `origin` to `target` for `role`."""
    return any(
        step.origin is origin and step.target is target and role in step.roles
        for step in TRANSITIONS
    )


def refuse_move(origin: ClassState, target: ClassState, role: Role) -> None:
    """Raises TransitionRefused, in plain words, where `role` may not move a class so."""
    if may_move(origin, target, role):
        return
    verb = _VERBS.get(target, target.label)
    if origin is target:
        message = f"这个班期已经是“{target.label}”，不用再{verb}一次。可能刚才已经点过，或者别人已经办了。"
    elif any(step.origin is origin and step.target is target for step in TRANSITIONS):
        message = f"{role.label}不能{verb}班期，请由有权限的单位办理。"
    else:
        message = (
            f"这个班期现在是“{origin.label}”，不能{verb}。可能别人刚刚办理过，请回到班期页面查看。"
        )
    raise TransitionRefused(origin, target, message)


def refuse_change(state: ClassState) -> None:
    """Raises DomainError where class and sessions may not be changed any more."""
    if state not in EDITABLE:
        raise DomainError(
            f"这个班期现在是“{state.label}”，不能再修改。只有草稿和被退回的班期可以修改；需要改动请联系区残联退回。"
        )


# ---- configuration: hours and sizes, with the sources that ask for them

_MARKETING = "《互联网营销师国家职业技能标准》培训期限"

#: Fewest lesson hours by occupation and level. Sources that conflict stand side by side.
HOURS_RULES: tuple[HoursRule, ...] = (
    HoursRule("互联网营销师", Level.FIVE, 120, _MARKETING, True),
    HoursRule("互联网营销师", Level.FOUR, 104, _MARKETING, True),
    HoursRule("互联网营销师", Level.THREE, 88, _MARKETING, True),
    HoursRule("互联网营销师", Level.TWO, 72, _MARKETING, True),
    HoursRule("互联网营销师", Level.ONE, 72, _MARKETING, True),
    HoursRule(
        "保健按摩师", Level.FIVE, 120, "各地标准不一（120、160 或 120/80/60），取常见下限", False
    ),
    HoursRule("保健按摩师", Level.FOUR, 80, "各地标准不一（120/80/60），取常见下限", False),
    HoursRule("保健按摩师", Level.THREE, 60, "各地标准不一（120/80/60），取常见下限", False),
)

#: Massage continuing education: hours a year.
CONTINUING_HOURS = HoursRule("盲人按摩继续教育", None, 20, "通行做法：每年不少于 20 课时", False)

#: (percent, source) of lesson hours that should be practice.
PRACTICE_SHARES: tuple[tuple[int, str], ...] = (
    (60, "部分地方规定：实操课时不少于总课时的 60 %"),
    (40, "另一地方规定：实操课时不少于总课时的 40 %"),
)

#: Largest class by what is taught, with its source.
MOST_THEORY = (50, "通行做法：理论课每班不超过 50 人")
MOST_PRACTICE = (30, "通行做法：实操课每班不超过 30 人")
MOST_MASSAGE = (20, "通行做法：按摩类每班 10 至 20 人")
MASSAGE_FIELDS = frozenset(
    {TrainingField.MASSAGE, TrainingField.MASSAGE_CONTINUING, TrainingField.MEDICAL_MASSAGE}
)


def hours_warnings(
    *, occupation: str, level: Level, field: TrainingField, theory_hours: int, practice_hours: int
) -> list[str]:
    """What published and customary rules say against the hours of a course; none of it forbids the course."""
    total = theory_hours + practice_hours
    rules = [rule for rule in HOURS_RULES if rule.occupation == occupation and rule.level is level]
    if field is TrainingField.MASSAGE_CONTINUING:
        rules.append(CONTINUING_HOURS)
    warnings = [_below(rule, total) for rule in rules if total < rule.hours]
    warnings += [
        f"实操 {practice_hours} 课时，占 {100 * practice_hours // total} %，不到 {share} %（{source}）。"
        for share, source in PRACTICE_SHARES
        if total and 100 * practice_hours < share * total
    ]
    return warnings


def _below(rule: HoursRule, total: int) -> str:
    name = rule.occupation + (rule.level.label if rule.level else "")
    return f"{name}一般不少于 {rule.hours} 课时，这里是 {total} 课时（{rule.source}）。"


# ---- when a session is


def settle_slot(*, day: date, starts: time, ends: time | None, lesson_hours: int | None) -> Slot:
    """The slot from a start and either an end or lesson hours.

    Raises DomainError naming the field `ends` or `lesson_hours`.
    """
    if ends is None:
        if lesson_hours is None:
            raise DomainError("请填写结束时间，或者填写课时数。", "ends")
        return Slot(day, starts, _end_after(starts, lesson_hours), lesson_hours)
    hours = hours_between(starts, ends)
    if lesson_hours is not None and lesson_hours != hours:
        raise DomainError(
            f"{_span(starts, ends)} 是 {hours} 课时，和填写的 {lesson_hours} 课时不一致，请改其中一个。",
            "lesson_hours",
        )
    return Slot(day, starts, ends, hours)


def hours_between(starts: time, ends: time) -> int:
    """Lesson hours from start to end. Raises DomainError naming `ends` where they are no whole number, or too many."""
    minutes = _minutes(ends) - _minutes(starts)
    if minutes <= 0:
        raise DomainError(f"结束时间 {_hm(ends)} 不晚于开始时间 {_hm(starts)}，请核对。", "ends")
    hours, rest = divmod(minutes, LESSON_MINUTES)
    if rest:
        offers = [
            f"{_hm(_after(starts, count * LESSON_MINUTES))}（{count} 课时）"
            for count in (hours, hours + 1)
            if count and _minutes(starts) + count * LESSON_MINUTES < 24 * 60
        ]
        raise DomainError(
            f"{_span(starts, ends)} 是 {minutes} 分钟，不是 45 分钟的整数倍。请把结束时间改为 {' 或 '.join(offers)}。"
            if offers
            else f"{_span(starts, ends)} 是 {minutes} 分钟，不足 1 课时（45 分钟），请核对。",
            "ends",
        )
    if hours > MOST_HOURS_A_DAY:
        raise DomainError(
            f"{_span(starts, ends)} 是 {hours} 课时，一天最多 {MOST_HOURS_A_DAY} 课时，请分到几天。",
            "ends",
        )
    return hours


def _end_after(starts: time, lesson_hours: int) -> time:
    if not 1 <= lesson_hours <= MOST_HOURS_A_DAY:
        raise DomainError(f"一次课应为 1 到 {MOST_HOURS_A_DAY} 课时，请核对。", "lesson_hours")
    if _minutes(starts) + lesson_hours * LESSON_MINUTES >= 24 * 60:
        raise DomainError(
            f"从 {_hm(starts)} 起 {lesson_hours} 课时会超过当天，请改早一点或减少课时。",
            "lesson_hours",
        )
    return _after(starts, lesson_hours * LESSON_MINUTES)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _after(moment: time, minutes: int) -> time:
    return time(*divmod(_minutes(moment) + minutes, 60))


def _hm(moment: time | datetime) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _span(starts: time | datetime, ends: time | datetime) -> str:
    return f"{_hm(starts)}-{_hm(ends)}"


def weekly_slots(
    *,
    first: date,
    last: date,
    weekdays: Iterable[int],
    starts: time,
    lesson_hours: int,
    until_hours: int,
) -> list[Slot]:
    """Slots on these weekdays (0 is Monday) from `first` to `last` until the hours are reached.

    The last may be shorter. Raises DomainError naming `until_hours` where they do not fit.
    """
    wanted = frozenset(weekdays)
    slots: list[Slot] = []
    left = until_hours
    day = first
    while left > 0 and day <= last:
        if day.weekday() in wanted:
            hours = min(lesson_hours, left)
            slots.append(Slot(day, starts, _end_after(starts, hours), hours))
            left -= hours
        day += timedelta(days=1)
    if left > 0:
        raise DomainError(
            f"从 {day_zh(first)} 到 {day_zh(last)} 只排得下 {until_hours - left} 课时，还差 {left} 课时。"
            "请多选几个星期几、增加每次课时，或者修改班期的结束日期。",
            "until_hours",
        )
    return slots


def refuse_outside(
    slots: Sequence[Slot], *, starts_on: date, ends_on: date, field: str = "day"
) -> None:
    """Raises DomainError where a session lies outside the class's dates."""
    for slot in slots:
        if not starts_on <= slot.day <= ends_on:
            raise DomainError(
                f"{day_zh(slot.day)}不在班期之内。班期从 {day_zh(starts_on)} 到 {day_zh(ends_on)}，"
                "请改日期或先修改班期。",
                field,
            )


def refuse_overload(slots: Sequence[Slot], hours_by_day: Mapping[date, int], field: str) -> None:
    """Raises DomainError where a day of the class would hold more than 8 lesson hours."""
    added: Counter[date] = Counter()
    for slot in slots:
        added[slot.day] += slot.lesson_hours
    for day, hours in sorted(added.items()):
        before = hours_by_day.get(day, 0)
        if before + hours > MOST_HOURS_A_DAY:
            raise DomainError(
                f"{day_zh(day)}已排 {before} 课时，再加 {hours} 课时就超过一天 {MOST_HOURS_A_DAY} 课时。"
                "请减少课时或换一天。",
                field,
            )


def refuse_collision(
    wanted: Sequence[tuple[datetime, datetime]],
    taken: Iterable[Taken],
    *,
    venue_id: int,
    teacher_id: int,
) -> None:
    """Raises DomainError naming the sessions that already occupy the venue or the teacher at a wanted time.

    The error is at `venue_id`, unless the teacher alone is occupied: then at `teacher_id`.
    """
    hits = [
        one
        for one in taken
        if any(one.begins < ends and begins < one.ends for begins, ends in wanted)
    ]
    rooms = [one for one in hits if one.venue_id == venue_id]
    if rooms:
        raise DomainError(
            f"场地“{rooms[0].venue_name}”已被占用：{_told(rooms)}。请换场地或换时间。", "venue_id"
        )
    people = [one for one in hits if one.teacher_id == teacher_id]
    if people:
        raise DomainError(
            f"教师{people[0].teacher_name}这时另有课：{_told(people)}。请换教师或换时间。",
            "teacher_id",
        )


def _told(taken: Sequence[Taken]) -> str:
    shown = "，".join(
        f"{day_zh(one.begins.date())} {_span(one.begins, one.ends)} 班期 {one.class_number}"
        for one in taken[:3]
    )
    return shown + (f"，等 {len(taken)} 次课" if len(taken) > 3 else "")


# ---- opening checks


def opening_checks(plan: ClassPlan) -> list[Check]:
    """The checklist of an approval (开班审批), ticked by rule.

    A failed `must` line bars the class from being submitted or approved.
    """
    return [
        _accreditation(plan),
        _hours(plan, SessionPart.THEORY, plan.theory_hours),
        _hours(plan, SessionPart.PRACTICE, plan.practice_hours),
        _dates(plan),
        _day_hours(plan),
        _capacity(plan),
        _assessment(plan),
        _teachers(plan),
        _size(plan),
    ]


def reasons_against(checks: Iterable[Check]) -> list[str]:
    """What bars a class from being submitted or approved."""
    return [check.text for check in checks if check.must and not check.ok]


def _accreditation(plan: ClassPlan) -> Check:
    gap = first_day_not_accredited(plan.accredited, plan.kind, plan.starts_on, plan.ends_on)
    if gap is None:
        return Check("基地资质", True, "基地在班期的每一天都有这类培训的资质。")
    return Check(
        "基地资质",
        False,
        f"基地在 {day_zh(gap)} 没有这类培训的资质，请调整日期或由区残联更新资质。",
    )


def first_day_not_accredited(
    periods: Iterable[AccreditedPeriod], kind: str, starts_on: date, ends_on: date
) -> date | None:
    """First day from `starts_on` to `ends_on` on which no period covers `kind`; None when all are covered."""
    day = starts_on
    for period in sorted(
        (one for one in periods if kind in one.kinds), key=lambda one: one.valid_from
    ):
        if period.valid_from <= day <= period.valid_to:
            day = period.valid_to + timedelta(days=1)
    return None if day > ends_on else day


def _hours(plan: ClassPlan, part: SessionPart, wanted: int) -> Check:
    name = f"{part.label}课时"
    planned = sum(one.slot.lesson_hours for one in plan.sessions if one.part is part)
    if planned == wanted:
        return Check(name, True, f"{part.label}课时排满：{planned} / {wanted}。")
    word, action = ("少", "请补排") if planned < wanted else ("多", "请删减")
    return Check(
        name,
        False,
        f"{part.label}课时应为 {wanted}，已排 {planned}，{word} {abs(wanted - planned)} 课时，{action}。",
    )


def _dates(plan: ClassPlan) -> Check:
    outside = [
        one.slot.day for one in plan.sessions if not plan.starts_on <= one.slot.day <= plan.ends_on
    ]
    if not plan.sessions:
        return Check("课次日期", False, "还没有排课，请先添加课次。")
    if outside:
        days = "、".join(day_zh(day) for day in sorted(set(outside))[:3])
        return Check("课次日期", False, f"{days}的课不在班期的起止日期之内，请改课次或改班期。")
    return Check("课次日期", True, f"全部 {len(plan.sessions)} 次课都在班期的起止日期之内。")


def _day_hours(plan: ClassPlan) -> Check:
    def day_of(one: PlannedSession) -> date:
        return one.slot.day

    for day, sessions in groupby(sorted(plan.sessions, key=day_of), key=day_of):
        hours = sum(one.slot.lesson_hours for one in sessions)
        if hours > MOST_HOURS_A_DAY:
            return Check(
                "每天课时",
                False,
                f"{day_zh(day)}排了 {hours} 课时，一天最多 {MOST_HOURS_A_DAY} 课时。",
            )
    return Check("每天课时", True, f"每天都不超过 {MOST_HOURS_A_DAY} 课时。")


def _capacity(plan: ClassPlan) -> Check:
    if plan.venue_capacity is None:
        return Check("场地容量", False, "还没有选择场地。")
    rooms = {one.venue_name: one.venue_capacity for one in plan.sessions}
    rooms[str(plan.venue_name)] = plan.venue_capacity
    small = [f"“{name}”只能容纳 {size} 人" for name, size in rooms.items() if size < plan.capacity]
    if small:
        return Check(
            "场地容量",
            False,
            f"班期计划招 {plan.capacity} 人，{'，'.join(small)}。请减少名额或换场地。",
        )
    return Check("场地容量", True, f"计划招 {plan.capacity} 人，场地坐得下。")


def _assessment(plan: ClassPlan) -> Check:
    if not plan.assessment_required:
        return Check("考核方案", True, "这门课程不要求考核。")
    if plan.assessment_plan.strip():
        return Check("考核方案", True, "已填写考核方案。")
    return Check("考核方案", False, "这门课程要求考核，请在班期里填写考核方案。")


def _teachers(plan: ClassPlan) -> Check:
    names = sorted({one.teacher_name for one in plan.sessions if not one.qualified})
    if names:
        return Check(
            "教师资格",
            False,
            f"{'、'.join(names)}在上课当天没有登记这类培训的有效资格，请核实。",
            must=False,
        )
    if not plan.sessions:
        return Check("教师资格", False, "还没有排课，看不到教师。", must=False)
    return Check("教师资格", True, "每次课的教师都有这类培训的有效资格。", must=False)


def _size(plan: ClassPlan) -> Check:
    limit, source = MOST_PRACTICE if plan.practice_hours else MOST_THEORY
    if plan.field in MASSAGE_FIELDS:
        limit, source = MOST_MASSAGE
    if plan.capacity > limit:
        return Check(
            "班级规模", False, f"计划招 {plan.capacity} 人，偏多（{source}）。", must=False
        )
    return Check("班级规模", True, f"计划招 {plan.capacity} 人，规模合适。", must=False)


# ---- plain words for the public


def who_may_come(kind: str, field: str) -> list[str]:
    """Who a class is for, in plain sentences; whether a person is admitted is decided by `enrolment`."""
    first = "有视力残疾的残疾人证的人。" if field in MASSAGE_FIELDS else "有残疾人证的人。"
    lines = [first, "年满 16 岁，还在劳动年龄内。"]
    if kind == "rural":
        lines.append("农村残疾人的家里人也可以来。")
    return lines


def weekly_times(slots: Iterable[Slot]) -> list[str]:
    """When a class meets, one line per time of day: 每周一、周三 8:30-11:30."""
    days_at: dict[tuple[time, time], set[int]] = {}
    for slot in slots:
        days_at.setdefault((slot.starts, slot.ends), set()).add(slot.day.weekday())
    return [
        f"每{'、'.join('周' + '一二三四五六日'[day] for day in sorted(days))} {_span(*span)}"
        for span, days in sorted(days_at.items())
    ]
