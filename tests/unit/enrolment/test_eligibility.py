"""Each rule of eligibility says yes, warns and says no."""

import json
from dataclasses import replace
from datetime import date

import pytest

from app.courses.types import ClassState, Level, TrainingField
from app.enrolment import rules
from app.enrolment.types import Facts, Judgement, TakenCourse, Verdict
from app.people.types import Category, Sex
from app.platform.access import Role
from app.platform.errors import TransitionRefused
from app.providers.types import TrainingKind

FACTS = Facts(
    class_state=ClassState.ENROLLING,
    starts_on=date(2024, 3, 11),
    ends_on=date(2024, 4, 26),
    as_of=date(2024, 3, 1),
    district_code="210603",
    kind=TrainingKind.EMPLOYABILITY,
    field=TrainingField.ECOMMERCE,
    occupation="互联网营销师",
    level=Level.FOUR,
    sex=Sex.FEMALE,
    birth_date=date(1985, 6, 15),
    residence_code="210603101",
    deceased=False,
    family_member=False,
    certificate_expires=date(2030, 1, 10),
    categories=frozenset({Category.PHYSICAL}),
    consented=True,
    employed=False,
)

MASSAGE = {"field": TrainingField.MASSAGE}
FAMILY = {"family_member": True, "certificate_expires": None, "categories": frozenset()}


def taken(level: Level, *, passed: bool, occupation: str = "互联网营销师") -> dict[str, object]:
    return {"taken": (TakenCourse(occupation, level, passed),)}


CASES: list[tuple[str, dict[str, object], Verdict]] = [
    ("class_open", {}, Verdict.OK),
    ("class_open", {"as_of": date(2024, 3, 12)}, Verdict.WARN),
    ("class_open", {"class_state": ClassState.RUNNING}, Verdict.BLOCK),
    ("alive", {}, Verdict.OK),
    ("alive", {"deceased": True}, Verdict.BLOCK),
    ("consent", {}, Verdict.OK),
    ("consent", {"consented": False}, Verdict.BLOCK),
    ("certificate", {}, Verdict.OK),
    ("certificate", {"certificate_expires": date(2024, 4, 26)}, Verdict.OK),
    ("certificate", {"certificate_expires": date(2024, 4, 25)}, Verdict.WARN),
    ("certificate", {"certificate_expires": None}, Verdict.BLOCK),
    ("certificate", FAMILY, Verdict.OK),
    ("category", {}, Verdict.OK),
    ("category", {"categories": frozenset()}, Verdict.BLOCK),
    ("category", MASSAGE, Verdict.BLOCK),
    ("category", MASSAGE | {"categories": frozenset({Category.VISUAL})}, Verdict.OK),
    (
        "category",
        MASSAGE
        | {"categories": frozenset({Category.MULTIPLE, Category.VISUAL, Category.PHYSICAL})},
        Verdict.OK,
    ),
    (
        "category",
        MASSAGE
        | {"categories": frozenset({Category.MULTIPLE, Category.HEARING, Category.PHYSICAL})},
        Verdict.BLOCK,
    ),
    ("category", FAMILY | {"kind": TrainingKind.RURAL}, Verdict.WARN),
    ("category", FAMILY, Verdict.BLOCK),
    ("working_age", {}, Verdict.OK),
    ("working_age", {"birth_date": date(2008, 3, 11)}, Verdict.OK),
    ("working_age", {"birth_date": date(2008, 3, 12)}, Verdict.BLOCK),
    ("working_age", {"birth_date": date(1969, 4, 1)}, Verdict.WARN),
    ("working_age", {"birth_date": date(1969, 3, 11)}, Verdict.BLOCK),
    ("working_age", {"birth_date": date(1969, 3, 11), "sex": Sex.MALE}, Verdict.OK),
    ("residence", {}, Verdict.OK),
    ("residence", {"residence_code": "210604101"}, Verdict.BLOCK),
    ("once", {}, Verdict.OK),
    ("once", taken(Level.FOUR, passed=True, occupation="保健按摩师"), Verdict.OK),
    ("once", taken(Level.FIVE, passed=True), Verdict.OK),
    ("once", taken(Level.FOUR, passed=False), Verdict.WARN),
    ("once", taken(Level.FOUR, passed=True), Verdict.BLOCK),
    ("once", taken(Level.THREE, passed=True), Verdict.BLOCK),
    ("once", taken(Level.THREE, passed=False), Verdict.OK),
    ("once", taken(Level.NONE, passed=True), Verdict.OK),
    ("once", taken(Level.NONE, passed=True) | {"level": Level.NONE}, Verdict.BLOCK),
    (
        "once",
        taken(Level.NONE, passed=True)
        | {"level": Level.NONE, "field": TrainingField.MASSAGE_CONTINUING},
        Verdict.OK,
    ),
    ("yearly_limit", {"courses_this_year": 1}, Verdict.OK),
    ("yearly_limit", {"courses_this_year": 2}, Verdict.WARN),
    ("yearly_limit", {"courses_this_year": 3}, Verdict.BLOCK),
    ("hours_free", {}, Verdict.OK),
    ("hours_free", {"beside": ("短视频班",)}, Verdict.WARN),
    ("hours_free", {"clashing": ("短视频班",), "beside": ("按摩班",)}, Verdict.BLOCK),
    ("employment", {}, Verdict.OK),
    ("employment", {"employed": True}, Verdict.WARN),
]


