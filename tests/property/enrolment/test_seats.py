"""Whatever people do in whatever order: seats and waiting list stay in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app.enrolment import queries, services
from app.enrolment.models import Enrolment
from app.enrolment.types import AlreadyApplied, AppliedBy, EnrolmentState
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.db import db
from tests import factories

NOW = datetime(2024, 3, 4, 1, tzinfo=UTC)
OFFICER = Actor(account_id=1, name="测试", role=Role.FEDERATION)
PERSONS = 6


class Seats(RuleBasedStateMachine):
    """Six persons, one class of two seats, applications and withdrawals."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = db.session.begin_nested()
        with clock.frozen(NOW):
            self.klass = factories.training_class(capacity=2)
            self.people = [factories.person() for _ in range(PERSONS)]
        self.number = 0
        #: Who should sit and wait, reckoned without the database.
        self.seated: list[int] = []
        self.queue: list[int] = []

    def teardown(self) -> None:
        self.savepoint.rollback()
        db.session.expunge_all()

    @rule(who=st.integers(0, PERSONS - 1), again=st.booleans())
    def apply(self, who: int, again: bool) -> None:
        person = self.people[who]
        if not again:
            self.number += 1
        known = person.id in self.seated + self.queue
        try:
            with clock.frozen(NOW):
                services.apply(
                    actor=OFFICER,
                    klass=self.klass,
                    person=person,
                    applied_by=AppliedBy.FEDERATION,
                    employed=False,
                    accommodations=[],
                    nonce=f"{self.klass.id}-{person.id}-{self.number}",
                )
        except AlreadyApplied:
            assert known
            return
        if known:
            return
        if len(self.seated) < self.klass.capacity:
            self.seated.append(person.id)
        else:
            self.queue.append(person.id)

    @rule(who=st.integers(0, PERSONS - 1))
    def withdraw(self, who: int) -> None:
        person = self.people[who]
        enrolment = queries.live_enrolment(class_id=self.klass.id, person_id=person.id)
        if enrolment is None:
            return
        # A nonce that was withdrawn is spent.
        self.number += 1
        with clock.frozen(NOW):
            services.withdraw(actor=OFFICER, enrolment=enrolment, reason="测试")
        if person.id in self.queue:
            self.queue.remove(person.id)
            return
        self.seated.remove(person.id)
        if self.queue:
            self.seated.append(self.queue.pop(0))

    @invariant()
    def seats_are_in_order(self) -> None:
        rows = db.session.scalars(
            select(Enrolment).where(
                Enrolment.class_id == self.klass.id, Enrolment.state != EnrolmentState.WITHDRAWN
            )
        ).all()
        seated = [one for one in rows if one.state is EnrolmentState.ENROLLED]
        waiting = queries.waiting_list(self.klass.id)
        assert len(seated) <= self.klass.capacity
        assert self.klass.seats_taken == len(seated)
        assert len({one.person_id for one in rows}) == len(rows)
        assert not (waiting and len(seated) < self.klass.capacity)
        assert [queries.position(one) for one in waiting] == list(range(1, len(waiting) + 1))
        assert {one.person_id for one in seated} == set(self.seated)
        assert [one.person_id for one in waiting] == self.queue


@contextmanager
def rolled_back() -> Iterator[None]:
    try:
        yield
    finally:
        db.session.rollback()


@pytest.mark.usefixtures("app")
def test_seats_and_waiting_list_stay_in_order():
    with rolled_back():
        run_state_machine_as_test(
            Seats,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
