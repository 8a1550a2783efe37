"""Follow-ups: no completion date whatever makes a due date wander."""

from calendar import monthrange
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.placement import rules

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@given(DAYS)
def test_same_day_of_the_month_or_its_last(completed_on: date) -> None:
    for months, due_on in rules.due_dates(completed_on):
        index = completed_on.year * 12 + completed_on.month - 1 + months
        assert (due_on.year, due_on.month) == (index // 12, index % 12 + 1)
        assert due_on.day == min(completed_on.day, monthrange(due_on.year, due_on.month)[1])


@given(DAYS)
def test_each_is_reckoned_from_the_completion_and_not_from_the_one_before(
    completed_on: date,
) -> None:
    together = dict(rules.due_dates(completed_on))
    for months, due_on in together.items():
        assert rules.due_dates(completed_on, [months]) == ((months, due_on),)


@given(DAYS)
def test_the_completion_is_told_by_its_due_dates(completed_on: date) -> None:
    assert rules.completed_on(rules.due_dates(completed_on)) == completed_on


@given(DAYS, DAYS)
def test_a_later_completion_is_never_followed_up_earlier(first: date, second: date) -> None:
    earlier, later = sorted((first, second))
    pairs = zip(rules.due_dates(earlier), rules.due_dates(later), strict=True)
    assert all(before[1] <= after[1] for before, after in pairs)
