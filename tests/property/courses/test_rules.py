"""What holds for every class, timetable and slot."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.courses import rules
from app.courses.types import ClassState
from app.platform.access import Role
from app.platform.errors import DomainError, TransitionRefused

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
STARTS = st.times(time(6), time(16)).map(lambda moment: moment.replace(second=0, microsecond=0))


def attempt(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, DomainError | None]:
    """What the call gives, or how it refuses."""
    try:
        return call(*args, **kwargs), None
    except DomainError as refusal:
        return None, refusal


class AnyCommands(RuleBasedStateMachine):
    """Whoever presses what in whatever order, a class only goes along the table."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ClassState.DRAFT
        self.path = [self.state]

    @rule(wanted=st.sampled_from(ClassState), role=st.sampled_from(Role))
    def press(self, wanted: ClassState, role: Role) -> None:
        _, refusal = attempt(rules.refuse_move, self.state, wanted, role)
        if isinstance(refusal, TransitionRefused):
            assert (refusal.origin, refusal.target) == (self.state, wanted)
        else:
            self.state = wanted
            self.path.append(wanted)

    @invariant()
    def every_step_stands_in_the_table(self) -> None:
        steps = {(step.origin, step.target) for step in rules.TRANSITIONS}
        assert set(zip(self.path, self.path[1:], strict=False)) <= steps

    @invariant()
    def nothing_runs_that_was_not_approved(self) -> None:
        if self.state in rules.PUBLISHED - {ClassState.CANCELLED}:
            assert ClassState.APPROVED in self.path


TestAnyCommands = AnyCommands.TestCase


@given(
    first=DAYS,
    length=st.integers(0, 120),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    starts=STARTS,
    lesson_hours=st.integers(1, 8),
    until_hours=st.integers(1, 160),
)
def test_a_weekly_repeat_gives_exactly_the_hours_on_the_wanted_days_or_says_how_many_fit(
    first, length, weekdays, starts, lesson_hours, until_hours
):
    last = first + timedelta(days=length)
    wanted = {
        "first": first, "last": last, "weekdays": weekdays, "starts": starts,
        "lesson_hours": lesson_hours, "until_hours": until_hours,
    }  # fmt: skip
    slots, refusal = attempt(rules.weekly_slots, **wanted)
    if refusal is not None:
        assert refusal.field == "until_hours"
        days = sum((first + timedelta(days=n)).weekday() in weekdays for n in range(length + 1))
        assert days * lesson_hours < until_hours
        return
    assert sum(slot.lesson_hours for slot in slots) == until_hours
    assert all(slot.day.weekday() in weekdays and first <= slot.day <= last for slot in slots)
    assert all(1 <= slot.lesson_hours <= lesson_hours for slot in slots)
    assert len({slot.day for slot in slots}) == len(slots)


@given(starts=STARTS, ends=st.times())
def test_lesson_hours_are_whole_and_at_most_eight_or_refused(starts, ends):
    minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    hours, refusal = attempt(rules.hours_between, starts, ends)
    if refusal is not None:
        assert refusal.field == "ends"
        assert minutes <= 0 or minutes % 45 or minutes > 8 * 45
    else:
        assert hours * 45 == minutes
        assert 1 <= hours <= 8


@given(day=DAYS, starts=STARTS, hours=st.integers(1, 8))
def test_a_slot_from_lesson_hours_has_those_hours(day, starts, hours):
    slot, refusal = attempt(
        rules.settle_slot, day=day, starts=starts, ends=None, lesson_hours=hours
    )
    if refusal is not None:
        assert starts.hour * 60 + starts.minute + hours * 45 >= 24 * 60
    else:
        assert rules.hours_between(slot.starts, slot.ends) == hours
