"""Migrations run up, down to nothing and up again, along one line."""

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, create_engine, inspect, text

from app.platform.postgres import EmbeddedPostgres
from tests.conftest import build_app
from tests.contract.catalogue import Catalogue

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@pytest.fixture
def empty(postgres: EmbeddedPostgres, worker_id: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database in which nothing has been created."""
    name = f"empty_{worker_id}"
    postgres.provision(name)
    app = build_app(postgres, name, tmp_path)
    with app.app_context():
        yield app


@pytest.fixture
def owner(empty: Flask) -> Iterator[Engine]:
    engine = create_engine(empty.config["OWNER_DATABASE_URL"])
    yield engine
    engine.dispose()


def test_there_is_one_head() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_up_down_and_up_again_give_the_same(empty: Flask, owner: Engine) -> None:
    flask_migrate.upgrade()
    first = _read(owner)
    flask_migrate.downgrade(revision="base")
    with owner.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        assert _left_over(connection) == []
    flask_migrate.upgrade()
    assert _read(owner) == first


def _read(owner: Engine) -> Catalogue:
    with owner.connect() as connection:
        return Catalogue.read(connection)


def _left_over(connection: object) -> list[str]:
    """Functions, sequences and types that a downgrade forgot."""
    sql = """
        SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
        UNION ALL SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
        UNION ALL SELECT t.typname FROM pg_type t
                  WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
    """
    return list(connection.scalars(text(sql)))  # type: ignore[attr-defined]
