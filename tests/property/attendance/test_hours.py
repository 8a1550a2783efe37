"""Hours attended never exceed hours held, whatever was marked."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.attendance import rules
from app.attendance.types import Hours, Mark, SessionHours

LESSONS = st.lists(
    st.tuples(st.integers(1, 8), st.booleans(), st.none() | st.sampled_from(Mark)), max_size=40
)
PERCENT = st.decimals(0, 100, places=2)


def reckon(lessons) -> Hours:
    sessions = [SessionHours(n, hours, off) for n, (hours, off, _) in enumerate(lessons)]
    marks = {n: mark for n, (_, _, mark) in enumerate(lessons) if mark is not None}
    return rules.reckon_hours(sessions, marks)


@given(LESSONS)
def test_never_more_than_held(lessons):
    hours = reckon(lessons)
    assert 0 <= hours.attended <= hours.held
    assert hours.held == sum(number for number, off, _ in lessons if not off)


@given(LESSONS, st.integers(0, 39))
def test_a_better_mark_never_takes_hours_away(lessons, place):
    if place >= len(lessons):
        return
    number, off, _ = lessons[place]
    better = [*lessons[:place], (number, off, Mark.PRESENT), *lessons[place + 1 :]]
    assert reckon(better).attended >= reckon(lessons).attended


@given(LESSONS, st.randoms())
def test_the_order_of_sessions_does_not_matter(lessons, chance):
    shuffled = list(lessons)
    chance.shuffle(shuffled)
    assert reckon(shuffled) == reckon(lessons)


@given(st.integers(1, 400), st.data(), PERCENT)
def test_the_share_agrees_with_fractions(held, data, minimum):
    attended = data.draw(st.integers(0, held))
    exact = Fraction(attended, held) >= Fraction(minimum) / 100
    assert rules.is_enough(Hours(attended, held), minimum) is exact
    assert (attended >= rules.hours_needed(held, minimum)) is exact


@given(st.integers(1, 400), PERCENT)
def test_the_hours_needed_can_be_reached(held, minimum):
    assert 0 <= rules.hours_needed(held, minimum) <= held
    assert rules.is_enough(Hours(held, held), minimum)
    assert rules.hours_needed(40, Decimal(80)) == 32
