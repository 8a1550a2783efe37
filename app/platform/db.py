"""The database session and what all mapped classes share."""

from datetime import datetime
from enum import StrEnum
from select import POLLIN, poll
from typing import Any, ClassVar

from flask import has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Enum, Identity, MetaData, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import Pool

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """Moments are timestamptz; keys are 64-bit identities."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
    }


#: Key of the engine on which a request that only reads runs.
READING = "reading"


class Session(FlaskSession):
    """Reads of a GET go to connections of their own, where PostgreSQL refuses to write.

    Such a connection commits each statement by itself: that spares BEGIN and ROLLBACK, two of the six round trips of a
    list, and keeps psycopg's prepared statements, which it forgets at each ROLLBACK. What a statement sees is the same:
    under READ COMMITTED each has a snapshot of its own anyway.
    """

    _writes = False

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **options: Any
    ) -> Any:
        if bind is None and not self._writes and _only_reads():
            return self._db.engines[READING]
        return super().get_bind(mapper, clause, bind, **options)

    def begin_writing(self) -> None:
        if not self._writes and _only_reads():
            self._writes = True
            self.commit()


def _only_reads() -> bool:
    return has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}


def engine_options(url: str) -> dict[str, Any]:
    """Flask-SQLAlchemy's settings of both engines; a connection of each is opened when a thread first needs it."""
    pool = {"pool_pre_ping": False, "pool_size": 8, "max_overflow": 8}
    reading = {
        "url": url,
        "isolation_level": "AUTOCOMMIT",
        "connect_args": {"options": "-c default_transaction_read_only=on"},
    }
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": pool,
        "SQLALCHEMY_BINDS": {READING: pool | reading},
    }


@event.listens_for(Pool, "checkout")
def _drop_the_dead(driver: Any, record: Any, _: Any) -> None:
    """Connect anew where the server has gone since: a restart of the database costs nobody an error page.

    NOTE: not by `pool_pre_ping`, a round trip each time. Nothing arrives on a connection that is at rest, unless the
    server says goodbye or the line is cut.
    """
    if record.info.pop("rested", False) and _has_something_to_say(driver):
        raise InvalidatePoolError("the server closed the connection")


@event.listens_for(Pool, "checkin")
def _note_rest(_: Any, record: Any) -> None:
    record.info["rested"] = True


def _has_something_to_say(driver: Any) -> bool:
    if driver.closed:
        return True
    poller = poll()
    poller.register(driver.pgconn.socket, POLLIN)
    return bool(poller.poll(0))


#: The session and the engine; mapped classes inherit `Base`, not `db.Model`.
db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": Session})


def begin_writing() -> None:
    """Let the session write from here on, also within a GET: where it is logged who looked at what."""
    session = db.session()
    assert isinstance(session, Session)
    session.begin_writing()


class HasId:
    """Surrogate key, assigned by the database."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


def stored_enum(kind: type[StrEnum]) -> Enum:
    """Column type that stores the member's value as text; give it a CHECK by `one_of`."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def one_of(column: str, kind: type[StrEnum], *, name: str | None = None) -> CheckConstraint:
    """CHECK that a column holds one of the enum's values."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=name or f"{column}_known")
