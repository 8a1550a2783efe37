"""Hours, completion and when a roll may be called."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.attendance import rules
from app.attendance.types import (
    AssessmentPart,
    CompletionOutcome,
    CompletionState,
    Hours,
    Mark,
    Readiness,
    RollCallFacts,
    SessionHours,
)
from app.courses.types import ClassState, SessionState
from app.enrolment.types import EnrolmentState
from app.platform.errors import DomainError

EIGHTY = Decimal(80)
TOMORROW = datetime(2024, 3, 11, 16, tzinfo=UTC)
FACTS = RollCallFacts(
    class_state=ClassState.RUNNING,
    session_state=SessionState.PLANNED,
    begins=datetime(2024, 3, 11, 0, 30, tzinfo=UTC),
    enrolment_state=EnrolmentState.ENROLLED,
    completion=None,
)
READY = Readiness(
    class_state=ClassState.RUNNING,
    sessions=10,
    still_to_come=0,
    last_session_on=date(2024, 4, 26),
    trainees=12,
    missing_marks=0,
    missing_results=0,
)


def test_present_and_late_count_leave_and_absence_do_not():
    sessions = [SessionHours(n, n) for n in (1, 2, 3, 4)] + [SessionHours(5, 8, cancelled=True)]
    marks = dict(zip((1, 2, 3, 4, 5), [*Mark, Mark.PRESENT], strict=True))
    assert rules.reckon_hours(sessions, marks) == Hours(attended=3, held=10)


@pytest.mark.parametrize(
    ("attended", "held", "minimum", "enough"),
    [
        (32, 40, EIGHTY, True),
        (31, 40, EIGHTY, False),
        (0, 40, Decimal(0), True),
        (0, 0, Decimal(0), False),
        (2, 3, Decimal("66.66"), True),
        (2, 3, Decimal("66.67"), False),
        (40, 40, Decimal(100), True),
    ],
)
def test_the_share_is_exact(attended, held, minimum, enough):
    assert rules.is_enough(Hours(attended, held), minimum) is enough
    if held:
        assert (attended >= rules.hours_needed(held, minimum)) is enough


def calculation(attended=32, required=True, **points):
    results = {AssessmentPart(name): Decimal(value) for name, value in points.items()}
    return rules.calculate(
        hours=Hours(attended, 40),
        minimum_attendance=EIGHTY,
        assessment_required=required,
        results=results,
    )


def test_completed_with_enough_hours_and_both_parts():
    assert calculation(theory=60, practice="60.00").outcome is CompletionOutcome.PASSED
    assert calculation(required=False).outcome is CompletionOutcome.PASSED


def test_every_reason_is_told():
    failed = calculation(31, theory="59.5")
    assert failed.outcome is CompletionOutcome.FAILED
    assert failed.reasons == (
        "出勤 31 课时，应达到 32 课时（共 40 课时）。",
        "理论 59.5 分，未达到 60 分。",
        "实操没有成绩。",
    )
    assert rules.kept(failed)["results"] == {"theory": "59.5"}


def test_the_pass_mark_is_configuration_with_a_source():
    strict = rules.PassMark(Decimal(80), "本区规定")
    result = rules.calculate(
        hours=Hours(40, 40),
        minimum_attendance=EIGHTY,
        assessment_required=True,
        results={part: Decimal(79) for part in AssessmentPart},
        pass_mark=strict,
    )
    assert result.outcome is CompletionOutcome.FAILED
    assert rules.PASS_MARK.source


def test_a_mark_may_be_set_on_the_day():
    rules.refuse_mark(FACTS, end_of_today=TOMORROW)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"session_state": SessionState.CANCELLED}, "已取消"),
        ({"begins": TOMORROW}, "还没有到上课的日子"),
        ({"class_state": ClassState.ENROLLING}, "开课"),
        ({"class_state": ClassState.COMPLETED}, "不能再改"),
        ({"enrolment_state": EnrolmentState.WITHDRAWN}, "不在册"),
        ({"enrolment_state": EnrolmentState.WAITING}, "不在册"),
        ({"completion": CompletionState.PROPOSED}, "先退回"),
        ({"completion": CompletionState.CONFIRMED}, "先退回"),
    ],
)
def test_a_mark_is_refused_in_plain_words(changes, message):
    with pytest.raises(DomainError, match=message):
        rules.refuse_mark(replace(FACTS, **changes), end_of_today=TOMORROW)


def test_after_a_return_marks_are_open_again():
    rules.refuse_mark(replace(FACTS, completion=CompletionState.RETURNED), end_of_today=TOMORROW)


def test_results_wait_for_the_class_and_close_with_the_proposal():
    rules.refuse_result(ClassState.RUNNING, None)
    for state, completion in (
        (ClassState.ENROLLING, None),
        (ClassState.RUNNING, CompletionState.PROPOSED),
    ):
        with pytest.raises(DomainError):
            rules.refuse_result(state, completion)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_state": ClassState.ENROLLING}, "报名中"),
        ({"sessions": 0}, "没有课次"),
        ({"still_to_come": 2}, "还有 2 次课"),
        ({"trainees": 0}, "没有在册学员"),
        ({"missing_marks": 3}, "还缺 3 个点名"),
        ({"missing_results": 4}, "4 人缺考核成绩"),
    ],
)
def test_what_stands_in_the_way_of_a_proposal(changes, message):
    assert rules.obstacles(READY) == []
    told = rules.obstacles(replace(READY, **changes))
    assert len(told) == 1
    assert message in told[0]
