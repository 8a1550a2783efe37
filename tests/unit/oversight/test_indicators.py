"""The indicators agree with worked figures and with their definitions at each boundary."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.oversight import rules
from app.oversight.sheets import figure_titles
from app.oversight.types import Dimension, Facts, Figures, Filter, MemberStatus, Question, Rate
from app.people.types import Sex
from app.placement.types import FollowUpOutcome
from tests.factories.facts import COMPLETED, START, excluded, facts, follow_up, spell, training

QUESTION = Question(date(2023, 1, 1), date(2023, 12, 31), as_of=date(2024, 12, 31))


def figures(of: Facts, **changes: Any) -> Figures:
    values = {name: getattr(QUESTION, name) for name in QUESTION.__dataclass_fields__}
    return rules.answer(of, Question(**(values | changes))).figures


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed"),
    [
        (1513, 1300, "116.38"),
        (5000, 3600, "138.89"),
        (7982, 6000, "133.03"),
        (349, 727, "48.01"),
        (1, 8, "12.50"),
        (1, 16, "6.25"),
        (1, 32, "3.13"),  # 3.125, half up
        (0, 0, "—"),
        (0, 5, "0.00"),
    ],
)
def test_rates_are_printed_as_published(numerator: int, denominator: int, printed: str) -> None:
    assert rules.percentage(Rate(numerator, denominator)) == printed


def test_the_worked_example() -> None:
    """50 completed, 2 excluded, 8 immature; 26 of 40 converted; 15 and 12 of 20 stable; 4 not reached."""
    rows: list[Any] = []
    late = date(2024, 11, 1)
    for _ in range(8):
        rows.append(training(started_on=late - timedelta(days=30), completed_on=late))
    for _ in range(2):
        gone = training()
        rows += [gone, excluded(gone), spell(gone)]
    for index in range(40):
        member = training(started_on=date(2024, 1, 2), completed_on=date(2024, 2, 1))
        rows.append(member)
        if index < 36:
            rows.append(follow_up(member))
        if index < 12:
            rows.append(spell(member, after=10))
        elif index < 15:
            rows += [spell(member, after=10, days=90), spell(member, after=110, workplace="乙单位")]
        elif index < 20:
            rows.append(spell(member, after=10, days=100))
        elif index < 26:
            # Work that began so late that half a year is not over yet.
            rows.append(spell(member, after=88))
    found = figures(
        facts(*rows), start=date(2023, 1, 1), end=date(2024, 12, 31), as_of=date(2024, 10, 20)
    )
    assert (found.cohort, found.excluded, found.immature) == (42, 2, 0)
    found = figures(facts(*rows), end=date(2024, 12, 31), as_of=date(2024, 12, 31))
    assert (found.cohort, found.excluded, found.immature) == (50, 2, 8)
    assert found.conversion == Rate(26, 40)
    assert rules.percentage(found.conversion, places=1) == "65.0"
    assert found.response == Rate(36, 40)
    found = figures(facts(*rows), end=date(2024, 12, 31), as_of=date(2024, 9, 1))
    assert (found.stability_any, found.stability_same) == (Rate(15, 20), Rate(12, 20))


@pytest.mark.parametrize(
    ("begins", "counted"),
    [
        (START, False),
        (START + timedelta(days=1), True),
        (COMPLETED + timedelta(days=90), True),
        (COMPLETED + timedelta(days=91), False),
    ],
)
def test_conversion_needs_work_after_the_start_and_within_t(begins: date, counted: bool) -> None:
    member = training()
    work = spell(member, after=(begins - COMPLETED).days)
    assert figures(facts(member, work)).conversion == Rate(int(counted), 1)


@pytest.mark.parametrize(("as_of", "rate"), [(89, Rate(0, 0)), (90, Rate(1, 1))])
def test_a_member_counts_from_the_day_it_matures(as_of: int, rate: Rate) -> None:
    member = training()
    found = figures(facts(member, spell(member)), as_of=COMPLETED + timedelta(days=as_of))
    assert found.conversion == rate


@pytest.mark.parametrize(("gap", "stable"), [(30, True), (31, False)])
def test_a_gap_of_thirty_days_is_allowed(gap: int, stable: bool) -> None:
    member = training()
    rows = [
        member,
        spell(member, after=10, days=20),
        spell(member, after=30 + gap, workplace="乙单位"),
    ]
    found = figures(facts(*rows))
    assert found.stability_any == Rate(int(stable), 1)
    assert found.stability_same == Rate(0, 1)


@pytest.mark.parametrize(("days", "stable"), [(150, False), (151, True), (181, True)])
def test_the_end_of_the_window_is_a_gap_like_any_other(days: int, stable: bool) -> None:
    """Start to start + 180 are 181 days; the last 30 of them may be without work."""
    member = training()
    assert figures(facts(member, spell(member, days=days))).stability_any == Rate(int(stable), 1)


def test_who_worked_at_enrolment_is_not_in_the_cohort() -> None:
    declared = training(employed_at_enrolment=True)
    working = training()
    before = spell(working, after=-60, days=40)
    found = figures(facts(declared, working, before))
    assert (found.completed_persons, found.cohort) == (2, 0)


def test_a_person_counts_once_by_the_earliest_completion() -> None:
    first = training()
    second = training(
        person_id=first.person_id, started_on=date(2023, 9, 1), completed_on=date(2023, 9, 30)
    )
    answer = rules.answer(facts(first, second), QUESTION)
    assert (answer.figures.trained_persons, answer.figures.trained_times) == (1, 2)
    assert [member.training for member in answer.members] == [first]


def test_a_class_over_new_year_is_trained_where_it_started_and_completed_where_it_ended() -> None:
    member = training(started_on=date(2022, 12, 20), completed_on=date(2023, 1, 10))
    found = figures(facts(member))
    assert (found.trained_persons, found.completed_persons) == (0, 1)


def test_not_reached_stays_in_the_denominator() -> None:
    reached, lost = training(), training()
    rows = [
        reached,
        lost,
        spell(reached),
        follow_up(reached),
        follow_up(lost, FollowUpOutcome.NOT_REACHED),
    ]
    found = figures(facts(*rows))
    assert (found.conversion, found.response, found.conversion_reached) == (
        Rate(1, 2),
        Rate(1, 2),
        Rate(1, 1),
    )


def test_an_exclusion_of_later_does_not_change_an_earlier_figure() -> None:
    member = training()
    rows = facts(member, spell(member), excluded(member, after=400))
    assert figures(rows, as_of=COMPLETED + timedelta(days=399)).conversion == Rate(1, 1)
    assert figures(rows, as_of=COMPLETED + timedelta(days=400)).conversion == Rate(0, 0)


def test_each_member_says_why_it_counts() -> None:
    converted, not_converted, gone = training(), training(), training()
    rows = facts(converted, not_converted, gone, spell(converted), excluded(gone))
    members = {m.training.person_id: m for m in rules.answer(rows, QUESTION).members}
    assert members[converted.person_id].status is MemberStatus.CONVERTED
    assert members[converted.person_id].spell == rows.spells[0]
    assert members[not_converted.person_id].status is MemberStatus.NOT_CONVERTED
    assert members[gone.person_id].exclusion == rows.exclusions[0]


def test_newly_employed_persons_did_not_work_the_day_before() -> None:
    one, two, three = training(), training(), training()
    rows = [
        spell(one),
        spell(two, after=-300, days=330),
        spell(two, after=30, workplace="乙单位"),
        spell(three, after=500),
    ]
    found = rules.newly_employed(rows, date(2023, 1, 1), date(2023, 12, 31), date(2024, 12, 31))
    assert [s.person_id for s in found] == [one.person_id]


def test_groups_of_the_cohort_add_up() -> None:
    rows = [training(), training(sex=Sex.MALE), training(sex=Sex.MALE)]
    parts = rules.break_down(facts(*rows, spell(rows[1])), QUESTION, Dimension.SEX)
    assert {key: part.figures.conversion for key, part in parts.items()} == {
        "female": Rate(0, 1),
        "male": Rate(1, 2),
    }
    only = rules.select_trainings(facts(*rows), Filter(sex=Sex.MALE))
    assert figures(only).cohort == 2


def test_every_figure_has_a_title() -> None:
    assert list(figure_titles()) == list(Figures.__dataclass_fields__)
