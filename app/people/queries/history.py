"""What happened to a person: who did it from the event log, what changed from the old versions of the row."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Table, select

from app.people.models import Person, PersonMerge
from app.people.queries.places import place_names
from app.people.rules import mask_phone
from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import Event

_ACTIONS = {
    "person.registered": "登记",
    "person.family_member_registered": "登记为残疾人家属",
    "person.changed": "修改资料",
    "person.number_shown": "查看完整号码",
    "person.merged": "合并重复记录",
    "person.certificate_added": "登记残疾人证",
    "person.guardian_added": "登记监护人",
    "person.guardian_ended": "监护人不再代办",
    "person.consent_given": "记录同意",
    "person.consent_withdrawn": "撤回同意",
    "person.assessed": "职业能力评估",
    "person.checked": "年度核查",
    "person.check_corrected": "更正年度核查",
    "person.account_requested": "申请开户",
    "person.account_confirmed": "开户",
    "person.account_refused": "未同意开户",
}
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history, as the macro `history` draws it."""

    when: datetime
    who: str
    what: str
    note: str = ""
    changes: list[tuple[str, str | None, str | None]] = field(default_factory=list)


def history_entries(person: Person, *, limit: int = 50) -> list[Entry]:
    """Newest first; what happened to records merged into this one is part of it."""
    ids = [person.id, *_merged_ids(person.id)]
    events = db.session.scalars(
        select(Event)
        .where(Event.subject_type == Person.__tablename__, Event.subject_id.in_(ids))
        .order_by(Event.id.desc())
        .limit(limit)
    ).all()
    entries = {event.id: _entry(event) for event in events}
    loose: list[Entry] = []
    for moment, changes in _changes(person):
        near = [event for event in events if moment <= event.at <= moment + _SAME_TRANSACTION]
        if near:
            first = min(near, key=lambda event: event.id)
            entry = entries[first.id]
            entries[first.id] = replace(entry, changes=entry.changes + changes)
        else:
            loose.append(Entry(moment, "", "资料变更", changes=changes))
    return sorted([*entries.values(), *loose], key=lambda entry: entry.when, reverse=True)[:limit]


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


def _entry(event: Event) -> Entry:
    role = next((role.label for role in Role if role.value == event.role), event.role)
    note = str(event.detail.get("note", ""))
    return Entry(
        event.at, f"{event.account_name}（{role}）", _ACTIONS.get(event.action, event.action), note
    )


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
        return mask_phone(value)
    if name == "residence_code":
        return places[value]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(getattr(value, "label", value))
