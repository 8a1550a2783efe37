"""The web outlives a restart of its database."""

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app.platform.db import db
from app.platform.postgres import EmbeddedPostgres


def _cut(postgres: EmbeddedPostgres, app: Flask) -> None:
    """End all connections of the application, as a restart of the server does."""
    url = make_url(postgres.url("postgres", "postgres")).set(drivername="postgresql")
    database = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    with psycopg.connect(url.render_as_string(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [database],
        )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_notices_that_the_database_was_restarted(
    committing_app: Flask, postgres: EmbeddedPostgres, method: str
) -> None:
    committing_app.config["WTF_CSRF_ENABLED"] = False
    visitor = committing_app.test_client()
    asked = {"data": {"number": "无", "name": "无"}} if method == "POST" else {}

    def status() -> int:
        answer = visitor.open("/verify" if method == "POST" else "/", method=method, **asked)
        db.session.remove()
        return answer.status_code

    assert status() == 200
    for _ in range(2):
        _cut(postgres, committing_app)
        assert status() == 200
