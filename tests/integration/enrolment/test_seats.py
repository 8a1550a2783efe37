"""Seats and the waiting list."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.courses.models import TrainingClass
from app.courses.types import ClassState
from app.enrolment import queries, services
from app.enrolment.models import Enrolment
from app.enrolment.types import AlreadyApplied, AppliedBy, EnrolmentState, Ineligible
from app.people.models import Person
from app.platform import clock, eventlog
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError, TransitionRefused
from app.platform.outbox import OutboxMessage
from tests import factories

NOW = datetime(2024, 3, 4, 1, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("app", "_frozen")


@pytest.fixture(name="_frozen")
def frozen():
    with clock.frozen(NOW):
        yield


def apply(klass: TrainingClass, person: Person | None = None, **changes: object) -> Enrolment:
    person = person or factories.person()
    values = {
        "actor": factories.actor(Role.TRAINEE, person_id=person.id),
        "klass": klass,
        "person": person,
        "applied_by": AppliedBy.SELF,
        "employed": False,
        "accommodations": [],
        "nonce": f"n-{klass.id}-{person.id}",
    }
    return services.apply(**(values | changes))


def test_the_last_seat_is_given_and_the_next_person_waits():
    klass = factories.training_class(capacity=1)
    first, second, third = apply(klass), apply(klass), apply(klass)
    assert first.state is EnrolmentState.ENROLLED
    assert [second.state, third.state] == [EnrolmentState.WAITING] * 2
    assert [queries.position(one) for one in (first, second, third)] == [None, 1, 2]
    assert klass.seats_taken == 1


def test_a_freed_seat_goes_to_the_first_of_the_waiting_list_who_is_told():
    klass = factories.training_class(capacity=1)
    first = apply(klass)
    second = apply(klass, factories.person(phone="13912345678"))
    third = apply(klass)
    services.withdraw(actor=factories.actor(Role.FEDERATION), enrolment=first, reason="生病")
    assert first.state is EnrolmentState.WITHDRAWN
    assert second.state is EnrolmentState.ENROLLED
    assert queries.position(third) == 1
    assert klass.seats_taken == 1
    message = db.session.scalars(select(OutboxMessage)).one()
    assert message.recipient == "13912345678"
    assert "有名额了" in message.body


def test_withdrawing_from_the_waiting_list_lets_the_others_move_up():
    klass = factories.training_class(capacity=1)
    _, second, third = apply(klass), apply(klass), apply(klass)
    services.withdraw(actor=factories.actor(Role.FEDERATION), enrolment=second, reason="不参加了")
    assert queries.position(third) == 1
    assert klass.seats_taken == 1


def test_withdrawing_twice_frees_one_seat():
    klass = factories.training_class(capacity=1)
    first, second, third = apply(klass), apply(klass), apply(klass)
    actor = factories.actor(Role.FEDERATION)
    services.withdraw(actor=actor, enrolment=first, reason="生病")
    services.withdraw(actor=actor, enrolment=first, reason="生病")
    assert second.state is EnrolmentState.ENROLLED
    assert third.state is EnrolmentState.WAITING
    assert len([e for e in eventlog.history_of(first) if e.action == "enrolment.withdrawn"]) == 1


def test_after_teaching_began_nobody_moves_up():
    klass = factories.training_class(capacity=1)
    first, second = apply(klass), apply(klass)
    klass.state = ClassState.RUNNING
    services.withdraw(actor=factories.actor(Role.FEDERATION), enrolment=first, reason="生病")
    assert second.state is EnrolmentState.WAITING


def test_nobody_withdraws_from_a_class_that_is_over():
    klass = factories.training_class(state=ClassState.COMPLETED)
    enrolment = factories.enrolment(into=klass)
    with pytest.raises(TransitionRefused, match="已结业"):
        services.withdraw(actor=factories.actor(Role.FEDERATION), enrolment=enrolment, reason="x")


def test_the_same_form_twice_is_one_application():
    klass = factories.training_class()
    person = factories.person()
    assert apply(klass, person, nonce="same").id == apply(klass, person, nonce="same").id
    assert klass.seats_taken == 1


def test_a_second_application_is_told_of_the_first():
    klass = factories.training_class()
    person = factories.person()
    first = apply(klass, person)
    with pytest.raises(AlreadyApplied) as refused:
        apply(klass, person, nonce="another")
    assert refused.value.enrolment_id == first.id


def test_a_form_is_not_used_for_another_class():
    person = factories.person()
    apply(factories.training_class(), person, nonce="same")
    with pytest.raises(DomainError, match="重新打开"):
        apply(factories.training_class(), person, nonce="same")


def test_who_withdrew_may_come_again_to_the_end_of_the_list():
    klass = factories.training_class(capacity=1)
    person = factories.person()
    first, second = apply(klass, person), apply(klass)
    services.withdraw(actor=factories.actor(Role.FEDERATION), enrolment=first, reason="生病")
    again = apply(klass, person, nonce="again")
    assert second.state is EnrolmentState.ENROLLED
    assert queries.position(again) == 1


def test_the_verdicts_are_kept_without_identity_number():
    person = factories.person()
    enrolment = apply(factories.training_class(), person)
    assert {one["rule"] for one in enrolment.eligibility} >= {
        "certificate",
        "working_age",
        "consent",
    }
    assert all(one["inputs"] for one in enrolment.eligibility)
    assert person.citizen_number not in str(enrolment.eligibility)


def test_a_base_is_not_told_the_diagnosis():
    klass = factories.training_class(of=massage())
    person = factories.person(category=factories.Category.HEARING)
    with pytest.raises(Ineligible) as to_base:
        apply(klass, person, actor=factories.actor(Role.PROVIDER, provider_id=klass.provider_id))
    with pytest.raises(Ineligible) as to_township:
        apply(klass, person, actor=factories.actor(Role.TOWNSHIP))
    assert "不符合本课程的招收范围" in to_base.value.message
    assert "视力" not in to_base.value.message
    assert "视力" in to_township.value.message


def massage():
    return factories.course(field=factories.TrainingField.MASSAGE, occupation="保健按摩师")


def test_sessions_of_two_classes_must_not_collide():
    person = factories.person()
    mine, other, elsewhen = (factories.training_class(title=f"班{n}") for n in "一二三")
    factories.class_session(mine)
    factories.class_session(other)
    factories.class_session(elsewhen, starts=factories.time(14))
    apply(mine, person)
    with pytest.raises(Ineligible, match="冲突"):
        apply(other, person)
    assert apply(elsewhen, person).state is EnrolmentState.ENROLLED


def test_no_more_than_three_classes_a_year():
    person = factories.person()
    for number in range(3):
        apply(factories.training_class(of=factories.course(occupation=f"职业{number}")), person)
    with pytest.raises(Ineligible, match="最多 3 个"):
        apply(factories.training_class(), person)


def test_reason_is_not_logged():
    enrolment = apply(factories.training_class())
    services.withdraw(
        actor=factories.actor(Role.FEDERATION), enrolment=enrolment, reason="旧病复发"
    )
    assert enrolment.withdrawal_reason == "旧病复发"
    assert "旧病" not in str([e.detail for e in eventlog.history_of(enrolment)])
