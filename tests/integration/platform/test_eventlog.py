"""The event log finds what was changed, removed or inserted, and says which row."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from app.platform import eventlog
from app.platform.access import SYSTEM
from app.platform.db import db
from app.platform.eventlog import Finding
from app.platform.unit_of_work import unit_of_work

Tamper = Callable[[str], None]


@pytest.fixture
def sealed_log(committing_app: Flask) -> list[int]:
    """Six events in two sealed batches, with an unused number between them; the numbers."""
    for batch in range(2):
        for step in range(3):
            with unit_of_work():
                eventlog.record(
                    actor=SYSTEM, action="test.done", detail={"batch": batch, "step": step}
                )
        eventlog.record(actor=SYSTEM, action="test.abandoned")
        db.session.flush()
        db.session.rollback()
        seal_all()
    return list(db.session.scalars(text("SELECT id FROM event ORDER BY id")))


def seal_all() -> int:
    """Two rounds: the first marks the range, the second finds it closed."""
    sealed = 0
    for _ in range(2):
        with unit_of_work():
            sealed += eventlog.seal()
    return sealed


@pytest.fixture
def tamper(committing_app: Flask) -> Iterator[Tamper]:
    """Runs SQL as the owner, as an intruder with the database's administration would."""
    engine = create_engine(committing_app.config["OWNER_DATABASE_URL"])

    def run(sql: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(sql))
        db.session.rollback()

    yield run
    engine.dispose()


def test_an_untouched_log_is_intact(sealed_log: list[int]) -> None:
    found = eventlog.verify()
    assert found.findings == []
    assert (found.sealed, found.unsealed, found.seals) == (6, 0, 2)


def test_a_changed_row_is_named(sealed_log: list[int], tamper: Tamper) -> None:
    tamper(f"UPDATE event SET detail = '{{}}' WHERE id = {sealed_log[1]}")
    assert eventlog.verify().findings == [Finding("changed", sealed_log[1])]


def test_a_removed_row_is_named(sealed_log: list[int], tamper: Tamper) -> None:
    tamper(f"DELETE FROM event WHERE id = {sealed_log[4]}")
    assert eventlog.verify().findings == [Finding("removed", sealed_log[4])]


def test_a_row_slipped_in_is_named(sealed_log: list[int], tamper: Tamper) -> None:
    unused = sealed_log[2] + 1
    assert unused not in sealed_log
    tamper(
        "INSERT INTO event (id, account_name, role, action, detail) "
        f"VALUES ({unused}, '某人', 'auditor', 'test.forged', '{{}}')"
    )
    assert eventlog.verify().findings == [Finding("inserted", unused)]


@pytest.mark.parametrize("number", [0, -7])
def test_a_row_slipped_in_before_the_first_is_named(
    sealed_log: list[int], tamper: Tamper, number: int
) -> None:
    tamper(
        "INSERT INTO event (id, account_name, role, action, detail) "
        f"VALUES ({number}, '某人', 'auditor', 'test.forged', '{{}}')"
    )
    assert eventlog.verify().findings == [Finding("inserted", number)]


def test_a_removed_or_forged_seal_is_named(sealed_log: list[int], tamper: Tamper) -> None:
    tamper("DELETE FROM event_seal WHERE number = 1")
    assert Finding("seal_missing", 1) in eventlog.verify().findings
    assert Finding("seal_broken", 2) in eventlog.verify().findings


def test_a_log_cut_off_with_its_seals_is_found_by_the_noted_head(
    sealed_log: list[int], tamper: Tamper
) -> None:
    head = eventlog.verify().head
    tamper("DELETE FROM event_seal WHERE number = 2")
    tamper(f"DELETE FROM event WHERE id > {sealed_log[2]}")
    assert eventlog.verify().findings == []
    assert Finding("head_differs", 1) in eventlog.verify(expected_head=head).findings


def test_a_transaction_still_running_keeps_its_range_open(committing_app: Flask) -> None:
    with db.engine.connect() as slow:
        slow.execute(
            text(
                "INSERT INTO event (account_name, role, action, detail) VALUES ('慢', 'auditor', 'slow', '{}')"
            )
        )
        with unit_of_work():
            eventlog.record(actor=SYSTEM, action="test.quick")
        assert seal_all() == 0
        slow.commit()
    assert seal_all() == 2
    assert eventlog.verify().findings == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE event SET action = 'x'",
        "DELETE FROM event",
        "TRUNCATE event",
        "INSERT INTO event (id, account_name, role, action, detail) VALUES (1, 'x', 'x', 'x', '{}')",
        "UPDATE event_seal SET number = 9",
        "DELETE FROM event_seal",
        "DELETE FROM person_history",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "DROP TABLE event",
        "DELETE FROM certificate",
    ],
)
def test_the_application_cannot_rewrite_history(app: Flask, sql: str) -> None:
    with pytest.raises(ProgrammingError):
        db.session.execute(text(sql))
