"""A GET reads on connections that PostgreSQL lets write nothing, unless it enters a unit of work."""

import pytest
from flask import Flask
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import func, select, text
from sqlalchemy.exc import InternalError

from app.platform import eventlog
from app.platform.access import SYSTEM
from app.platform.db import db
from app.platform.eventlog import Event
from app.platform.unit_of_work import unit_of_work


def events() -> int:
    return db.session.scalar(select(func.count()).select_from(Event)) or 0


def log_and_fail() -> None:
    with unit_of_work():
        eventlog.record(actor=SYSTEM, action="test.looked")
        raise ZeroDivisionError


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_written_on_a_get(committing_app: Flask, method: str) -> None:
    with (
        committing_app.test_request_context("/", method=method),
        pytest.raises(InternalError) as caught,
    ):
        eventlog.record(actor=SYSTEM, action="test.looked")
    assert isinstance(caught.value.orig, ReadOnlySqlTransaction)


def test_a_get_may_log_within_a_unit_of_work_and_sees_it(committing_app: Flask) -> None:
    with committing_app.test_request_context("/"):
        before = events()
        with unit_of_work():
            eventlog.record(actor=SYSTEM, action="test.looked")
        assert events() == before + 1


def test_such_a_unit_of_work_leaves_nothing_when_it_fails(committing_app: Flask) -> None:
    with committing_app.test_request_context("/"):
        before = events()
        with pytest.raises(ZeroDivisionError):
            log_and_fail()
        assert events() == before


def test_a_post_writes(committing_app: Flask) -> None:
    with committing_app.test_request_context("/", method="POST"), unit_of_work():
        eventlog.record(actor=SYSTEM, action="test.changed")


def test_statements_stay_prepared_from_one_get_to_the_next(committing_app: Flask) -> None:
    for _ in range(8):
        with committing_app.test_request_context("/"):
            events()
            db.session.remove()
    with committing_app.test_request_context("/"):
        kept = db.session.scalar(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM event'")
        )
    assert kept == 1