def of(rule: str, facts: Facts) -> Judgement:
    return next(one for one in rules.judge(facts) if one.rule == rule)


@pytest.mark.parametrize(("rule", "changes", "verdict"), CASES)
def test_what_each_rule_says(rule: str, changes: dict[str, object], verdict: Verdict):
    judgement = of(rule, replace(FACTS, **changes))
    assert judgement.verdict is verdict
    assert judgement.reason.endswith("。")
    assert judgement.told.endswith("。")


def test_every_rule_has_its_cases():
    assert {case[0] for case in CASES} == {rule.name for rule in rules.RULES}
    assert {case[0] for case in CASES if case[2] is Verdict.OK} == {r.name for r in rules.RULES}


def test_a_person_to_whom_nothing_stands_in_the_way():
    assert not rules.is_blocked(rules.judge(FACTS))
    assert rules.reasons(rules.judge(FACTS), Verdict.WARN, role=Role.TRAINEE) == []


@pytest.mark.parametrize(("rule", "changes", "verdict"), CASES)
def test_a_base_reads_no_kind_of_disability(
    rule: str, changes: dict[str, object], verdict: Verdict
):
    told = of(rule, replace(FACTS, **changes)).told
    assert not any(one.label in told for one in Category), told
    assert "家属" not in told


def test_what_is_kept_is_json_and_names_the_facts_looked_at():
    judgements = rules.judge(replace(FACTS, **taken(Level.FOUR, passed=True)))
    kept = json.loads(json.dumps({one.rule: one.inputs for one in judgements}))
    assert kept["category"]["categories"] == ["physical"]
    assert kept["certificate"]["certificate_expires"] == "2030-01-10"
    assert kept["once"]["taken"] == [
        {"occupation": "互联网营销师", "level": "four", "passed": True}
    ]


def test_limits_are_configuration_with_a_source():
    generous = rules.Limits(courses_a_year=5)
    facts = replace(FACTS, courses_this_year=3)
    judged = {one.rule: one.verdict for one in rules.judge(facts, generous)}
    assert judged["yearly_limit"] is Verdict.OK
    assert rules.LIMITS.working_age.source


@pytest.mark.parametrize(
    "state", sorted(set(ClassState) - {ClassState.ENROLLING, ClassState.RUNNING})
)
def test_nobody_leaves_a_class_that_is_over(state: ClassState):
    with pytest.raises(TransitionRefused):
        rules.refuse_withdrawal(state)


def test_reference_number():
    assert rules.reference_number(date(2024, 3, 1), 123) == "BM2024-000123"
