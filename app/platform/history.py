"""Old versions of the facts that feed a figure.

A model that inherits `Versioned` gets a column `recorded_at`, and its table a twin `<table>_history`. A trigger
(`keep_history`) moves the row that an UPDATE or DELETE replaces into the twin, with the moment of it in
`superseded_at`. `known_at(Model, moment)` selects what the database held at that moment.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, MetaData, Select, Table, func, select, union_all
from sqlalchemy.orm import Mapped, mapped_column


class Versioned:
    """Mixin of a mapped class whose replaced rows are kept."""

    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def is_versioned(table: Table) -> bool:
    return "recorded_at" in table.c and "superseded_at" not in table.c


def add_history_tables(metadata: MetaData) -> None:
    """Declare the twin of each versioned table; called once, when all models are known."""
    for table in list(metadata.tables.values()):
        name = f"{table.name}_history"
        if is_versioned(table) and name not in metadata.tables:
            Table(
                name,
                metadata,
                *(Column(column.name, column.type, nullable=True) for column in table.columns),
                Column("superseded_at", DateTime(timezone=True), nullable=False),
                Index(f"ix_{name}_id", "id", "superseded_at"),
            )


def known_at(model: type[Any], moment: datetime) -> Select[Any]:
    """Rows of `model` as the database held them at `moment`: the same columns as the table."""
    table: Table = model.__table__
    twin = table.metadata.tables[f"{table.name}_history"]
    names = [column.name for column in table.columns]
    current = select(*(table.c[name] for name in names)).where(table.c.recorded_at <= moment)
    replaced = select(*(twin.c[name] for name in names)).where(
        twin.c.recorded_at <= moment, twin.c.superseded_at > moment
    )
    return select(union_all(current, replaced).subquery(f"{table.name}_known"))
