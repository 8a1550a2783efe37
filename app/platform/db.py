"""The database session and what all mapped classes share."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Enum, Identity, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

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


#: The session and the engine; mapped classes inherit `Base`, not `db.Model`.
db = SQLAlchemy(metadata=Base.metadata)


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
