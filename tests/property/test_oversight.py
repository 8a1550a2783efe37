"""What must hold of the indicators whatever the rows are."""

import io
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.courses.types import TrainingField
from app.oversight import rules
from app.oversight.sheets import indicators_workbook
from app.oversight.types import (
    ClosedFollowUp,
    Dimension,
    Excluded,
    Facts,
    MemberStatus,
    Question,
    Rate,
    Spell,
    Training,
)
from app.people.types import Category, Hukou, Sex
from app.placement.types import EvidenceGrade, ExclusionReason, FollowUpOutcome
from app.providers.types import TrainingKind
from benchmarks.recompute_indicators import published, recompute

DAYS = st.dates(date(2022, 1, 1), date(2025, 12, 31))
PERSONS = st.integers(1, 6)


@st.composite
def trainings(draw: st.DrawFn, number: int) -> Training:
    started_on = draw(DAYS)
    length = draw(st.integers(0, 60))
    passed = draw(st.booleans())
    return Training(
        enrolment_id=number,
        person_id=draw(PERSONS),
        class_id=draw(st.integers(1, 3)),
        provider_id=draw(st.integers(1, 3)),
        kind=draw(st.sampled_from(list(TrainingKind))),
        field=draw(st.sampled_from(list(TrainingField))),
        sex=draw(st.sampled_from(list(Sex))),
        hukou=draw(st.sampled_from(list(Hukou))),
        category=draw(st.sampled_from([*Category, None])),
        residence_code=draw(st.sampled_from(["210603101001", "210603102"])),
        applied_on=started_on - timedelta(days=draw(st.integers(0, 30))),
        started_on=started_on,
        attended=passed or draw(st.booleans()),
        employed_at_enrolment=draw(st.booleans()) and draw(st.booleans()),
        completed_on=started_on + timedelta(days=length) if passed else None,
    )


@st.composite
def spells(draw: st.DrawFn, number: int) -> Spell:
    started_on = draw(DAYS)
    length = draw(st.none() | st.integers(0, 400))
    return Spell(
        spell_id=number,
        person_id=draw(PERSONS),
        started_on=started_on,
        ended_on=None if length is None else started_on + timedelta(days=length),
        workplace=draw(st.sampled_from(["甲", "乙"])),
        grade=draw(st.sampled_from([*EvidenceGrade, None])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """A small district."""
    made = tuple(draw(trainings(number)) for number in range(1, draw(st.integers(0, 10)) + 1))
    ids = st.sampled_from([t.enrolment_id for t in made]) if made else st.nothing()
    follow_ups = st.builds(ClosedFollowUp, ids, DAYS, st.sampled_from(list(FollowUpOutcome)))
    exclusions = st.builds(Excluded, ids, DAYS, st.sampled_from(list(ExclusionReason)))
    return Facts(
        made,
        tuple(draw(spells(number)) for number in range(1, draw(st.integers(0, 10)) + 1)),
        tuple(draw(st.lists(follow_ups, max_size=8))) if made else (),
        tuple(draw(st.lists(exclusions, max_size=2, unique_by=lambda e: e.enrolment_id)))
        if made
        else (),
    )


QUESTIONS = st.builds(
    lambda a, b, as_of, t, d: Question(min(a, b), max(a, b), as_of, t, d),
    DAYS,
    DAYS,
    st.dates(date(2022, 1, 1), date(2027, 12, 31)),
    st.sampled_from([60, 90, 180]),
    st.sampled_from([90, 180, 365]),
)


@given(worlds(), QUESTIONS)
def test_a_rate_never_exceeds_one_and_its_parts_add_up(world: Facts, question: Question) -> None:
    found = rules.answer(world, question).figures
    for rate in (
        found.conversion,
        found.conversion_reached,
        found.response,
        found.stability_any,
        found.stability_same,
    ):
        assert 0 <= rate.numerator <= rate.denominator
    assert found.cohort == found.excluded + found.immature + found.conversion.denominator
    assert found.stability_any.denominator <= found.conversion.numerator
    assert found.stability_same.numerator <= found.stability_any.numerator
    assert found.trained_persons <= found.trained_times
    assert found.cohort <= found.completed_persons <= found.completed_times


@given(worlds(), QUESTIONS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    world: Facts, question: Question, random: Random
) -> None:
    def shuffled(rows: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(rows, len(rows)))

    mixed = Facts(*(shuffled(getattr(world, name)) for name in world.__dataclass_fields__))  # type: ignore[arg-type]
    assert rules.answer(mixed, question).figures == rules.answer(world, question).figures


@given(worlds(), QUESTIONS, st.sampled_from(list(Dimension)))
def test_the_cohort_of_all_groups_is_the_cohort(
    world: Facts, question: Question, dimension: Dimension
) -> None:
    whole = rules.answer(world, question).figures
    parts = [part.figures for part in rules.break_down(world, question, dimension).values()]
    assert sum(part.cohort for part in parts) == whole.cohort
    assert sum(part.conversion.numerator for part in parts) == whole.conversion.numerator
    assert sum(part.stability_any.denominator for part in parts) == whole.stability_any.denominator
    assert sum(part.trained_times for part in parts) == whole.trained_times


@given(worlds(), QUESTIONS)
def test_person_times_of_two_halves_are_those_of_the_whole(
    world: Facts, question: Question
) -> None:
    middle = question.start + (question.end - question.start) // 2
    first = rules.answer(world, replace(question, end=middle)).figures
    second = rules.answer(world, replace(question, start=middle + timedelta(days=1))).figures
    whole = rules.answer(world, question).figures
    assert first.trained_times + second.trained_times == whole.trained_times
    assert first.completed_times + second.completed_times == whole.completed_times


@given(worlds(), QUESTIONS)
def test_somebody_who_never_trained_changes_nothing(world: Facts, question: Question) -> None:
    stranger = Spell(999, 999, question.start, None, "丙", None)
    assert (
        rules.answer(replace(world, spells=(*world.spells, stranger)), question).figures
        == rules.answer(world, question).figures
    )


@given(worlds(), QUESTIONS)
def test_one_verified_placement_in_time_moves_the_numerator_by_one(
    world: Facts, question: Question
) -> None:
    answer = rules.answer(world, question)
    member = next((m for m in answer.members if m.status is MemberStatus.NOT_CONVERTED), None)
    if member is None or member.training.completed_on is None:
        return
    begins = member.training.completed_on + timedelta(days=question.conversion_days)
    placed = Spell(999, member.training.person_id, begins, begins, "丙", None)
    before = answer.figures.conversion
    after = rules.answer(
        replace(world, spells=(*world.spells, placed)), question
    ).figures.conversion
    assert after == Rate(before.numerator + 1, before.denominator)


@settings(max_examples=60, deadline=None)
@given(worlds(), QUESTIONS)
def test_sql_over_the_exported_rows_gives_the_same_figures(
    world: Facts, question: Question
) -> None:
    """Written from the definitions' text, sharing no code with the application."""
    exported = indicators_workbook(world, question, rules.answer(world, question), {}, [])
    content = exported.getvalue()
    assert recompute(io.BytesIO(content)) == published(io.BytesIO(content))
