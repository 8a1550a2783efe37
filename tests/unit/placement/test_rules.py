"""Due dates, grades, the training behind a spell, transitions."""

from datetime import date

import pytest

from app.placement import rules
from app.placement.types import (
    EmploymentForm,
    EvidenceGrade,
    EvidenceKind,
    SpellState,
    Training,
)
from app.platform.access import Role
from app.platform.errors import DomainError, TransitionRefused

K = EvidenceKind


def test_due_dates_are_reckoned_from_the_completion() -> None:
    assert rules.due_dates(date(2023, 11, 30)) == (
        (1, date(2023, 12, 30)),
        (3, date(2024, 2, 29)),
        (6, date(2024, 5, 30)),
        (12, date(2024, 11, 30)),
    )


@pytest.mark.parametrize(
    ("completed_on", "dues"),
    [
        (date(2024, 1, 31), ["2024-02-29", "2024-04-30", "2024-07-31", "2025-01-31"]),
        (date(2024, 2, 29), ["2024-03-29", "2024-05-29", "2024-08-29", "2025-02-28"]),
        (date(2023, 8, 31), ["2023-09-30", "2023-11-30", "2024-02-29", "2024-08-31"]),
    ],
)
def test_a_day_the_month_lacks_becomes_its_last(completed_on: date, dues: list[str]) -> None:
    assert [due.isoformat() for _, due in rules.due_dates(completed_on)] == dues


@pytest.mark.parametrize(
    ("kinds", "grade"),
    [
        ({K.CONTRACT, K.INSURANCE}, "A"),
        ({K.CONTRACT, K.INSURANCE, K.PHOTO, K.PAYROLL}, "A"),
        ({K.LICENCE}, "B"),
        ({K.PAYROLL}, "B"),
        ({K.CONTRACT, K.PAYROLL}, "B"),
        ({K.POST_AGREEMENT, K.PAYROLL}, "B"),
        ({K.LICENCE, K.VILLAGE_CERTIFICATE, K.PHOTO}, "B"),
        ({K.VILLAGE_CERTIFICATE, K.PHOTO}, "C"),
        ({K.CONTRACT}, "D"),
        ({K.INSURANCE}, "D"),
        ({K.VILLAGE_CERTIFICATE}, "D"),
        ({K.PHOTO}, "D"),
        ({K.STATEMENT}, "D"),
        ({K.OTHER}, "D"),
        (set(), "D"),
    ],
)
def test_grade_follows_from_the_kinds_present(kinds: set[EvidenceKind], grade: str) -> None:
    assert rules.grade_of(kinds) is EvidenceGrade(grade)


@pytest.mark.parametrize(
    ("form", "grade"),
    [
        (EmploymentForm.PROPORTIONAL, "A"),
        (EmploymentForm.CONCENTRATED, "A"),
        (EmploymentForm.SELF_EMPLOYED, "B"),
        (EmploymentForm.RURAL, "C"),
        (EmploymentForm.PUBLIC_POST, "B"),
        (EmploymentForm.ASSISTIVE, "B"),
        (EmploymentForm.FLEXIBLE, "B"),
    ],
)
def test_each_form_is_complete_with_what_it_expects(form: EmploymentForm, grade: str) -> None:
    kinds = {min(alternatives) for alternatives in rules.EXPECTED_EVIDENCE[form]}
    assert rules.missing_evidence(form, kinds) == ()
    assert rules.grade_of(kinds) is EvidenceGrade(grade)


def test_what_is_missing_is_said_in_words() -> None:
    assert rules.missing_evidence(EmploymentForm.SELF_EMPLOYED, {K.LICENCE}) == (
        "工资或收入流水或现场照片",
    )
    assert rules.expected_evidence(EmploymentForm.PROPORTIONAL) == "劳动合同和社会保险缴费记录"


def training(number: int, started_on: date, completed_on: date) -> Training:
    return Training(number, f"班期 {number}", 1, started_on, completed_on)


EARLY = training(1, date(2023, 3, 1), date(2023, 4, 28))
LATE = training(2, date(2024, 3, 1), date(2024, 4, 30))


