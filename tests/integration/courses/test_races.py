"""Two people at the same time, with real threads and real commits."""

from collections.abc import Callable
from datetime import date, time
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from app.courses import queries, services
from app.courses.models import ClassSession, TrainingClass
from app.courses.types import ClassState, SessionPart, Slot
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError, TransitionRefused
from app.platform.eventlog import Event
from app.platform.unit_of_work import unit_of_work
from tests import factories
from tests.factories import courses as build

DAY = date(2024, 3, 11)


def together(app, *commands: Callable[[], Any]) -> list[Any]:
    """Start each command in a thread of its own at the same moment: what each gave, or the DomainError it raised."""
    gate = Barrier(len(commands))
    answers: list[Any] = [None] * len(commands)

    def run(number: int, command: Callable[[], Any]) -> None:
        with app.app_context():
            gate.wait()
            try:
                with unit_of_work():
                    answers[number] = command()
            except DomainError as refusal:
                answers[number] = refusal
            finally:
                db.session.remove()

    threads = [
        Thread(target=run, args=(number, command)) for number, command in enumerate(commands)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def refusals(answers: list[Any]) -> list[DomainError]:
    return [one for one in answers if isinstance(one, DomainError)]


@pytest.fixture
def base(committing_app):
    factories.region(factories.DISTRICT, "振兴区")
    return factories.provider()


def test_of_two_approvals_one_is_done_and_the_other_told(committing_app, base):
    officers = [factories.actor(Role.FEDERATION) for _ in range(2)]
    class_id = build.complete_plan(by=base.id, state=ClassState.SUBMITTED).id
    db.session.commit()

    def approve(officer):
        def command():
            klass = queries.find_class(viewer=officer, class_id=class_id)
            services.approve_class(actor=officer, klass=klass)

        return command

    answers = together(committing_app, *(approve(officer) for officer in officers))
    refused = refusals(answers)
    assert len(refused) == 1
    assert isinstance(refused[0], TransitionRefused)
    assert "已经是“已批准”" in refused[0].message
    assert db.session.scalar(select(func.count()).where(Event.action == "class.approved")) == 1


def test_an_approval_and_a_return_do_not_both_happen(committing_app, base):
    officer = factories.actor(Role.FEDERATION)
    class_id = build.complete_plan(by=base.id, state=ClassState.SUBMITTED).id
    db.session.commit()

    def find():
        return queries.find_class(viewer=officer, class_id=class_id)

    answers = together(
        committing_app,
        lambda: services.approve_class(actor=officer, klass=find()).id,
        lambda: services.return_class(actor=officer, klass=find(), comment="请修改").id,
    )
    assert len(refusals(answers)) == 1
    told = db.session.scalars(select(Event.action).where(Event.subject_id == class_id)).all()
    assert len(told) == 1


def test_proposals_at_the_same_time_draw_different_numbers(committing_app, base):
    staff = factories.actor(Role.PROVIDER, provider_id=base.id)
    course_id, venue_id = factories.course().id, factories.venue(base).id
    db.session.commit()

    def propose():
        return services.propose_class(
            actor=staff, course_id=course_id, venue_id=venue_id, title="班", starts_on=DAY, ends_on=DAY,
            capacity=5, assessment_plan="",
        ).number  # fmt: skip

    numbers = together(committing_app, *[propose] * 6)
    assert sorted(numbers) == [f"2024-ZX-{serial:04d}" for serial in range(1, 7)]


def test_of_two_classes_that_want_one_room_one_gets_it_and_the_other_is_told(committing_app, base):
    staff = factories.actor(Role.PROVIDER, provider_id=base.id)
    venue_id = factories.venue(base).id
    wanted = [
        (factories.training_class(by=base, state=ClassState.DRAFT).id, build.teacher_of(base.id).id)
        for _ in range(2)
    ]
    db.session.commit()

    def add(class_id, teacher_id):
        return lambda: (
            services.add_session(
                actor=staff,
                klass=queries.find_class(viewer=staff, class_id=class_id),
                slot=Slot(DAY, time(8, 30), time(10), 2),
                venue_id=venue_id,
                teacher_id=teacher_id,
                topic="选品",
                part=SessionPart.THEORY,
            ).id
        )

    refused = refusals(together(committing_app, *(add(*one) for one in wanted)))
    assert [error.field for error in refused] == ["venue_id"]
    assert "8:30-10:00 班期" in refused[0].message
    assert db.session.scalar(select(func.count()).select_from(ClassSession)) == 1
    assert db.session.scalar(select(func.count()).select_from(TrainingClass)) == 2
