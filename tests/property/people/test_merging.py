"""Whatever two records hold, a merge loses no row and leaves nothing pointing to the wrong one."""

from datetime import date

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, func, select

from app.enrolment.types import EnrolmentState
from app.people import queries, services
from app.people.models import Guardian, NeedRegistration, Person, YearlyCheck
from app.people.types import CheckedEmployment, NeedKind
from app.platform.access import Role
from app.platform.db import Base, db
from tests import factories

side = st.integers(0, 1)


def counts() -> dict[str, int]:
    """Rows of every table that points to persons, and of persons."""
    tables: set[Table] = {one.table for one in queries.person_references()}
    tables.add(Base.metadata.tables["person"])
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in tables
    }


def fill(person: Person, kind: str, number: int) -> None:
    """One more row of a person; `number` varies its key."""
    if kind == "check":
        day = date(2020 + number % 5, 3, 1 + number)
        if queries.check_of_year(person, day.year) is None:
            db.session.add(
                YearlyCheck(
                    person_id=person.id,
                    year=day.year,
                    checked_on=day,
                    employment=CheckedEmployment.SEEKING,
                    recorded_by_id=0,
                )
            )
    elif kind == "need":
        if not queries.needs_of(person, 2020 + number % 5):
            db.session.add(
                NeedRegistration(
                    person_id=person.id,
                    year=2020 + number % 5,
                    kind=NeedKind.TRAINING,
                    wish=f"愿望{number}",
                    registered_on=date(2024, 3, 1),
                    recorded_by_id=0,
                )
            )
    elif kind == "guardian":
        db.session.add(
            Guardian(
                person_id=person.id, name=f"监护{number}", relation="父母", phone="13800415001"
            )
        )
    elif kind == "withdrawn":
        factories.enrolment(person, state=EnrolmentState.WITHDRAWN)
    elif kind == "enrolment":
        factories.enrolment(person)
    elif kind == "account":
        factories.account(Role.TRAINEE, person_id=person.id)
    elif kind == "family":
        factories.person(category=None, consented=False, family_member_of_id=person.id)
    db.session.flush()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            side,
            st.sampled_from(
                ["check", "need", "guardian", "withdrawn", "enrolment", "account", "family"]
            ),
            st.integers(0, 20),
        ),
        max_size=14,
    )
)
def test_no_row_is_lost(app: Flask, rows: list[tuple[int, str, int]]) -> None:
    savepoint = db.session.begin_nested()
    people = (factories.person(consented=False), factories.person(consented=False))
    for which, kind, number in rows:
        fill(people[which], kind, number)
    actor = factories.actor(Role.FEDERATION)
    kept, other = people
    wishes = {one.wish for person in people for one in queries.needs_of(person)}
    before = counts()
    record = services.merge_persons(actor=actor, kept=kept, other=other)
    after = counts()
    assert before == after
    left = queries.count_references(other.id)
    assert set(left) <= {"yearly_check.person_id", "need_registration.person_id"}
    told = "；".join(one.wish for one in queries.needs_of(kept))
    assert all(wish in told for wish in wishes)
    for name, ids in record.moved.items():
        table_name, _, column = name.partition(".")
        table = Base.metadata.tables[table_name]
        owners = set(db.session.scalars(select(table.c[column]).where(table.c.id.in_(ids))))
        assert owners == {kept.id}
    savepoint.rollback()
