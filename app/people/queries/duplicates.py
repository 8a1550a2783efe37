"""Records that may be of the same person, and what would move if two became one.

What points to a person is read from the metadata, so that a table that is added later is not forgotten.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Select, Table, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.people.models import Person
from app.people.queries.register import in_scope
from app.platform.access import Actor
from app.platform.crypto import blind_index
from app.platform.db import Base, db

#: What a merge leaves as it is: the record of merges, and the log of what happened under the old number.
_STAYS = ("person_merge", "event")


def possible_duplicates(
    *, viewer: Actor, name: str, birth_date: date, phone: str | None, but: int | None = None
) -> tuple[list[Person], int]:
    """Persons with the same name and birth date, or the same telephone: those in scope, and how many live elsewhere."""
    alike = [and_(Person.name == name, Person.birth_date == birth_date)]
    if phone:
        alike.append(Person.phone_index == blind_index(phone))
    statement = select(Person).where(
        Person.merged_into_id.is_(None), or_(*alike), Person.id != (but or 0)
    )
    near = list(db.session.scalars(statement.where(in_scope(viewer)).order_by(Person.id).limit(10)))
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    return near, max(0, total - len(near))


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two records that look alike, and why."""

    first: Person
    second: Person

    @property
    def reason(self) -> str:
        same = []
        if self.first.name == self.second.name:
            same.append("姓名")
        if self.first.birth_date == self.second.birth_date:
            same.append("出生日期")
        if self.first.phone_index is not None and self.first.phone_index == self.second.phone_index:
            same.append("电话")
        return "、".join(same) + "相同"


def duplicate_pairs(viewer: Actor) -> Select[Any]:
    """Pairs in scope to be looked at: (first, second), the older record first.

    The same telephone alone is common in one family, so the names must sound alike too.
    """
    first, second = Person, aliased(Person, name="second")
    scope = viewer.region_code or ""
    columns: list[Any] = [first, second]
    return (
        select(*columns)
        .select_from(first)
        .join(
            second,
            and_(
                first.id < second.id,
                or_(
                    and_(first.name == second.name, first.birth_date == second.birth_date),
                    and_(
                        first.phone_index == second.phone_index, first.initials == second.initials
                    ),
                ),
            ),
        )
        .where(
            in_scope(viewer),
            second.merged_into_id.is_(None),
            second.residence_code.startswith(scope),
        )
        .order_by(first.id, second.id)
    )


# What points to a person


@dataclass(frozen=True, slots=True)
class MergeReference:
    """A column that points to a person; `by_type` where a second column says that it does."""

    table: Table
    column: Column[Any]
    by_type: Column[Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    def points_to(self, person_id: int) -> Any:
        condition = self.column == person_id
        return (
            condition
            if self.by_type is None
            else and_(condition, self.by_type == Person.__tablename__)
        )


def person_references() -> list[MergeReference]:
    """Every column of the database that may hold a person's id, in the order of the tables' names."""
    person = Base.metadata.tables[Person.__tablename__]
    found = []
    for table in sorted(Base.metadata.tables.values(), key=lambda one: one.name):
        if table.name in _STAYS or table.name.endswith("_history"):
            continue
        found += [
            MergeReference(table, key.parent)
            for key in sorted(table.foreign_keys, key=lambda one: one.parent.name)
            if key.column.table is person
        ]
        if "subject_type" in table.c and "subject_id" in table.c:
            found.append(MergeReference(table, table.c.subject_id, table.c.subject_type))
    return found


def count_references(person_id: int) -> dict[str, int]:
    """How many rows point to a person, by `table.column`; those without any are left out."""
    counts = {
        one.name: db.session.scalar(
            select(func.count()).select_from(one.table).where(one.points_to(person_id))
        )
        or 0
        for one in person_references()
    }
    return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class MergeClash:
    """Rows of both persons that one person may not have side by side, because of a unique key."""

    table: Table
    kept_row: int
    other_row: int
    key: tuple[Any, ...]


def clashes(*, kept_id: int, other_id: int) -> list[MergeClash]:
    """What a unique key would refuse if all rows of `other_id` became rows of `kept_id`."""
    found: list[MergeClash] = []
    for reference in person_references():
        if reference.by_type is None and reference.table.name != Person.__tablename__:
            for columns, where in _unique_keys(reference):
                found += _clashes_of(reference, columns, where, kept_id, other_id)
    return found


def _unique_keys(reference: MergeReference) -> list[tuple[list[Column[Any]], Any]]:
    keys: list[tuple[list[Column[Any]], Any]] = [
        (list(one.columns), None)
        for one in reference.table.constraints
        if isinstance(one, UniqueConstraint)
    ]
    for index in reference.table.indexes:
        if index.unique:
            keys.append((list(index.columns), index.dialect_options["postgresql"]["where"]))
    return [
        ([one for one in columns if one is not reference.column], where)
        for columns, where in keys
        if reference.column in columns
    ]


def _clashes_of(
    reference: MergeReference, others: list[Column[Any]], where: Any, kept_id: int, other_id: int
) -> list[MergeClash]:
    table, person = reference.table, reference.column

    def rows(person_id: int) -> dict[tuple[Any, ...], int]:
        statement = select(table.c.id, *others).where(person == person_id)
        if where is not None:
            statement = statement.where(where)
        return {tuple(row[1:]): row[0] for row in db.session.execute(statement)}

    kept, other = rows(kept_id), rows(other_id)
    return [MergeClash(table, kept[key], other[key], key) for key in kept if key in other]
