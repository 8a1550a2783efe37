"""What was known at a moment can be asked later."""

from flask import Flask
from sqlalchemy import text

from app.people.models import Person
from app.platform import clock
from app.platform.db import Base, db
from app.platform.history import is_versioned, known_at
from tests import factories


def test_known_at_gives_the_version_of_that_moment(app: Flask) -> None:
    before = clock.now()
    person = factories.person(name="甲")
    db.session.commit()
    first = clock.now()
    person.name = "乙"
    db.session.commit()
    second = clock.now()
    db.session.execute(text("DELETE FROM consent"))
    db.session.commit()

    def names(moment: object) -> list[str]:
        return [row.name for row in db.session.execute(known_at(Person, moment))]  # type: ignore[arg-type]

    assert (names(before), names(first), names(second)) == ([], ["甲"], ["乙"])


def test_the_caller_cannot_choose_when_a_row_was_recorded(app: Flask) -> None:
    start = clock.now()
    person = factories.person(recorded_at=start.replace(year=2001))
    db.session.refresh(person)
    assert person.recorded_at >= start


def test_writing_the_same_values_keeps_no_version(app: Flask) -> None:
    person = factories.person()
    db.session.execute(text("UPDATE person SET name = name WHERE id = :id"), {"id": person.id})
    assert db.session.scalar(text("SELECT count(*) FROM person_history")) == 0


def test_every_versioned_table_keeps_what_is_replaced_and_nobody_writes_its_twin(
    app: Flask,
) -> None:
    versioned = [table for table in Base.metadata.tables.values() if is_versioned(table)]
    assert len(versioned) >= 10
    for table in versioned:
        triggers = set(
            db.session.scalars(
                text("SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass)"),
                {"name": table.name},
            )
        )
        assert {"keep_history", "stamp_recorded_at"} <= triggers, table.name
        for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            allowed = db.session.scalar(
                text("SELECT has_table_privilege('qiming_app', :name, :privilege)"),
                {"name": f"{table.name}_history", "privilege": privilege},
            )
            assert not allowed, (table.name, privilege)
        assert not db.session.scalar(
            text("SELECT has_table_privilege('qiming_app', :name, 'TRUNCATE')"),
            {"name": table.name},
        )
