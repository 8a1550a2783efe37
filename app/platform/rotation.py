"""Encrypts every sensitive column anew with the current key, so that an old key can be retired."""

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    Table,
    create_engine,
    select,
    text,
    type_coerce,
)

from app.platform.crypto import EncryptedText, FieldKeys
from app.platform.db import Base

_BATCH = 500


def encrypted_columns() -> list[Column[str]]:
    """Every column that the database only sees encrypted, those of history tables too."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, EncryptedText)
    ]


def rotate(owner_url: str, keys: FieldKeys) -> int:
    """Rewrite what another key encrypted; the number of values rewritten.

    Runs as the owner: the application may not touch old versions, and a rewritten value is no new version, so the
    triggers rest meanwhile. All or nothing.
    """
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        rewritten = sum(_rotate_column(connection, column, keys) for column in encrypted_columns())
    engine.dispose()
    return rewritten


def _rotate_column(connection: Connection, column: Column[str], keys: FieldKeys) -> int:
    table: Table = column.table
    stored = type_coerce(column, LargeBinary).label("stored")
    place = text("ctid::text AS place")
    connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
    change = text(
        f"UPDATE {table.name} SET {column.name} = :value WHERE ctid = CAST(:place AS tid)"
    )
    rows = connection.execute(
        select(stored, place).select_from(table).where(column.is_not(None))
    ).all()
    changes = [
        {"value": keys.encrypt(keys.decrypt(bytes(row.stored))), "place": row.place}
        for row in rows
        if not keys.is_current(bytes(row.stored))
    ]
    for first in range(0, len(changes), _BATCH):
        connection.execute(change, changes[first : first + _BATCH])
    connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
    return len(changes)
