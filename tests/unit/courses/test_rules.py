"""The state machine, opening checks, hours and times."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from app.courses import rules
from app.courses.types import (
    AccreditedPeriod,
    ClassPlan,
    ClassState,
    Level,
    PlannedSession,
    SessionPart,
    Slot,
    Taken,
    TrainingField,
)
from app.platform.access import Role
from app.platform.clock import SHANGHAI
from app.platform.errors import DomainError, TransitionRefused

S = ClassState
MONDAY = date(2024, 3, 11)

#: Who may move a class from where to where, written out once more by hand.
EXPECTED = {
    (S.DRAFT, S.SUBMITTED): {Role.PROVIDER},
    (S.RETURNED, S.SUBMITTED): {Role.PROVIDER},
    (S.SUBMITTED, S.APPROVED): {Role.FEDERATION},
    (S.SUBMITTED, S.RETURNED): {Role.FEDERATION},
    (S.APPROVED, S.ENROLLING): {Role.PROVIDER},
    (S.ENROLLING, S.RUNNING): {Role.PROVIDER},
    (S.RUNNING, S.COMPLETED): {Role.FEDERATION},
    (S.COMPLETED, S.ARCHIVED): {Role.FEDERATION},
    **{
        (state, S.CANCELLED): {Role.FEDERATION}
        for state in (S.DRAFT, S.SUBMITTED, S.RETURNED, S.APPROVED, S.ENROLLING, S.RUNNING)
    },
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("target", list(S))
@pytest.mark.parametrize("origin", list(S))
def test_the_table_allows_exactly_what_is_agreed(origin, target, role):
    allowed = role in EXPECTED.get((origin, target), set())
    assert rules.may_move(origin, target, role) is allowed
    if not allowed:
        with pytest.raises(TransitionRefused) as refused:
            rules.refuse_move(origin, target, role)
        assert (refused.value.origin, refused.value.target) == (origin, target)
        assert refused.value.message.endswith("。")


def test_archived_and_cancelled_classes_stay_so():
    ends = {step.origin for step in rules.TRANSITIONS}
    assert not {S.ARCHIVED, S.CANCELLED} & ends


def session(day=MONDAY, *, starts=time(8, 30), hours=2, part=SessionPart.THEORY, **changes):
    values = {
        "venue_name": "教室",
        "venue_capacity": 30,
        "teacher_name": "李老师",
        "qualified": True,
    }
    ends = time(*divmod(starts.hour * 60 + starts.minute + 45 * hours, 60))
    return PlannedSession(slot=Slot(day, starts, ends, hours), part=part, **(values | changes))


def plan(**changes):
    whole = ClassPlan(
        kind="employability",
        field="ecommerce",
        starts_on=MONDAY,
        ends_on=date(2024, 3, 15),
        capacity=20,
        venue_name="教室",
        venue_capacity=30,
        theory_hours=2,
        practice_hours=2,
        assessment_required=False,
        assessment_plan="",
        accredited=(
            AccreditedPeriod(date(2024, 1, 1), date(2024, 12, 31), frozenset({"employability"})),
        ),
        sessions=(session(), session(starts=time(13), part=SessionPart.PRACTICE)),
    )
    return replace(whole, **changes)


def failed(changed: ClassPlan) -> dict[str, bool]:
    """Names of the failed checks, with whether they bar the class."""
    return {check.name: check.must for check in rules.opening_checks(changed) if not check.ok}


def test_a_whole_plan_passes_every_check():
    assert failed(plan()) == {}
    assert rules.reasons_against(rules.opening_checks(plan())) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "rural"}, {"基地资质": True}),
        ({"accredited": ()}, {"基地资质": True}),
        ({"theory_hours": 4}, {"理论课时": True}),
        ({"practice_hours": 1}, {"实操课时": True}),
        ({"starts_on": date(2024, 3, 12)}, {"课次日期": True}),
        ({"venue_capacity": 19}, {"场地容量": True}),
        ({"venue_name": None, "venue_capacity": None}, {"场地容量": True}),
        ({"assessment_required": True}, {"考核方案": True}),
        ({"assessment_required": True, "assessment_plan": "实操 60 分合格"}, {}),
        (
            {"capacity": 31, "venue_name": "礼堂", "venue_capacity": 500},
            {"场地容量": True, "班级规模": False},
        ),
        ({"field": "massage", "capacity": 21}, {"班级规模": False}),
    ],
)
def test_each_check_fails_for_its_own_reason(changes, expected):
    assert failed(plan(**changes)) == expected


def test_a_teacher_without_qualification_warns_and_does_not_bar():
    changed = plan(
        sessions=(session(qualified=False), session(starts=time(13), part=SessionPart.PRACTICE))
    )
    assert failed(changed) == {"教师资格": False}
    assert rules.reasons_against(rules.opening_checks(changed)) == []


def test_a_day_of_nine_hours_bars():
    changed = plan(
        theory_hours=6,
        practice_hours=3,
        sessions=(
            session(starts=time(8), hours=6),
            session(starts=time(14), hours=3, part=SessionPart.PRACTICE),
        ),
    )
    assert failed(changed) == {"每天课时": True}


def test_a_small_room_of_one_session_bars():
    small = session(
        starts=time(13), part=SessionPart.PRACTICE, venue_name="小房间", venue_capacity=10
    )
    checks = rules.opening_checks(plan(sessions=(session(), small)))
    assert "“小房间”只能容纳 10 人" in rules.reasons_against(checks)[0]


def test_a_class_without_sessions_is_told_so():
    assert failed(plan(sessions=())) == {
        "理论课时": True, "实操课时": True, "课次日期": True, "教师资格": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("periods", "gap"),
    [
        ([(1, 10), (11, 31)], None),
        ([(11, 31), (1, 10)], None),
        ([(1, 10), (12, 31)], 11),
        ([(2, 31)], 1),
        ([(1, 30)], 31),
        ([], 1),
    ],
)
def test_accreditations_that_follow_each_other_cover_a_class(periods, gap):
    held = [
        AccreditedPeriod(date(2024, 3, begin), date(2024, 3, end), frozenset({"rural"}))
        for begin, end in periods
    ]
    found = rules.first_day_not_accredited(held, "rural", date(2024, 3, 1), date(2024, 3, 31))
    assert found == (date(2024, 3, gap) if gap else None)


@pytest.mark.parametrize(
    ("level", "least"),
    [(Level.FIVE, 120), (Level.FOUR, 104), (Level.THREE, 88), (Level.TWO, 72), (Level.ONE, 72)],
)
def test_hours_of_internet_marketers_by_level(level, least):
    def told(hours):
        warnings = rules.hours_warnings(
            occupation="互联网营销师", level=level, field=TrainingField.LIVE_STREAMING,
            theory_hours=0, practice_hours=hours,
        )  # fmt: skip
        return [text for text in warnings if "一般不少于" in text]

    assert told(least) == []
    assert f"一般不少于 {least} 课时，这里是 {least - 1} 课时" in told(least - 1)[0]


def test_practice_shares_and_continuing_education_are_told_with_their_source():
    warnings = rules.hours_warnings(
        occupation="保健按摩师", level=Level.NONE, field=TrainingField.MASSAGE_CONTINUING,
        theory_hours=10, practice_hours=5,
    )  # fmt: skip
    assert len(warnings) == 3
    assert all("（" in text for text in warnings)


def settle(**changes):
    values = {"day": MONDAY, "starts": time(8, 30), "ends": None, "lesson_hours": None}
    return rules.settle_slot(**(values | changes))


def test_a_slot_from_an_end_or_from_lesson_hours():
    assert settle(ends=time(11, 30)) == Slot(MONDAY, time(8, 30), time(11, 30), 4)
    assert settle(lesson_hours=4) == settle(ends=time(11, 30), lesson_hours=4)


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({}, "ends", "填写结束时间，或者填写课时数"),
        ({"ends": time(8, 30)}, "ends", "结束时间 8:30 不晚于开始时间 8:30"),
        (
            {"ends": time(10, 30)},
            "ends",
            "是 120 分钟，不是 45 分钟的整数倍。请把结束时间改为 10:00（2 课时） 或 10:45（3 课时）",
        ),
        ({"ends": time(9)}, "ends", "请把结束时间改为 9:15（1 课时）"),
        ({"ends": time(15, 15)}, "ends", "是 9 课时，一天最多 8 课时"),
        ({"ends": time(10), "lesson_hours": 3}, "lesson_hours", "是 2 课时，和填写的 3 课时不一致"),
        ({"starts": time(22), "lesson_hours": 3}, "lesson_hours", "会超过当天"),
        ({"lesson_hours": 9}, "lesson_hours", "1 到 8 课时"),
    ],
)
def test_what_a_slot_refuses(changes, field, told):
    with pytest.raises(DomainError) as refused:
        settle(**changes)
    assert refused.value.field == field
    assert told in refused.value.message


def test_a_collision_is_a_shared_minute_and_not_a_touch():
    def at(hour, minute=0):
        return datetime(2024, 3, 11, hour, minute, tzinfo=SHANGHAI)

    taken = Taken(1, 1, "2024-ZX-0001", 5, "直播间", 7, "李老师", at(8), at(9, 30))
    rules.refuse_collision([(at(9, 30), at(11))], [taken], venue_id=5, teacher_id=7)
    with pytest.raises(DomainError, match=r"直播间.*班期 2024-ZX-0001") as refused:
        rules.refuse_collision([(at(9), at(11))], [taken], venue_id=5, teacher_id=8)
    assert refused.value.field == "venue_id"
    with pytest.raises(DomainError, match="李老师") as refused:
        rules.refuse_collision([(at(9), at(11))], [taken], venue_id=6, teacher_id=7)
    assert refused.value.field == "teacher_id"


def test_weekly_times_read_as_people_say_them():
    slots = [
        Slot(date(2024, 3, 13), time(8, 30), time(11, 30), 4),
        Slot(MONDAY, time(8, 30), time(11, 30), 4),
        Slot(MONDAY, time(13), time(14, 30), 2),
    ]
    assert rules.weekly_times(slots) == ["每周一、周三 8:30-11:30", "每周一 13:00-14:30"]


def test_relatives_may_come_to_rural_classes_only():
    assert any("家里人" in line for line in rules.who_may_come("rural", "planting"))
    assert not any("家里人" in line for line in rules.who_may_come("employability", "ecommerce"))
    assert "视力残疾" in rules.who_may_come("employability", "massage")[0]
