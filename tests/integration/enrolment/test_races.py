"""Races for seats with real threads, on a database that commits."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

from flask import Flask
from sqlalchemy import select

from app.courses.queries import find_class
from app.enrolment import queries, services
from app.enrolment.models import Enrolment
from app.enrolment.types import AppliedBy, EnrolmentState
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories

NOW = datetime(2024, 3, 4, 1, tzinfo=UTC)
AUDITOR = Actor(account_id=1, name="测试", role=Role.AUDITOR)


def at_once(app: Flask, tasks: list) -> list[object]:
    """Run all tasks in threads of their own, let loose together; what each returned or raised."""
    barrier = Barrier(len(tasks))

    def run(task) -> object:
        with app.app_context(), clock.frozen(NOW):
            barrier.wait()
            try:
                with unit_of_work():
                    return task()
            except DomainError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def application(class_id: int, person_id: int, nonce: str | None = None):
    actor = Actor(account_id=1, name="测试", role=Role.TRAINEE, person_id=person_id)

    def apply() -> EnrolmentState:
        klass = find_class(viewer=AUDITOR, class_id=class_id)
        person = queries.person_by_id(person_id)
        assert klass is not None
        assert person is not None
        return services.apply(
            actor=actor,
            klass=klass,
            person=person,
            applied_by=AppliedBy.SELF,
            employed=False,
            accommodations=[],
            nonce=nonce or f"race-{class_id}-{person_id}",
        ).state

    return apply


def withdrawal(enrolment_id: int):
    def withdraw() -> None:
        enrolment = queries.find_enrolment(viewer=AUDITOR, enrolment_id=enrolment_id)
        assert enrolment is not None
        services.withdraw(
            actor=Actor(account_id=1, name="测试", role=Role.FEDERATION),
            enrolment=enrolment,
            reason="测试",
        )

    return withdraw


def prepare(capacity: int, persons: int) -> tuple[int, list[int]]:
    klass = factories.training_class(capacity=capacity)
    ids = [factories.person().id for _ in range(persons)]
    db.session.commit()
    return klass.id, ids


def states(class_id: int) -> Counter[str]:
    db.session.expire_all()
    return Counter(
        db.session.scalars(select(Enrolment.state).where(Enrolment.class_id == class_id))
    )


def test_two_persons_race_for_the_last_seat(committing_app):
    for _ in range(5):
        class_id, persons = prepare(1, 2)
        got = at_once(committing_app, [application(class_id, one) for one in persons])
        assert Counter(got) == {EnrolmentState.ENROLLED: 1, EnrolmentState.WAITING: 1}
        assert queries.position(queries.waiting_list(class_id)[0]) == 1


def test_thirty_threads_take_ten_seats(committing_app):
    committing_app_pool(committing_app)
    class_id, persons = prepare(10, 30)
    got = at_once(committing_app, [application(class_id, one) for one in persons])
    assert Counter(got) == {EnrolmentState.ENROLLED: 10, EnrolmentState.WAITING: 20}
    assert find_class(viewer=AUDITOR, class_id=class_id).seats_taken == 10
    waiting = queries.waiting_list(class_id)
    assert [queries.position(one) for one in waiting] == list(range(1, 21))


def committing_app_pool(app: Flask) -> None:
    """Each thread holds a connection while it waits for the class."""
    assert db.engine.pool.size() + db.engine.pool._max_overflow >= 16


def test_one_person_pressing_in_ten_windows_has_one_place(committing_app):
    class_id, (person,) = prepare(5, 1)
    got = at_once(committing_app, [application(class_id, person, f"w{n}") for n in range(10)])
    assert got.count(EnrolmentState.ENROLLED) == 1
    assert sum(isinstance(one, DomainError) for one in got) == 9
    assert states(class_id) == {EnrolmentState.ENROLLED: 1}


def test_the_same_form_sent_ten_times_at_once_is_one_application(committing_app):
    class_id, (person,) = prepare(5, 1)
    got = at_once(committing_app, [application(class_id, person, "same")] * 10)
    assert got == [EnrolmentState.ENROLLED] * 10
    assert states(class_id) == {EnrolmentState.ENROLLED: 1}


def test_leaving_and_coming_at_once_leaves_no_seat_empty(committing_app):
    class_id, persons = prepare(4, 12)
    at_once(committing_app, [application(class_id, one) for one in persons[:8]])
    enrolled = [one.id for one in queries.roster(class_id)]
    db.session.rollback()
    tasks = [withdrawal(one) for one in enrolled]
    tasks += [application(class_id, one) for one in persons[8:]]
    assert not [one for one in at_once(committing_app, tasks) if isinstance(one, DomainError)]
    assert states(class_id) == {
        EnrolmentState.ENROLLED: 4,
        EnrolmentState.WAITING: 4,
        EnrolmentState.WITHDRAWN: 4,
    }


def test_one_person_does_not_get_two_classes_at_the_same_hours(committing_app):
    first, second = factories.training_class(), factories.training_class()
    factories.class_session(first, day=date(2024, 3, 11))
    factories.class_session(second, day=date(2024, 3, 11))
    person = factories.person()
    db.session.commit()
    ids = (first.id, second.id)
    got = at_once(committing_app, [application(one, person.id) for one in ids])
    assert got.count(EnrolmentState.ENROLLED) == 1
    assert sum(isinstance(one, DomainError) and "冲突" in one.message for one in got) == 1
