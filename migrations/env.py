"""Runs migrations as the owner of the schema and then renews the rights of the application's role."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Enum, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.types import TypeDecorator

from app.platform.db import Base
from app.platform.rights import grant_application_rights


def include_name(name: str | None, kind: str, parents: dict[str, Any]) -> bool:
    """Leave the job queue's own tables alone: its SQL comes with the library."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Write plain column types, so that a migration does not depend on today's code."""
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


def run() -> None:
    engine = create_engine(current_app.config["OWNER_DATABASE_URL"])
    role = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"]).username
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=include_name,
            render_item=render_item,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if (
                role
                and role != connection.engine.url.username
                and context.get_context().get_current_heads()
            ):
                grant_application_rights(connection, role)
    engine.dispose()


run()
