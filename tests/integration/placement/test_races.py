"""What happens at the same moment, on real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.placement import queries, services
from app.placement.models import EmploymentSpell, FollowUp, FollowUpAttempt
from app.placement.types import ContactMethod, EmploymentForm, FollowUpOutcome, SpellFacts
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories

Command = Callable[[], object]


@pytest.fixture(autouse=True)
def now() -> None:
    """Other threads do not see a held clock: the real one runs."""


def at_once(app: Flask, commands: list[Command]) -> list[str]:
    """Run each command in a transaction of its own, all at the same moment: "done" or the refusal."""
    barrier = Barrier(len(commands))

    def run(command: Command) -> str:
        with app.app_context():
            try:
                with unit_of_work():
                    barrier.wait(timeout=10)
                    command()
            except DomainError as refusal:
                return refusal.message
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(run, commands))


def planned(app: Flask) -> tuple[int, int]:
    """Ids of a follow-up and its person."""
    enrolment = factories.enrolment()
    services.plan_follow_ups(
        actor=factories.actor(Role.FEDERATION),
        enrolment_id=enrolment.id,
        person_id=enrolment.person_id,
        completed_on=clock.today() - timedelta(days=40),
    )
    db.session.commit()
    return queries.follow_ups_of(enrolment.id)[0].id, enrolment.person_id


def test_of_two_officers_one_closes_and_the_other_is_told(committing_app: Flask) -> None:
    follow_up_id, _ = planned(committing_app)
    officers = [factories.actor(Role.TOWNSHIP) for _ in range(4)]
    db.session.commit()

    def close(number: int) -> Command:
        def command() -> None:
            services.close_follow_up(
                actor=officers[number],
                follow_up=db.session.get_one(FollowUp, follow_up_id),
                outcome=FollowUpOutcome.REFUSED,
                method=ContactMethod.PHONE,
                on=clock.today(),
                note="",
            )

        return command

    results = at_once(committing_app, [close(number) for number in range(4)])
    assert results.count("done") == 1
    assert sum("没有保存" in result for result in results) == 3


def test_one_form_sent_four_times_is_one_attempt(committing_app: Flask) -> None:
    follow_up_id, _ = planned(committing_app)
    officer = factories.actor(Role.TOWNSHIP)
    db.session.commit()

    def attempt() -> None:
        services.record_attempt(
            actor=officer,
            follow_up=db.session.get_one(FollowUp, follow_up_id),
            method=ContactMethod.PHONE,
            on=clock.today(),
            note="",
            nonce="the-same",
        )

    assert at_once(committing_app, [attempt] * 4) == ["done"] * 4
    assert db.session.scalar(select(func.count()).select_from(FollowUpAttempt)) == 1


def test_one_report_sent_four_times_is_one_spell(committing_app: Flask) -> None:
    _, person_id = planned(committing_app)
    officer = factories.actor(Role.TOWNSHIP)
    started_on = clock.today() - timedelta(days=9)
    facts = SpellFacts(EmploymentForm.FLEXIBLE, None, "家里", "客服", started_on)
    db.session.commit()

    def report() -> None:
        services.report_spell(
            actor=officer,
            person_id=person_id,
            birth_date=started_on.replace(year=1985),
            facts=facts,
            document=None,
        )

    assert at_once(committing_app, [report] * 4) == ["done"] * 4
    assert db.session.scalar(select(func.count()).select_from(EmploymentSpell)) == 1
