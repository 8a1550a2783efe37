"""The migrated schema is the one that the models describe, and everything in it has a name."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Table, UniqueConstraint, create_engine, text

from app.platform import history
from app.platform.db import Base
from app.platform.postgres import EmbeddedPostgres
from tests.contract.catalogue import Catalogue, differences

FUNCTIONS = sorted((Path(__file__).parents[2] / "migrations" / "sql").glob("*.sql"))


@pytest.fixture(scope="module")
def described(shared_app: Flask, postgres: EmbeddedPostgres, worker_id: str) -> Catalogue:
    """What the models make of an empty database that has our functions."""
    name = f"described_{worker_id}"
    postgres.provision(name)
    engine = create_engine(postgres.url("qiming_owner", name))
    with engine.begin() as connection:
        for script in FUNCTIONS:
            connection.connection.driver_connection.execute(script.read_text(encoding="utf-8"))  # type: ignore[union-attr]
        Base.metadata.create_all(connection)
        catalogue = Catalogue.read(connection)
    engine.dispose()
    return catalogue


@pytest.fixture(scope="module")
def migrated(shared_app: Flask) -> Catalogue:
    """What the migrations make of an empty database."""
    engine = create_engine(shared_app.config["OWNER_DATABASE_URL"])
    with engine.connect() as connection:
        catalogue = Catalogue.read(connection)
    engine.dispose()
    return catalogue


def test_columns_are_as_described(described: Catalogue, migrated: Catalogue) -> None:
    assert described.columns
    assert differences(described.columns, migrated.columns) == []


def test_constraints_are_as_described(described: Catalogue, migrated: Catalogue) -> None:
    assert differences(described.constraints, migrated.constraints) == []


def test_indexes_are_as_described(described: Catalogue, migrated: Catalogue) -> None:
    assert differences(described.indexes, migrated.indexes) == []


def test_functions_are_as_described(described: Catalogue, migrated: Catalogue) -> None:
    assert differences(described.functions, migrated.functions) == []


def test_every_versioned_table_keeps_its_history(shared_app: Flask, migrated: Catalogue) -> None:
    versioned = [
        table.name for table in Base.metadata.tables.values() if history.is_versioned(table)
    ]
    assert len(versioned) >= 10
    for table in versioned:
        keep = migrated.triggers.get(f"{table}.keep_history", "missing")
        stamp = migrated.triggers.get(f"{table}.stamp_recorded_at", "missing")
        assert "BEFORE DELETE OR UPDATE" in keep, table
        assert "keep_history()" in keep, table
        assert "BEFORE INSERT" in stamp, table


def test_a_history_has_the_columns_of_its_table(migrated: Catalogue) -> None:
    for table in Base.metadata.tables.values():
        if not history.is_versioned(table):
            continue
        for column in table.columns:
            now = (
                migrated.columns[f"{table.name}.{column.name}"]
                .split(" not null")[0]
                .split(" default")[0]
            )
            then = migrated.columns[f"{table.name}_history.{column.name}"]
            assert then == now, f"{table.name}.{column.name}"


def _tables() -> list[Table]:
    return list(Base.metadata.tables.values())


def test_every_constraint_and_index_has_a_name(shared_app: Flask) -> None:
    for table in _tables():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint}"
        for index in table.indexes:
            assert index.name, f"{table.name}: {index}"


def test_names_tell_kind_and_table(shared_app: Flask) -> None:
    """Messages to users are found by these names."""
    for table in _tables():
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint | UniqueConstraint):
                assert str(constraint.name).startswith(("ck_", "uq_")), (
                    f"{table.name}: {constraint.name}"
                )


def test_names_fit_into_postgresql(shared_app: Flask) -> None:
    names = [str(one.name) for table in _tables() for one in (*table.constraints, *table.indexes)]
    assert max(len(name) for name in names) <= 63


def test_the_application_owns_nothing(shared_app: Flask) -> None:
    engine = create_engine(shared_app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as connection:
        owned = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relowner = current_user::regrole "
                "AND relnamespace = 'public'::regnamespace"
            )
        ).all()
        assert owned == []
        assert not connection.scalar(text("SELECT has_schema_privilege('public', 'CREATE')"))
    engine.dispose()
