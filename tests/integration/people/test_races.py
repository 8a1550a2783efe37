"""Two officers at the same moment, with real transactions."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Event, Thread
from typing import Any

from flask import Flask
from sqlalchemy import func, select, text

from app.courses.models import TrainingClass
from app.enrolment import services as enrolment
from app.enrolment.models import Enrolment
from app.enrolment.types import AppliedBy
from app.people import queries, services
from app.people.models import Person, PersonMerge, YearlyCheck
from app.people.types import (
    CertificateFacts,
    CheckedEmployment,
    CheckFacts,
    Hukou,
    PersonFacts,
)
from app.placement import services as placement
from app.placement.models import EmploymentSpell
from app.placement.types import EmploymentForm, SpellFacts
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories


def at_once(app: Flask, *commands: Callable[[], Any]) -> list[str | None]:
    """Run commands together, each in a transaction of its own; the refusals."""
    start = Barrier(len(commands))
    refusals: list[str | None] = []

    def run(command: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                with unit_of_work():
                    command()
            except DomainError as error:
                refusals.append(error.message)
            else:
                refusals.append(None)
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=[command]) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return refusals


def test_a_person_registered_twice_at_once_is_there_once(committing_app: Flask) -> None:
    factories.region(factories.TOWNSHIP)
    actor = factories.actor(Role.TOWNSHIP)
    db.session.commit()
    facts = PersonFacts(name="王小草", residence_code=factories.TOWNSHIP, hukou=Hukou.RURAL)
    certificate = CertificateFacts(f"{factories.citizen_number()}12", date(2020, 1, 1))

    def register() -> None:
        services.register_person(actor=actor, facts=facts, certificate=certificate)

    refusals = at_once(committing_app, register, register)
    assert sum(one is None for one in refusals) == 1
    assert "已经登记过" in next(one for one in refusals if one is not None)
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_check_made_twice_at_once_is_there_once(committing_app: Flask) -> None:
    person_id = factories.person().id
    actor = factories.actor(Role.TOWNSHIP)
    db.session.commit()
    facts = CheckFacts(date(2026, 3, 1), CheckedEmployment.SEEKING)

    def check() -> None:
        person = queries.find_person(viewer=actor, person_id=person_id)
        assert person is not None
        services.record_yearly_check(actor=actor, person=person, facts=facts)

    refusals = at_once(committing_app, check, check)
    assert all(one is None or "同事" in one for one in refusals)
    assert db.session.scalar(select(func.count()).select_from(YearlyCheck)) == 1


def test_two_records_merged_into_one_another_at_once_merge_once(committing_app: Flask) -> None:
    first, second = factories.person().id, factories.person().id
    actor = factories.actor(Role.FEDERATION)
    db.session.commit()

    def merge(kept: int, other: int) -> Callable[[], None]:
        def command() -> None:
            services.merge_persons(
                actor=actor,
                kept=db.session.get_one(Person, kept),
                other=db.session.get_one(Person, other),
            )

        return command

    refusals = at_once(committing_app, merge(first, second), merge(second, first))
    assert sum(one is None for one in refusals) == 1
    assert db.session.scalar(select(func.count()).select_from(PersonMerge)) == 1


def test_nobody_enrols_or_works_on_a_record_that_is_merged_meanwhile(committing_app: Flask) -> None:
    kept, other = factories.person().id, factories.person().id
    klass_id = factories.training_class().id
    actor, officer = factories.actor(Role.FEDERATION), factories.actor(Role.TOWNSHIP)
    db.session.commit()
    merged = Event()

    def merge() -> None:
        services.merge_persons(
            actor=actor,
            kept=db.session.get_one(Person, kept),
            other=db.session.get_one(Person, other),
        )
        merged.set()
        # Long enough for the others to wait for these records.
        db.session.execute(text("SELECT pg_sleep(0.3)"))

    def apply() -> None:
        person, klass = (
            db.session.get_one(Person, other),
            db.session.get_one(TrainingClass, klass_id),
        )
        assert merged.wait(timeout=10)
        enrolment.apply(
            actor=officer,
            klass=klass,
            person=person,
            applied_by=AppliedBy.TOWNSHIP,
            employed=False,
            accommodations=[],
            nonce="n",
        )

    def report() -> None:
        assert merged.wait(timeout=10)
        placement.report_spell(
            actor=officer,
            person_id=other,
            birth_date=date(1985, 6, 15),
            facts=SpellFacts(
                form=EmploymentForm.FLEXIBLE,
                employer_id=None,
                workplace="甲",
                post="乙",
                started_on=date(2024, 5, 2),
            ),
            document=None,
        )

    refusals = at_once(committing_app, merge, apply, report)
    assert sum("并入" in (one or "") for one in refusals) == 2
    assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 0
    assert db.session.scalar(select(func.count()).select_from(EmploymentSpell)) == 0
