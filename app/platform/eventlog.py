"""Append-only log of who did what, sealed so that a later change is found.

The database chooses an event's number and moment; the application's role may not write these columns, nor update or
delete a row. A job seals the log every few seconds: a batch holds a digest of each row of a closed range of numbers and
a keyed hash over these digests and the batch before. Nobody waits for it: a range is closed when every transaction that
could still commit a number in it has ended. `verify` recomputes everything and names each row that is not as it was.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    String,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.db import Base, db

_GENESIS = bytes(32)

#: The columns that the application's role may write; the others are the database's.
EVENT_COLUMNS = (
    "account_id",
    "account_name",
    "role",
    "action",
    "subject_type",
    "subject_id",
    "detail",
)


class Event(Base):
    """One thing that somebody did."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subject", "subject_type", "subject_id", "id"),
        Index("ix_event_account_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default=text("next_event_id()")
    )
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    account_name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    @property
    def who(self) -> str:
        """王芳（残联）; what nobody signed in for has a name alone."""
        if self.account_id is None:
            return self.account_name
        return f"{self.account_name}（{Role(self.role).label}）"

    @property
    def what(self) -> str:
        """The action in words."""
        return _actions.get(self.action, self.action)

    @property
    def thing(self) -> str:
        """What it was done to, in words and with its number: 班期 12; empty where it was done to nothing."""
        if self.subject_type is None:
            return ""
        return f"{_subjects.get(self.subject_type, self.subject_type)} {self.subject_id}"


_INSERT = insert(Base.metadata.tables[Event.__tablename__]).inline()


