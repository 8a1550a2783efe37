"""Two transactions that wait for each other: one is done, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import select

from app.people.models import Person
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories


def test_of_two_that_wait_for_each_other_one_is_told(committing_app: Flask) -> None:
    first, second = factories.person().id, factories.person().id
    db.session.commit()
    both_hold_one = Barrier(2)

    def hold(person_ids: tuple[int, int]) -> str | None:
        with committing_app.app_context():
            try:
                with unit_of_work():
                    for place, person_id in enumerate(person_ids):
                        if place:
                            both_hold_one.wait(timeout=10)
                        db.session.execute(
                            select(Person.id).where(Person.id == person_id).with_for_update()
                        )
            except DomainError as refusal:
                return refusal.message
            finally:
                db.session.remove()
            return None

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(hold, [(first, second), (second, first)]))
    assert told.count(None) == 1
    assert any("再提交一次" in one for one in told if one)
