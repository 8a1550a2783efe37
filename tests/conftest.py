"""Fixtures: one embedded PostgreSQL and one migrated database per worker, a savepoint per test."""

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import flask_migrate
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import make_url

from app import create_app
from app.platform.access import Role
from app.platform.db import db
from app.platform.postgres import EmbeddedPostgres
from config import Settings
from tests import factories
from tests.client import ContractClient


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    # One for each worker: sealing waits for transactions that run anywhere on the server.
    server = EmbeddedPostgres(tmp_path_factory.getbasetemp() / "postgres", durable=False)
    server.acquire()
    yield server
    server.release()


@pytest.fixture(scope="session")
def template_database(
    postgres: EmbeddedPostgres, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A migrated, empty database of this worker that others are cloned from."""
    name = f"template_{worker_id}"
    postgres.provision(name)
    app = create_app(make_settings(postgres, name, tmp_path_factory.mktemp("template")))
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    return name


def make_settings(
    postgres: EmbeddedPostgres, database: str, folder: Path, **changes: object
) -> Settings:
    values: dict[str, object] = {
        "database_url": postgres.url("qiming_app", database),
        "owner_database_url": postgres.url("qiming_owner", database),
        "secret_key": secrets.token_hex(32),
        "field_keys": "test:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "blind_index_key": secrets.token_hex(32),
        "eventlog_key": secrets.token_hex(32),
        "base_url": "http://localhost",
        "cookie_secure": False,
        "storage_dir": folder / "storage",
        "outbox_dir": folder / "outbox",
        "demo": True,
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[call-arg,arg-type]


def clone_database(postgres: EmbeddedPostgres, template: str, name: str) -> None:
    url = make_url(postgres.url("postgres", "postgres")).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER qiming_owner')


def build_app(postgres: EmbeddedPostgres, database: str, folder: Path, **changes: object) -> Flask:
    app = create_app(make_settings(postgres, database, folder, **changes))
    app.config.update(TESTING=True, RATELIMIT_ENABLED=False)
    app.test_client_class = ContractClient
    return app


def _dispose_engines() -> None:
    for engine in db.engines.values():
        engine.dispose()


@pytest.fixture(scope="session")
def shared_app(
    postgres: EmbeddedPostgres,
    template_database: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    database = f"qiming_{worker_id}"
    clone_database(postgres, template_database, database)
    app = build_app(postgres, database, tmp_path_factory.mktemp("var"))
    yield app
    with app.app_context():
        _dispose_engines()


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application; whatever the test writes is rolled back, commits included."""
    with shared_app.app_context():
        engines = dict(db.engines)
        connection = db.engine.connect()
        transaction = connection.begin()
        db.engines.update(dict.fromkeys(engines, connection))
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield shared_app
        finally:
            db.session.remove()
            db.session.configure(join_transaction_mode="conditional_savepoint")
            db.engines.update(engines)
            transaction.rollback()
            connection.close()


@pytest.fixture
def committing_app(
    postgres: EmbeddedPostgres, template_database: str, worker_id: str, tmp_path: Path
) -> Iterator[Flask]:
    """The application on a database of its own that really commits: for races, servers, browsers."""
    database = f"own_{worker_id}_{secrets.token_hex(4)}"
    clone_database(postgres, template_database, database)
    app = build_app(postgres, database, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        _dispose_engines()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who has not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """`sign_in(Role.PROVIDER, provider_id=…)`: a client of a new account in that role."""

    def make(role: Role, **scope: object) -> FlaskClient:
        return factories.signed_in_client(app, role, **scope)

    return make
