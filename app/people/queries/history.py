"""What happened to a person: who did it from the event log, what changed from the old versions of the row."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Table, select

from app.people.models import Person, PersonMerge
from app.people.queries.places import place_names
from app.platform.db import db
from app.platform.eventlog import Entry, Event, entry
from app.platform.formats import day_zh, masked_phone

_COLUMNS = {
    "name": "姓名",
    "phone": "电话",
    "residence_code": "居住地",
    "hukou": "户口",
    "education": "文化程度",
    "zero_employment_household": "零就业家庭",
    "multiple_disabled_household": "一户多残",
    "poverty_monitored": "防返贫监测",
    "deceased_on": "去世日期",
}
#: The event of a change is logged in its transaction, just after the row.
_SAME_TRANSACTION = timedelta(seconds=30)


def history_entries(person: Person, *, limit: int = 50) -> list[Entry]:
    """Newest first; what happened to records merged into this one is part of it."""
    ids = [person.id, *_merged_ids(person.id)]
    events = db.session.scalars(
        select(Event)
        .where(Event.subject_type == Person.__tablename__, Event.subject_id.in_(ids))
        .order_by(Event.id.desc())
        .limit(limit)
    ).all()
    entries = {event.id: entry(event, note=str(event.detail.get("note", ""))) for event in events}
    loose: list[Entry] = []
    for moment, changes in _changes(person):
        near = [event for event in events if moment <= event.at <= moment + _SAME_TRANSACTION]
        if near:
            first = min(near, key=lambda event: event.id)
            told = entries[first.id]
            entries[first.id] = replace(told, changes=[*told.changes, *changes])
        else:
            loose.append(Entry(moment, "", "资料变更", changes=changes))
    return sorted([*entries.values(), *loose], key=lambda one: one.when, reverse=True)[:limit]


def _merged_ids(kept_id: int) -> list[int]:
    """Records that were merged into this one, and those that had been merged into them."""
    found: list[int] = []
    level = [kept_id]
    while level:
        level = list(
            db.session.scalars(select(PersonMerge.merged_id).where(PersonMerge.kept_id.in_(level)))
        )
        found += level
    return found


def _changes(person: Person) -> list[tuple[datetime, list[tuple[str, str | None, str | None]]]]:
    table: Table = Person.metadata.tables["person"]
    twin: Table = Person.metadata.tables["person_history"]
    old = db.session.execute(
        select(twin.c.superseded_at, *(twin.c[name] for name in _COLUMNS))
        .where(twin.c.id == person.id)
        .order_by(twin.c.superseded_at)
    ).all()
    if not old:
        return []
    now = db.session.execute(
        select(*(table.c[name] for name in _COLUMNS)).where(table.c.id == person.id)
    ).one()
    versions = [row._mapping for row in old] + [now._mapping]
    places = place_names(row["residence_code"] for row in versions)
    found = []
    for before, after in pairwise(versions):
        changed = [
            (label, _spoken(name, before[name], places), _spoken(name, after[name], places))
            for name, label in _COLUMNS.items()
            if before[name] != after[name]
        ]
        if changed:
            found.append((before["superseded_at"], changed))
    return found


def _spoken(name: str, value: Any, places: dict[str, str]) -> str | None:
    if value is None:
        return None
    if name == "phone":
        return masked_phone(value)
    if name == "residence_code":
        return places[value]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return day_zh(value)
    return str(getattr(value, "label", value))
