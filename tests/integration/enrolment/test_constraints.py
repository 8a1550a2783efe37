"""What the database itself refuses of enrolments."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import column, select
from sqlalchemy import table as text_table
from sqlalchemy.exc import IntegrityError

from app.courses.models import TrainingClass
from app.enrolment.types import EnrolmentState
from app.platform.db import Base, db
from tests import factories

NOW = datetime(2024, 3, 4, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("app")


def raw(name):
    """The table with enums as text, so that an unknown word reaches the database."""
    words = {"state", "applied_by", "kind"}
    columns = Base.metadata.tables[name].c
    return text_table(
        name, *(column(c.name) if c.name in words else column(c.name, c.type) for c in columns)
    )


def refuse(name, row, constraint):
    with pytest.raises(IntegrityError) as broken, db.session.begin_nested():
        db.session.execute(raw(name).insert().values(row))
    assert broken.value.orig.diag.constraint_name == constraint


def row(**changes):
    return {
        "class_id": changes.pop("class_id", None) or factories.training_class().id,
        "person_id": changes.pop("person_id", None) or factories.person().id,
        "state": "enrolled",
        "applied_at": NOW,
        "applied_by": "self",
        "applied_by_id": 0,
        "nonce": "n",
        "employed_at_enrolment": False,
        "eligibility": [],
        "enrolled_at": NOW,
        "withdrawn_at": None,
        "withdrawal_reason": "",
    } | changes


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "dreaming"}, "ck_enrolment_state_known"),
        ({"applied_by": "nobody"}, "ck_enrolment_applied_by_known"),
        ({"enrolled_at": None}, "ck_enrolment_enrolled_at"),
        ({"state": "withdrawn"}, "ck_enrolment_withdrawn_at"),
        ({"withdrawn_at": NOW}, "ck_enrolment_withdrawn_at"),
        ({"person_id": -1}, "fk_enrolment_person_id"),
        ({"class_id": -1, "state": "waiting"}, "fk_enrolment_class_id"),
    ],
)
def test_the_database_refuses(changes, constraint):
    refuse("enrolment", row(**changes), constraint)


def test_one_live_enrolment_per_person_and_class():
    one = factories.enrolment()
    same = row(class_id=one.class_id, person_id=one.person_id)
    refuse("enrolment", same, "uq_enrolment_live")
    gone = factories.enrolment(state=EnrolmentState.WITHDRAWN)
    db.session.execute(
        raw("enrolment").insert().values(row(class_id=gone.class_id, person_id=gone.person_id))
    )


def test_a_nonce_is_used_once():
    factories.enrolment(nonce="n")
    refuse("enrolment", row(), "uq_enrolment_nonce")


def test_no_seat_beyond_the_capacity_whoever_writes():
    klass = factories.training_class(capacity=1)
    factories.enrolment(into=klass)
    refuse("enrolment", row(class_id=klass.id), "ck_training_class_seats")


def test_the_count_of_seats_follows_every_change():
    klass = factories.training_class(capacity=3)
    one = factories.enrolment(into=klass)
    factories.enrolment(into=klass, state=EnrolmentState.WAITING)
    assert seats(klass) == 1
    one.state, one.withdrawn_at = EnrolmentState.WITHDRAWN, NOW
    db.session.flush()
    assert seats(klass) == 0
    db.session.delete(factories.enrolment(into=klass))
    db.session.flush()
    assert seats(klass) == 0


def seats(klass):
    return db.session.scalar(select(TrainingClass.seats_taken).where(TrainingClass.id == klass.id))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"kind": "magic"}, "ck_accommodation_kind_known"),
        ({"state": "later"}, "ck_accommodation_state_known"),
        ({"enrolment_id": -1}, "fk_accommodation_enrolment_id"),
        ({}, "uq_accommodation_once"),
    ],
)
def test_the_database_refuses_needs(changes, constraint):
    need = {
        "enrolment_id": factories.enrolment().id,
        "kind": "braille",
        "state": "asked",
        "answer": "",
    }
    if not changes:
        db.session.execute(raw("accommodation").insert().values(need))
    refuse("accommodation", need | changes, constraint)