class EventSeal(Base):
    """A closed range of event numbers, the digests of its rows, and the link to the range before."""

    __tablename__ = "event_seal"
    __table_args__ = (
        CheckConstraint("cardinality(event_ids) = cardinality(digests)", name="digest_each"),
        CheckConstraint("first_id <= last_id", name="range"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    event_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    digests: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime]


class EventSealMark(Base):
    """The range that is closing: numbers up to `last_id`, once all transactions below `next_xid` have ended."""

    __tablename__ = "event_seal_mark"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    last_id: Mapped[int] = mapped_column(BigInteger)
    next_xid: Mapped[int] = mapped_column(BigInteger)


def record(
    *, actor: Actor, action: str, subject: Any = None, detail: Mapping[str, Any] | None = None
) -> None:
    """Log that `actor` did `action` to a mapped `subject`, in the transaction that does it.

    `detail` must hold no identity number, telephone or diagnosis: the log is never erased.
    """
    if subject is not None and subject.id is None:
        db.session.flush()
    # Not through the ORM, whose unit of work costs more than all else about a row that nobody reads again.
    db.session.connection().execute(
        _INSERT,
        {
            "account_id": actor.account_id or None,
            "account_name": actor.name,
            "role": actor.role.value,
            "action": action,
            "subject_type": None if subject is None else subject.__tablename__,
            "subject_id": None if subject is None else subject.id,
            "detail": dict(detail or {}),
        },
    )


def history_of(subject: Any, *, limit: int = 50) -> Sequence[Event]:
    """What happened to one mapped object, newest first."""
    return db.session.scalars(
        select(Event)
        .where(Event.subject_type == subject.__tablename__, Event.subject_id == subject.id)
        .order_by(Event.id.desc())
        .limit(limit)
    ).all()


# In words

_actions: dict[str, str] = {}
_subjects: dict[str, str] = {}


def explain(*, actions: Mapping[str, str], subjects: Mapping[str, str] | None = None) -> None:
    """Say in words what a capability logs, and of which tables; called in its `init_app`."""
    _actions.update(actions)
    _subjects.update(subjects or {})


def actions_in_words() -> Mapping[str, str]:
    """The words of every action."""
    return _actions


def subjects_in_words() -> Mapping[str, str]:
    """The words of every table whose rows are logged."""
    return _subjects


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history of an object, as the macro `history` draws it; a change is (name, before, after)."""

    when: datetime
    who: str
    what: str
    note: str = ""
    changes: Sequence[tuple[str, Any, Any]] = ()


def entry(event: Event, *, note: str = "", changes: Sequence[tuple[str, Any, Any]] = ()) -> Entry:
    """The line of one event; the capability that logged it says what its detail means."""
    return Entry(event.at, event.who, event.what, note, changes)


# Seals


def seal() -> int:
    """Seal the range that was closing, if it is closed by now, and mark the next. The number of rows sealed.

    Call it in a transaction of its own. Where another sealer is at work it does nothing.
    """
    if not db.session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('event_seal'))")):
        return 0
    newest = db.session.scalar(select(func.coalesce(func.max(Event.id), 0))) or 0
    # After `newest`, never before: whoever holds a lower number then has an id below this xmax.
    xmin, xmax = db.session.execute(
        text(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint "
            "FROM pg_current_snapshot() AS s"
        )
    ).one()
    mark = db.session.get(EventSealMark, 1)
    last = db.session.scalar(select(EventSeal).order_by(EventSeal.number.desc()).limit(1))
    sealed_to = last.last_id if last else 0
    # A mark above the counter comes from a dump that was restored into another server: nothing of it can still run.
    closed = mark is not None and (mark.next_xid <= xmin or mark.next_xid > xmax)
    sealed = 0
    if mark is not None and closed and mark.last_id > sealed_to:
        sealed = _seal_range(last, sealed_to + 1, mark.last_id)
    if mark is None or closed:
        db.session.merge(EventSealMark(id=1, last_id=newest, next_xid=xmax))
    db.session.flush()
    return sealed


def _seal_range(last: EventSeal | None, first_id: int, last_id: int) -> int:
    events = list(_events(first_id, last_id))
    number = last.number + 1 if last else 1
    previous = last.seal if last else _GENESIS
    ids = [event.id for event in events]
    digests = [digest(event) for event in events]
    db.session.add(
        EventSeal(
            number=number,
            first_id=first_id,
            last_id=last_id,
            event_ids=ids,
            digests=digests,
            previous=previous,
            seal=_seal(number, first_id, last_id, ids, digests, previous),
            sealed_at=clock.now(),
        )
    )
    return len(ids)


def _events(first_id: int, last_id: int) -> Iterator[Event]:
    yield from db.session.scalars(
        select(Event)
        .where(Event.id.between(first_id, last_id))
        .order_by(Event.id)
        .execution_options(yield_per=1000, populate_existing=True)
    )


def digest(event: Event) -> bytes:
    """SHA-256 over all columns of one event in a fixed form."""
    row = {
        "id": event.id,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        **{name: getattr(event, name) for name in EVENT_COLUMNS},
    }
    return hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).digest()


def _seal(
    number: int,
    first_id: int,
    last_id: int,
    ids: Sequence[int],
    digests: Sequence[bytes],
    previous: bytes,
) -> bytes:
    key: bytes = current_app.extensions["qiming.eventlog_key"]
    head = json.dumps([number, first_id, last_id, list(ids)]).encode()
    return hmac.digest(key, head + b"".join(digests) + previous, hashlib.sha256)


@dataclass(frozen=True)
class Finding:
    """Something in the log that is not as it was sealed: `changed`, `removed`, `inserted` name an event; `seal_broken`
    and `seal_missing` a batch; `head_differs` the end of the chain."""

    kind: str
    number: int


@dataclass(frozen=True)
class Verification:
    """What `verify` found; `head` is the end of the chain, to be noted outside of the database."""

    findings: list[Finding]
    seals: int
    sealed: int
    unsealed: int
    head: str


def verify(*, expected_head: str | None = None) -> Verification:
    """Recompute every seal and compare every row with its digest.

    `expected_head` is the head noted at an earlier verification: it must still be in the chain, which finds a log whose
    end was cut off together with its seals.
    """
    findings: list[Finding] = []
    previous, sealed_to, number, sealed = _GENESIS, 0, 0, 0
    heads = {previous.hex()}
    for batch in db.session.scalars(
        select(EventSeal)
        .order_by(EventSeal.number)
        .execution_options(yield_per=50, populate_existing=True)
    ):
        number += 1
        while number < batch.number:
            findings.append(Finding("seal_missing", number))
            number += 1
        recomputed = _seal(
            batch.number,
            batch.first_id,
            batch.last_id,
            batch.event_ids,
            batch.digests,
            batch.previous,
        )
        if (
            recomputed != batch.seal
            or batch.previous != previous
            or batch.first_id != sealed_to + 1
        ):
            findings.append(Finding("seal_broken", batch.number))
        findings += _compare(batch)
        sealed += len(batch.event_ids)
        previous, sealed_to = batch.seal, batch.last_id
        heads.add(previous.hex())
    # The sequence begins at 1, and so does the first batch: what lies below was put there by hand.
    below = db.session.scalars(select(Event.id).where(Event.id < 1).order_by(Event.id))
    findings += [Finding("inserted", number_below) for number_below in below]
    if expected_head is not None and expected_head not in heads:
        findings.append(Finding("head_differs", number))
    unsealed = (
        db.session.scalar(select(func.count()).select_from(Event).where(Event.id > sealed_to)) or 0
    )
    return Verification(
        findings, seals=number, sealed=sealed, unsealed=unsealed, head=previous.hex()
    )


def _compare(batch: EventSeal) -> Iterator[Finding]:
    expected = dict(zip(batch.event_ids, batch.digests, strict=True))
    for event in _events(batch.first_id, batch.last_id):
        known = expected.pop(event.id, None)
        if known is None:
            yield Finding("inserted", event.id)
        elif known != digest(event):
            yield Finding("changed", event.id)
    for event_id in expected:
        yield Finding("removed", event_id)


def init_app(app: Flask, *, key: str) -> None:
    explain(actions={"list.exported": "导出名单"})
    app.extensions["qiming.eventlog_key"] = key.encode()