@pytest.mark.parametrize(
    ("started_on", "expected"),
    [
        (date(2024, 5, 2), LATE),
        (date(2024, 3, 1), LATE),
        (date(2024, 2, 29), EARLY),
        (date(2023, 2, 28), None),
    ],
)
def test_a_spell_stems_from_the_latest_training_begun_by_then(
    started_on: date, expected: Training | None
) -> None:
    origin = rules.training_behind(started_on, [LATE, EARLY])
    assert origin.training == expected
    assert (expected.title if expected else "没有对应的培训") in origin.reason


def test_no_training_is_said_too() -> None:
    assert rules.training_behind(date(2024, 1, 1), []).training is None


ALLOWED = {
    (SpellState.REPORTED, SpellState.VERIFIED): {Role.FEDERATION},
    (SpellState.REPORTED, SpellState.RETURNED): {Role.FEDERATION},
    (SpellState.RETURNED, SpellState.REPORTED): {Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER},
    (SpellState.VERIFIED, SpellState.REPORTED): {Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER},
}


@pytest.mark.parametrize("origin", SpellState)
@pytest.mark.parametrize("target", SpellState)
@pytest.mark.parametrize("role", Role)
def test_transitions_are_those_of_the_table(
    origin: SpellState, target: SpellState, role: Role
) -> None:
    if role in ALLOWED.get((origin, target), set()):
        rules.check_transition(origin, target, role)
    else:
        with pytest.raises(TransitionRefused) as refusal:
            rules.check_transition(origin, target, role)
        assert (refusal.value.origin, refusal.value.target) == (origin, target)


def test_nobody_verifies_without_evidence_or_what_they_reported() -> None:
    with pytest.raises(DomainError, match="还没有证明材料"):
        rules.check_verifiable(kinds=set(), decider_id=1, contributor_ids={2})
    with pytest.raises(DomainError, match="另一位同事"):
        rules.check_verifiable(kinds={K.PHOTO}, decider_id=2, contributor_ids={2, 3})
    rules.check_verifiable(kinds={K.PHOTO}, decider_id=1, contributor_ids={2, 3})


def check(**changes: object) -> None:
    facts: dict[str, object] = {
        "form": EmploymentForm.FLEXIBLE,
        "has_employer": False,
        "started_on": date(2024, 5, 1),
        "ended_on": None,
        "end_reason": "搬迁",
        "birth_date": date(1985, 6, 15),
        "as_of": date(2024, 6, 1),
    }
    rules.check_spell(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"form": EmploymentForm.PROPORTIONAL}, "form"),
        ({"started_on": date(2024, 6, 2)}, "started_on"),
        ({"birth_date": date(2008, 5, 2)}, "started_on"),
        ({"ended_on": date(2024, 4, 30)}, "ended_on"),
        ({"ended_on": date(2024, 6, 2)}, "ended_on"),
        ({"ended_on": date(2024, 5, 2), "end_reason": ""}, "end_reason"),
    ],
)
def test_a_spell_that_cannot_be_is_refused_at_its_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        check(**changes)
    assert refusal.value.field == field


def test_a_plain_spell_is_accepted() -> None:
    check()
    check(form=EmploymentForm.PROPORTIONAL, has_employer=True, ended_on=date(2024, 6, 1))
    check(birth_date=date(2008, 5, 1))


def test_giving_up_takes_enough_attempts() -> None:
    with pytest.raises(DomainError, match="已记录 2 次"):
        rules.check_not_reached(2, 3)
    rules.check_not_reached(3, 3)


@pytest.mark.parametrize(
    ("months", "due_on", "ends"),
    [
        (1, date(2024, 5, 1), False),
        (3, date(2024, 7, 1), True),
        (12, date(2025, 4, 1), True),
    ],
)
def test_later_follow_ups_end_with_an_exclusion(months: int, due_on: date, ends: bool) -> None:
    assert rules.closes_with(months, due_on, of_months=3, since=date(2024, 6, 1)) is ends


def test_an_earlier_one_due_since_then_ends_too() -> None:
    assert rules.closes_with(1, date(2024, 5, 1), of_months=3, since=date(2024, 5, 1))
